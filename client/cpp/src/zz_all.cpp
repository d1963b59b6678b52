#include "channel.hpp"

#include <grpc/support/log.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "diagnosis.hpp"
#include "settings.hpp"

namespace ashad::detail {
namespace {

constexpr const char* kReason = "ashad-reason";
constexpr const char* kPushback = "grpc-retry-pushback-ms";

const char* name_of(grpc::StatusCode code) {
  static constexpr const char* names[] = {"OK",
                                          "CANCELLED",
                                          "UNKNOWN",
                                          "INVALID_ARGUMENT",
                                          "DEADLINE_EXCEEDED",
                                          "NOT_FOUND",
                                          "ALREADY_EXISTS",
                                          "PERMISSION_DENIED",
                                          "RESOURCE_EXHAUSTED",
                                          "FAILED_PRECONDITION",
                                          "ABORTED",
                                          "OUT_OF_RANGE",
                                          "UNIMPLEMENTED",
                                          "INTERNAL",
                                          "UNAVAILABLE",
                                          "DATA_LOSS",
                                          "UNAUTHENTICATED"};
  const auto number = static_cast<std::size_t>(code);
  return number < std::size(names) ? names[number] : "UNKNOWN";
}

std::optional<std::string> contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file || text.empty()) return {};
  return text;
}

std::string pem(const char* option, const std::string& path) {
  if (path.empty()) return {};
  const auto text = contents(path);
  if (!text) throw invalid(std::string(option) + ": cannot be read, or is empty: " + path);
  if (text->find("-----BEGIN ") == std::string::npos)
    throw invalid(std::string(option) + ": no PEM file: " + path);
  return *text;
}

// The token of this moment; empty where the file holds none that can be sent.
std::string token(const std::string& path) {
  std::string text = contents(path).value_or("");
  const auto blank = [](unsigned char c) { return c <= ' '; };
  text.erase(std::find_if_not(text.rbegin(), text.rend(), blank).base(), text.end());
  text.erase(text.begin(), std::find_if_not(text.begin(), text.end(), blank));
  return is_graphic(text) ? text : "";
}

grpc::ChannelArguments arguments(bool proxy) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY,
                   proxy);  // one in the environment breaks even 127.0.0.1
  // A study with a large space, in a list, is longer than the 4 MiB of gRPC's own limit.
  arguments.SetMaxReceiveMessageSize(16 << 20);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 30'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 20'000);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // clients share no connection
  return arguments;
}

std::optional<Seconds> pushback(const std::string& text) {
  char* end = nullptr;
  const long milliseconds = std::strtol(text.c_str(), &end, 10);
  // Negative: do not come back.
  if (text.empty() || *end != '\0' || milliseconds < 0) return {};
  return std::chrono::milliseconds(milliseconds);
}

// gRPC writes a line of its own to stderr for each handshake that fails; GRPC_VERBOSITY brings it
// back.
void quiet() {
  constexpr int kNone = GPR_LOG_SEVERITY_ERROR + 1;
  if (std::getenv("GRPC_VERBOSITY") == nullptr)
    gpr_set_log_verbosity(static_cast<gpr_log_severity>(kNone));
}

Failure translate(const grpc::Status& status, const grpc::ClientContext& context) {
  const auto& trailing = context.GetServerTrailingMetadata();
  const auto text = [&](const char* key) -> std::string {
    const auto found = trailing.find(key);
    if (found == trailing.end()) return {};
    return {found->second.data(), found->second.size()};
  };
  const std::string& message = status.error_message();
  return {name_of(status.error_code()), text(kReason), message.empty() ? "no details" : message,
          pushback(text(kPushback))};
}

}  // namespace

bool Failure::transient() const {
  if (code == "RESOURCE_EXHAUSTED") return pushback.has_value();
  // Nobody here cancels: without a reason that is a daemon that hung up while it was stopping.
  return code == "UNAVAILABLE" || code == "DEADLINE_EXCEEDED" ||
         (code == "CANCELLED" && reason.empty());
}

Channel::Channel(const Options& options) : options_(options) {
  quiet();
  const bool secure = !options.ca.empty();
  if (options.cert.empty() != options.key.empty())
    throw invalid("cert and key go together: give both, or neither");
  if (!secure && !options.cert.empty())
    throw invalid("cert: a certificate is shown over TLS only, so give ca as well");
  if (!options.token_file.empty()) {
    if (!secure && !is_loopback(options.address))
      throw invalid("token_file: a token is not sent in the clear to " + options.address +
                    ": give ca (ASHAD_CA)");
    if (token(options.token_file).empty())
      throw invalid("token_file: cannot be read, or holds no token: " + options.token_file);
  }
  const char* wanted = std::getenv("ASHAD_USE_PROXY");
  const bool proxy = wanted != nullptr && std::string_view(wanted) == "1" &&
                     (secure || options.token_file.empty());  // no proxy sees a token
  const auto credentials =
      secure ? grpc::SslCredentials(
                   {pem("ca", options.ca), pem("key", options.key), pem("cert", options.cert)})
             : grpc::InsecureChannelCredentials();
  const std::shared_ptr<grpc::Channel> channel =
      grpc::CreateCustomChannel(options.address, credentials, arguments(proxy));
  stubs_ = {v1::SchedulerService::NewStub(channel), v1::StudyService::NewStub(channel)};
}

std::optional<Failure> Channel::send(const Call& call, grpc::ClientContext& context,
                                     Seconds timeout, bool wait) const try {
  if (!options_.token_file.empty()) {
    const std::string bearer = token(options_.token_file);
    // It may be in the middle of being replaced: as if the daemon were away.
    if (bearer.empty())
      return Failure{"UNAVAILABLE", "TOKEN_UNREADABLE", "no token in " + options_.token_file, {}};
    context.AddMetadata("authorization", "Bearer " + bearer);
  }
  const auto span = std::chrono::duration_cast<std::chrono::microseconds>(timeout);
  context.set_deadline(
      gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_micros(span.count(), GPR_TIMESPAN)));
  context.set_wait_for_ready(wait);
  const auto begun = std::chrono::steady_clock::now();
  const grpc::Status status = call(&context);
  if (status.ok()) return {};
  Failure failure = translate(status, context);
  // Who waits for a connection hears only that there was none in time.
  const bool late = wait && failure.code == "DEADLINE_EXCEEDED";
  if (failure.reason.empty() && (failure.code == "UNAVAILABLE" || late)) {
    const Seconds left = timeout - (std::chrono::steady_clock::now() - begun);
    if (const auto wrong = diagnose(options_, late ? Seconds{3} : left))
      failure = {"FAILED_PRECONDITION", wrong->reason, wrong->message, {}};
  }
  return failure;
} catch (const std::exception& error) {  // out of memory, say: it will be tried again
  return Failure{"UNAVAILABLE", "", error.what(), {}};
}

}  // namespace ashad::detail
// What users see: thin doors to a session, and the values that come through them.

#include <algorithm>
#include <ashad/client.hpp>
#include <mutex>

#include "session.hpp"

namespace ashad {

using detail::Ending;
using detail::Session;

Error::Error(std::string code, std::string reason, const std::string& message)
    : std::runtime_error((reason.empty() ? code : reason) + ": " + message),
      code_(std::move(code)),
      reason_(std::move(reason)) {}

const char* to_string(Action action) noexcept {
  return action == Action::kStop ? "STOP" : action == Action::kPause ? "PAUSE" : "CONTINUE";
}

// --- Params ---

const Value& Params::at(std::string_view name) const {
  for (const auto& [known, value] : entries_)
    if (known == name) return value;
  std::string names;
  for (const auto& entry : entries_) names += (names.empty() ? "" : ", ") + entry.first;
  throw detail::invalid("params: no " + std::string(name) + "; there are: " + names);
}

bool Params::contains(std::string_view name) const noexcept {
  return std::any_of(begin(), end(), [&](const Entry& entry) { return entry.first == name; });
}

void Params::add(std::string name, Value value) {
  entries_.emplace_back(std::move(name), std::move(value));
}

void Params::misread(std::string_view name, const char* wanted, std::size_t bytes) const {
  const Value& value = at(name);
  static constexpr const char* kinds[] = {"the integer ", "the floating-point number ",
                                          "the string ", "the bool "};
  std::string is = kinds[value.index()];
  std::visit(
      [&](const auto& held) {
        if constexpr (std::is_same_v<std::decay_t<decltype(held)>, std::string>)
          is += '"' + held + '"';
        else
          is += std::to_string(held);
      },
      value);
  const std::string size = bytes == 0 ? "" : " of " + std::to_string(bytes * 8) + " bits";
  throw detail::invalid("params: " + std::string(name) + " is " + is + ", not a " + wanted + size);
}

// --- Trial ---

Trial::Trial(std::shared_ptr<Session> session, std::shared_ptr<detail::Attempt> attempt)
    : session_(std::move(session)), attempt_(std::move(attempt)) {}

Trial::Trial(Trial&& other) noexcept
    : session_(std::move(other.session_)), attempt_(std::move(other.attempt_)) {}

Trial& Trial::operator=(Trial&& other) noexcept {
  if (this == &other) return *this;
  leave(Ending::kReleased, {});
  session_ = std::move(other.session_);
  attempt_ = std::move(other.attempt_);
  exceptions_ = std::uncaught_exceptions();
  return *this;
}

Trial::~Trial() {
  // C++ does not show a destructor the exception that passes.
  if (std::uncaught_exceptions() > exceptions_)
    leave(Ending::kFailed, "left by an exception");
  else
    leave(Ending::kReleased, {});
}

void Trial::leave(Ending ending, const std::string& message) noexcept {
  if (!session_) return;
  try {
    session_->settle(attempt_, ending, message);
  } catch (...) {  // closed, or forked: nothing of it is ours any more
  }
}

const std::string& Trial::study() const noexcept { return attempt_->assignment.study(); }
std::int64_t Trial::number() const noexcept { return attempt_->assignment.trial(); }
std::int32_t Trial::attempt() const noexcept { return attempt_->assignment.attempt(); }
const Params& Trial::params() const noexcept { return attempt_->params; }
std::int64_t Trial::seed() const noexcept { return attempt_->assignment.seed(); }
const std::string& Trial::metric() const noexcept { return attempt_->assignment.metric(); }
std::int64_t Trial::start_resource() const noexcept {
  return attempt_->assignment.start_resource();
}
std::int64_t Trial::target_resource() const noexcept {
  return attempt_->assignment.target_resource();
}
std::int64_t Trial::max_resource() const noexcept { return attempt_->assignment.max_resource(); }
const std::string& Trial::resume_checkpoint() const noexcept {
  return attempt_->assignment.resume_checkpoint_uri();
}

Decision Trial::decision() const {
  detail::Turn turn(*session_);
  return attempt_->decision;
}

Steps Trial::steps() const { return {session_, attempt_}; }

Decision Trial::report(std::int64_t resource, const Metrics& metrics,
                       const std::string& checkpoint) {
  return session_->report(attempt_, resource, metrics, checkpoint);
}

bool Trial::should_stop() const { return session_->should_stop(attempt_); }

void Trial::complete() { session_->settle(attempt_, Ending::kCompleted); }
void Trial::fail(const std::string& message) {
  session_->settle(attempt_, Ending::kFailed, message);
}
void Trial::fail(const std::exception& error) { fail(detail::describe(error)); }
void Trial::infeasible(const std::string& message) {
  session_->settle(attempt_, Ending::kInfeasible, message);
}
void Trial::release() { session_->settle(attempt_, Ending::kReleased); }

// --- the two loops ---

Steps::Steps(std::shared_ptr<Session> session, std::shared_ptr<detail::Attempt> attempt)
    : session_(std::move(session)), attempt_(std::move(attempt)) {}

Steps::iterator Steps::begin() const {
  iterator first;
  first.steps_ = this;
  return ++first;
}

Steps::iterator& Steps::iterator::operator++() {
  detail::Turn turn(*steps_->session_);
  step_ = steps_->attempt_->step_after(step_);
  return *this;
}

Trials::Trials(std::shared_ptr<Session> session, std::string study)
    : session_(std::move(session)), study_(std::move(study)) {}

bool Trials::next() try {
  current_.reset();
  auto attempt = session_->suggest(study_, {});
  if (!attempt) return false;
  begun_ = true;
  current_ = Trial(session_, std::move(attempt));
  return true;
} catch (const Error& error) {
  if (!begun_ || error.code() != "NOT_FOUND") throw;
  session_->note(Level::kWarning, "study " + study_ + " is no more there");
  return false;
}

Trials::iterator Trials::begin() {
  iterator first;
  if (next()) first.trials_ = this;
  return first;
}

Trials::iterator& Trials::iterator::operator++() {
  Trial& trial = *trials_->current_;
  if (trial.session_) trial.complete();  // else it was moved away
  if (!trials_->next()) trials_ = nullptr;
  return *this;
}

// --- Client ---

namespace {

// The sessions of the process, closed when it ends: a client is not destroyed by std::exit.
class Sessions {
 public:
  ~Sessions() {
    for (const auto& weak : sessions_)
      if (const auto session = weak.lock()) close(session);
  }

  std::shared_ptr<Session> make(const Options& options) {
    const std::lock_guard lock(mutex_);
    const auto gone = [](const auto& weak) {
      const auto session = weak.lock();
      if (session && session->foreign()) throw detail::forked();  // gRPC would hang
      return !session;
    };
    sessions_.erase(std::remove_if(sessions_.begin(), sessions_.end(), gone), sessions_.end());
    auto session = std::make_shared<Session>(detail::settle(options));
    sessions_.push_back(session);
    return session;
  }

  static void close(const std::shared_ptr<Session>& session) noexcept {
    try {
      session->close();
    } catch (
        const Error&) {  // forked: the parent's thread, lock and connection must not be touched
      new std::shared_ptr<Session>(session);
    } catch (...) {
    }
  }

 private:
  std::mutex mutex_;
  std::vector<std::weak_ptr<Session>> sessions_;
};

Sessions& sessions() {
  static Sessions all;
  return all;
}

}  // namespace

Client connect(const Options& options) { return Client(sessions().make(options)); }

Client connect(const std::string& address) {
  Options options;
  options.address = address;
  return connect(options);
}

Client::Client(std::shared_ptr<Session> session) : session_(std::move(session)) {}

Client& Client::operator=(Client&& other) noexcept {
  if (session_ && session_ != other.session_) Sessions::close(session_);
  session_ = std::move(other.session_);
  return *this;
}

Client::~Client() {
  if (session_) Sessions::close(session_);
}

const std::string& Client::address() const noexcept { return session_->options.address; }
const std::string& Client::worker() const noexcept { return session_->options.worker; }

Trials Client::trials(std::string study) & { return {session_, std::move(study)}; }

void Client::trials(const std::string& study, const std::function<void(Trial&)>& body) {
  for (Trial& trial : Trials(session_, study)) {
    try {
      body(trial);
    } catch (const std::exception& error) {
      trial.leave(Ending::kFailed, detail::describe(error));
      throw;
    } catch (...) {
      // Nothing current: the thread is cancelled, which is somebody's wish and no failure.
      const bool failed = std::current_exception() != nullptr;
      trial.leave(failed ? Ending::kFailed : Ending::kReleased, "an exception of no standard type");
      throw;
    }
  }
}

std::optional<Trial> Client::suggest(const std::string& study, std::optional<Seconds> timeout) {
  auto attempt = session_->suggest(study, timeout);
  if (!attempt) return {};
  return Trial(session_, std::move(attempt));
}

bool Client::should_stop(const std::string& study, std::int64_t trial, std::int32_t attempt) {
  return session_->ask_stop(study, trial, attempt);
}

void Client::close() { session_->close(); }

}  // namespace ashad
#include "diagnosis.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <thread>

namespace ashad::detail {
namespace {

using Clock = std::chrono::steady_clock;
constexpr Seconds kProbe{3}, kPause{1};

template <auto free>
struct Free {
  template <class T>
  void operator()(T* it) const {
    free(it);
  }
};
using Context = std::unique_ptr<SSL_CTX, Free<SSL_CTX_free>>;
using Stream = std::unique_ptr<SSL, Free<SSL_free>>;
using Certificate = std::unique_ptr<X509, Free<X509_free>>;

struct Place {
  std::string host, port;
};

// What one handshake came to.
struct Probe {
  Certificate certificate;  // that it showed
  long flaw = X509_V_OK;    // why that does not do
  bool plain = false;       // it answered, and not by TLS
  bool asked = false;       // for a certificate of the client's own
  bool hung_up = false;
  bool refused() const { return asked && hung_up; }
};

std::optional<Place> place_of(std::string address) {
  if (address.compare(0, 4, "unix") == 0) return {};
  for (const std::string_view scheme : {"dns:", "ipv4:", "ipv6:"})
    if (address.compare(0, scheme.size(), scheme) == 0) address.erase(0, scheme.size());
  address.erase(0, address.rfind('/') + 1);  // npos + 1 is 0
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos) return {};
  Place place{address.substr(0, colon), address.substr(colon + 1)};
  const auto bracket = [](char c) { return c == '[' || c == ']'; };
  place.host.erase(std::remove_if(place.host.begin(), place.host.end(), bracket), place.host.end());
  return place;
}

// A socket that never blocks, and is closed at the end.
class Socket {
 public:
  Socket(const Place& place, Clock::time_point deadline) : deadline_(deadline) {
    addrinfo hints{}, *found = nullptr;
    hints.ai_socktype = SOCK_STREAM;
    if (getaddrinfo(place.host.c_str(), place.port.c_str(), &hints, &found) != 0) return;
    const std::unique_ptr<addrinfo, Free<freeaddrinfo>> first(found);
    handle_ = socket(first->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (handle_ < 0) return;
    if (connect(handle_, first->ai_addr, first->ai_addrlen) == 0) {
      connected_ = true;
    } else if (errno == EINPROGRESS && await(POLLOUT)) {
      int error = 0;
      socklen_t size = sizeof error;
      connected_ = getsockopt(handle_, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0;
    }
  }
  ~Socket() {
    if (handle_ >= 0) close(handle_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  bool await(short what) const {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ - Clock::now());
    pollfd one{handle_, what, 0};
    return left.count() > 0 && poll(&one, 1, static_cast<int>(left.count())) == 1;
  }
  bool connected() const { return connected_; }
  int handle() const { return handle_; }

 private:
  Clock::time_point deadline_;
  int handle_ = -1;
  bool connected_ = false;
};

// OpenSSL writes to a socket that the peer has closed without MSG_NOSIGNAL: for this thread, and so
// long, that is an error and no SIGPIPE, which would end the training process.
class PipeSignalBlock {
 public:
  PipeSignalBlock() {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    sigset_t pending;
    sigpending(&pending);
    was_pending_ = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~PipeSignalBlock() {
    const timespec now{};
    while (!was_pending_ && sigtimedwait(&pipe_, nullptr, &now) == SIGPIPE) continue;
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  PipeSignalBlock(const PipeSignalBlock&) = delete;
  PipeSignalBlock& operator=(const PipeSignalBlock&) = delete;

 private:
  sigset_t pipe_{}, before_{};
  bool was_pending_ = false;
};

// Does a step of OpenSSL until it is done, fails, or the time is over (SSL_ERROR_WANT_...).
template <class Step>
int drive(const Socket& socket, SSL* stream, Step step) {
  for (;;) {
    ERR_clear_error();
    const int done = step();
    if (done > 0) return SSL_ERROR_NONE;
    const int error = SSL_get_error(stream, done);
    const bool reads = error == SSL_ERROR_WANT_READ, writes = error == SSL_ERROR_WANT_WRITE;
    if (!(reads || writes) || !socket.await(reads ? POLLIN : POLLOUT)) return error;
  }
}

int note_request(SSL* /*stream*/, void* probe) {
  static_cast<Probe*>(probe)->asked = true;
  return 1;
}

std::optional<Probe> look(const Options& options, const Place& place, Clock::time_point deadline) {
  const PipeSignalBlock block;
  const Socket socket(place, deadline);
  if (!socket.connected()) return {};
  Probe probe;
  const bool verifies = !options.ca.empty();
  const Context context(SSL_CTX_new(TLS_client_method()));
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  // It goes on with a bad certificate, to see it: nothing is sent.
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);
  SSL_CTX_set_cert_cb(context.get(), note_request, &probe);
  if (verifies) SSL_CTX_load_verify_locations(context.get(), options.ca.c_str(), nullptr);
  if (!options.cert.empty()) {
    SSL_CTX_use_certificate_chain_file(context.get(), options.cert.c_str());
    SSL_CTX_use_PrivateKey_file(context.get(), options.key.c_str(), SSL_FILETYPE_PEM);
  }
  const Stream stream(SSL_new(context.get()));
  if (!stream) return {};
  SSL_set_fd(stream.get(), socket.handle());
  static constexpr unsigned char kHttp2[] = {2, 'h', '2'};
  SSL_set_alpn_protos(stream.get(), kHttp2, sizeof kHttp2);
  X509_VERIFY_PARAM* wanted = SSL_get0_param(stream.get());
  if (X509_VERIFY_PARAM_set1_ip_asc(wanted, place.host.c_str()) != 1) {
    SSL_set_tlsext_host_name(stream.get(), place.host.c_str());
    X509_VERIFY_PARAM_set1_host(wanted, place.host.c_str(), 0);
  }
  int error = drive(socket, stream.get(), [&] { return SSL_connect(stream.get()); });
  probe.certificate.reset(SSL_get1_peer_certificate(stream.get()));
  if (error == SSL_ERROR_NONE && verifies) {
    probe.flaw = SSL_get_verify_result(stream.get());
    char byte = 0;  // by TLS 1.3 a client is refused only after its handshake
    if (probe.flaw == X509_V_OK)
      error = drive(socket, stream.get(), [&] { return SSL_read(stream.get(), &byte, 1); });
  } else if (error == SSL_ERROR_SSL) {
    const int why = ERR_GET_REASON(ERR_peek_error());
    probe.plain = why == SSL_R_WRONG_VERSION_NUMBER || why == SSL_R_PACKET_LENGTH_TOO_LONG;
  }
  probe.hung_up =
      error == SSL_ERROR_ZERO_RETURN || error == SSL_ERROR_SYSCALL || error == SSL_ERROR_SSL;
  return probe;
}

std::string names_of(X509* certificate) {
  std::string text;
  const auto add = [&](const std::string& name) { text += (text.empty() ? "" : ", ") + name; };
  const std::unique_ptr<GENERAL_NAMES, Free<GENERAL_NAMES_free>> names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* one = sk_GENERAL_NAME_value(names.get(), i);
    const bool address = one->type == GEN_IPADD;
    const ASN1_STRING* value = address ? one->d.iPAddress : one->d.dNSName;
    if (!address && one->type != GEN_DNS) continue;
    const unsigned char* data = ASN1_STRING_get0_data(value);
    const int size = ASN1_STRING_length(value);
    char shown[NI_MAXHOST] = "?";
    if (address) {
      sockaddr_in v4{};
      sockaddr_in6 v6{};
      v4.sin_family = AF_INET;
      v6.sin6_family = AF_INET6;
      if (size == 4) std::copy_n(data, size, reinterpret_cast<unsigned char*>(&v4.sin_addr));
      if (size == 16) std::copy_n(data, size, reinterpret_cast<unsigned char*>(&v6.sin6_addr));
      const auto* any =
          size == 4 ? reinterpret_cast<sockaddr*>(&v4) : reinterpret_cast<sockaddr*>(&v6);
      getnameinfo(any, size == 4 ? sizeof v4 : sizeof v6, shown, sizeof shown, nullptr, 0,
                  NI_NUMERICHOST);
      add(shown);
    } else {
      add({reinterpret_cast<const char*>(data), static_cast<std::size_t>(size)});
    }
  }
  return text.empty() ? "no host" : text;
}

std::string issuer_of(X509* certificate) {
  char text[200] = "an unnamed CA";
  X509_NAME_get_text_by_NID(X509_get_issuer_name(certificate), NID_commonName, text, sizeof text);
  return text;
}

std::string shown(const ASN1_TIME* time) {
  const std::unique_ptr<BIO, Free<BIO_free_all>> memory(BIO_new(BIO_s_mem()));
  ASN1_TIME_print(memory.get(), time);
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

Diagnosis unverified(const Options& options, const Place& place, const Probe& probe) {
  const std::string theirs = "the certificate of " + options.address;
  X509* certificate = probe.certificate.get();
  switch (probe.flaw) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return {"TLS_EXPIRED", theirs + " expired at " + shown(X509_get0_notAfter(certificate)) +
                                 ": make a new one (ashad certs init) and send the daemon SIGHUP"};
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return {"TLS_EXPIRED", theirs + " is valid only from " +
                                 shown(X509_get0_notBefore(certificate)) + ": check the clocks"};
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return {"TLS_NAME_MISMATCH",
              theirs + " is for " + names_of(certificate) + ", not for " + place.host +
                  ": connect by one of its names, or make one that has this name (ashad certs "
                  "init)"};
    default:
      return {"TLS_UNTRUSTED", theirs + " was signed by \"" + issuer_of(certificate) +
                                   "\", and by no CA in " + options.ca +
                                   ": set ca (ASHAD_CA) to the ca.pem that was made with it (" +
                                   X509_verify_cert_error_string(probe.flaw) + ")"};
  }
}

}  // namespace

std::optional<Diagnosis> diagnose(const Options& options, Seconds timeout) {
  const auto place = place_of(options.address);
  const char* proxy = std::getenv("ASHAD_USE_PROXY");
  if (!place || (proxy != nullptr && std::string_view(proxy) == "1")) return {};
  const auto end = [&] {
    return Clock::now() + std::chrono::duration_cast<Clock::duration>(std::min(kProbe, timeout));
  };
  auto probe = look(options, *place, end());
  if (!probe) return {};
  if (options.ca.empty()) {
    if (!probe->certificate) return {};
    return Diagnosis{"TLS_REQUIRED", options.address +
                                         " speaks TLS: give ca (ASHAD_CA), the CA of its "
                                         "certificate"};
  }
  if (probe->plain)
    return Diagnosis{"TLS_NOT_SPOKEN",
                     options.address +
                         " does not speak TLS: leave out ca (ASHAD_CA), or start the daemon with "
                         "--tls-cert and --tls-key"};
  if (probe->certificate && probe->flaw != X509_V_OK) return unverified(options, *place, *probe);
  if (!probe->refused() || timeout < kProbe) return {};
  std::this_thread::sleep_for(kPause);  // or did it just go down?
  probe = look(options, *place, end());
  if (!probe || !probe->refused()) return {};
  return Diagnosis{"TLS_CLIENT_REFUSED",
                   options.address +
                       " takes only clients with a certificate that its --tls-client-ca signed: "
                       "give cert and key (ASHAD_CERT, ASHAD_KEY)"};
}

}  // namespace ashad::detail
// The way to the daemon, which comes and goes: retries, the outbox, and the lock around them.

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "session.hpp"

namespace ashad::detail {
namespace {

constexpr Seconds kFirstBackoff{0.5}, kLastBackoff{20}, kAwayTry{2}, kLongestNap{3600};

// How long to wait after the n-th failure in a row. What the daemon asked for comes on top, so that
// those it turned away do not return together.
Seconds backoff(int failures, const Failure& failure) {
  const Seconds ceiling = kFirstBackoff * std::exp2(std::clamp(failures - 1, 0, 16));
  return failure.pushback.value_or(Seconds{0}) +
         Seconds{jitter(std::min(kLastBackoff, ceiling).count())};
}

std::string shown(Seconds span) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f s", span.count());
  return text;
}

}  // namespace

bool Session::foreign() const { return process_ != getpid(); }

Error forked() {
  return misuse(
      "WORKER_FORKED",
      "this process was forked from one that had a client, and gRPC does not survive that: "
      "destroy all clients before you fork, or exec");
}

// --- the lock ---

Turn::Turn(Session& session) : session_(session) {
  if (session.foreign()) throw forked();  // its lock may be held by a thread that is not there
  lock_ = std::unique_lock(session.mutex_);
}

Turn::~Turn() { release(); }

void Turn::release() {
  if (!lock_.owns_lock()) return;
  const auto lines = std::exchange(session_.lines_, {});
  lock_.unlock();
  for (const auto& [level, line] : lines) {
    try {
      session_.options.log(level, line);
    } catch (...) {  // a line that cannot be written is lost, and nothing else
    }
  }
}

void Turn::nap(Seconds seconds) {
  const auto seen = session_.bell_;
  if (!session_.lines_.empty()) apart([] {});
  session_.changed_.wait_for(lock_, std::clamp(seconds, Seconds{0}, kLongestNap),
                             [&] { return session_.bell_ != seen; });
}

void Session::ring() {
  ++bell_;
  changed_.notify_all();
}

// --- one call ---

std::optional<Failure> Session::send(Turn& turn, const Call& call, Seconds timeout, bool wait,
                                     bool queued) {
  grpc::ClientContext context;
  std::optional<Failure> failure;
  under_way_.emplace(&context, queued);
  turn.apart([&] { failure = channel_.send(call, context, timeout, wait); });
  under_way_.erase(&context);
  return failure;
}

void Session::hang_up(bool queued) {
  for (const auto& [context, is_queued] : under_way_)
    if (queued || !is_queued) context->TryCancel();
}

void Session::ask(Turn& turn, const Call& call, Seconds one_try, Time deadline) {
  for (int failures = 1;; ++failures) {
    check_open();
    const auto failure = send(turn, call, timeout(one_try, deadline), away());
    if (!failure) return reached();
    check_open();
    if (!failure->transient()) {
      if (!failure->unheard()) reached();
      throw failure->error();
    }
    unreached(*failure);
    const Seconds wait = backoff(failures, *failure);
    if (now() + wait > deadline || outage_is_over()) throw unreachable(*failure);
    sleep(turn, wait);
  }
}

void Session::sleep(Turn& turn, Seconds seconds) {
  for (const Time until = now() + seconds; !closing_ && now() < until;) turn.nap(until - now());
}

void Session::check_open() const {
  if (closing_)
    throw Error("CANCELLED", "CLIENT_CLOSED", "this client is closed: connect a new one");
}

Seconds Session::timeout(Seconds one_try, Time deadline) const {
  // No longer than the caller, or the outage, has left.
  if (away()) deadline = std::min(deadline, *away_since_ + options.outage);
  return std::min(one_try, std::max(Seconds{0.01}, deadline - now()));
}

Error Session::unreachable(const Failure& last) const {
  return {"UNAVAILABLE", "UNREACHABLE",
          "no answer from ashad at " + options.address +
              " in the time given; the last: " + last.code + ": " + last.message};
}

// --- the outbox ---

void Session::put(const ItemPtr& item) {
  outbox_.push_back(item);
  ring();
}

std::optional<Failure> Session::deliver(Turn& turn, const ItemPtr& item) {
  if (sending_ || !outbox_.empty()) {
    put(item);
    return {};
  }
  sending_ = true;
  // Where a heartbeat has found the daemon away, training is not held up for long.
  auto failure = send(turn, item->call, away() ? kAwayTry : kTry, false, true);
  // That an idle connection was cut, by a restart say, gRPC may notice only now.
  if (failure && failure->cut() && !away()) failure = send(turn, item->call, kAwayTry, false, true);
  sending_ = false;
  ring();
  if (!failure) {
    reached();
    answered(*item);
  } else if (failure->unheard()) {
    outbox_.push_front(item);  // before what others have put there meanwhile
    unreached(*failure);
    failure.reset();
  } else {
    reached();
    if (gone(*item, *failure)) failure.reset();
  }
  return failure;
}

void Session::send_head(Turn& turn, Time deadline) {
  const ItemPtr item = outbox_.front();
  sending_ = true;
  const auto failure = send(turn, item->call, timeout(kTry, deadline), away(), true);
  sending_ = false;
  ring();
  if (failure && failure->unheard()) return unreached(*failure);
  reached();
  // A heartbeat may have ended the attempt meanwhile, and so dropped the item.
  if (!outbox_.empty() && outbox_.front() == item) outbox_.pop_front();
  if (!failure)
    answered(*item);
  else if (!gone(*item, *failure))
    refused(*item, *failure);
}

void Session::answered(Item& item) {
  item.answered = true;
  if (item.report && item.attempt->take(item.report->decision())) over(item.attempt);
}

// Drops what still waits of an attempt that the daemon has ended: it counts for nothing.
void Session::over(const AttemptPtr& attempt) {
  const auto theirs = [&](const ItemPtr& item) { return item->attempt == attempt; };
  outbox_.erase(std::remove_if(outbox_.begin(), outbox_.end(), theirs), outbox_.end());
  ring();
  const Decision& decision = attempt->decision;
  if (decision.reason == "SUPERSEDED")
    log(Level::kWarning,
        attempt->name() + ": taken over by attempt " + std::to_string(decision.current_attempt));
}

// Whether the study or trial is no more: the loop ends, and nobody is to blame.
bool Session::gone(const Item& item, const Failure& failure) {
  if (failure.code != "NOT_FOUND") return false;
  log(Level::kWarning, item.attempt->name() + ": no more there: " + failure.message);
  item.attempt->end(failure.reason.empty() ? failure.code : failure.reason);
  over(item.attempt);
  return true;
}

// Ends the loop of a queued call that was refused, since nobody waits to be told.
void Session::refused(const Item& item, const Failure& failure) {
  const std::string line = item.name() + " was refused: " + failure.error().what();
  log(Level::kError, line);
  if (!item.report) return;
  item.attempt->end(failure.reason.empty() ? failure.code : failure.reason);
  over(item.attempt);
  put(ending(item.attempt, Ending::kFailed, line));
}

// --- the daemon comes and goes ---

void Session::reached() {
  if (away()) {
    log(Level::kWarning, "ashad is back after " + shown(now() - *away_since_) +
                             "; calls that wait: " + std::to_string(outbox_.size()));
    ring();
  }
  away_since_.reset();
  failures_ = 0;
  retry_at_ = {};
}

void Session::unreached(const Failure& failure) {
  if (closed_) return;
  if (!away()) {
    away_since_ = now();
    log(Level::kWarning, "no service from ashad at " + options.address +
                             ", trying on: " + failure.code + ": " + failure.message);
  }
  retry_at_ = now() + backoff(++failures_, failure);
  if (outage_is_over() && !outbox_.empty()) {
    log(Level::kError, "ashad stayed away too long; calls lost: " + std::to_string(outbox_.size()));
    outbox_.front()->attempt->end("OUTAGE");
    outbox_.clear();
    ring();
  }
}

}  // namespace ashad::detail
// What a client says to the daemon: asks for a trial, reports, ends it, keeps it alive.

#include "session.hpp"

#include <unistd.h>

#include <algorithm>

namespace ashad::detail {
namespace {

constexpr Seconds kGrace{5};
constexpr Seconds kNoHeartbeat{15}, kNoDelay{1};  // where a daemon names none
constexpr std::size_t kMessageLimit = 4096;

Seconds seconds(const google::protobuf::Duration& span) {
  return Seconds{static_cast<double>(span.seconds()) + span.nanos() * 1e-9};
}

Value native(const v1::ParameterValue& value) {
  switch (value.kind_case()) {
    case v1::ParameterValue::kIntValue: return value.int_value();
    case v1::ParameterValue::kDoubleValue: return value.double_value();
    case v1::ParameterValue::kStringValue: return value.string_value();
    case v1::ParameterValue::kBoolValue: return value.bool_value();
    default:
      throw invalid("the daemon sent a parameter of a kind this client does not know: upgrade");
  }
}

Decision read(const v1::Decision& message) {
  Decision decision;
  // An action added to the contract later must not end a training that an old client runs.
  if (message.action() == v1::ACTION_STOP) decision.action = Action::kStop;
  if (message.action() == v1::ACTION_PAUSE) decision.action = Action::kPause;
  decision.reason = message.reason();
  decision.bracket = message.bracket();
  if (message.has_rung()) decision.rung = message.rung();
  decision.level = message.level();
  decision.rank = message.rank();
  decision.size = message.size();
  decision.quota = message.quota();
  if (message.has_cutoff()) decision.cutoff = message.cutoff();
  decision.next_resource = message.next_resource();
  decision.late = message.late();
  decision.current_attempt = message.current_attempt();
  return decision;
}

std::string checked(const char* field, const std::string& text) {
  if (utf8(text) != text) throw invalid(std::string(field) + ": UTF-8, please");
  return text;
}

Error out_of_time(const std::string& study, const std::string& why) {
  return {"DEADLINE_EXCEEDED", "NO_TRIAL", "no trial of " + study + " in the time given: " + why};
}

const char* word(Ending ending) {
  switch (ending) {
    case Ending::kCompleted: return "COMPLETED";
    case Ending::kFailed: return "FAILED";
    case Ending::kInfeasible: return "INFEASIBLE";
    default: return "RELEASED";
  }
}

}  // namespace

Params native(const google::protobuf::RepeatedPtrField<v1::Parameter>& parameters) {
  Params params;
  for (const auto& parameter : parameters) params.add(parameter.name(), native(parameter.value()));
  return params;
}

// --- an attempt ---

Attempt::Attempt(v1::Assignment message)
    : assignment(std::move(message)),
      params(native(assignment.params())),
      heartbeat(
          assignment.heartbeat_interval().seconds() + assignment.heartbeat_interval().nanos() > 0
              ? seconds(assignment.heartbeat_interval())
              : kNoHeartbeat),
      position(assignment.start_resource()) {
  decision.next_resource = assignment.next_resource();
}

void Attempt::end(const std::string& reason) {
  Decision ended;
  ended.action = Action::kStop;
  ended.reason = reason;
  decision = std::move(ended);
  told = false;
}

bool Attempt::take(const v1::Decision& message) {
  Decision taken = read(message);
  const bool stop = taken.should_stop();
  told = false;
  if (stop || !over()) decision = std::move(taken);  // a late CONTINUE reopens nothing
  return stop;
}

std::int64_t Attempt::step_after(std::int64_t step) const {
  const std::int64_t next = std::max(step, position) + 1;
  return over() || next > assignment.target_resource() ? 0 : next;
}

std::string Attempt::name() const {
  return "trial " + assignment.study() + "/" + std::to_string(assignment.trial()) + " (attempt " +
         std::to_string(assignment.attempt()) + ")";
}

std::string Item::name() const {
  return std::string(rpc) + " of " + attempt->name() +
         (report ? " at " + std::to_string(resource) : "");
}

// --- asking for work ---

Session::Session(Options settled)
    : options(std::move(settled)), channel_(options), process_(getpid()) {}

AttemptPtr Session::suggest(const std::string& study, std::optional<Seconds> timeout) {
  Turn turn(*this);
  check_open();
  if (asking_ || alive())
    throw misuse("TRIAL_HELD",
                 "this client still holds " + (alive() ? held_->name() : "a request for a trial") +
                     ", and a worker id stands for one running trial: finish it first, "
                     "or connect a second client");
  if (!keeper_.joinable()) keeper_ = std::thread([self = shared_from_this()] { self->keep(); });
  asking_ = true;
  const std::unique_ptr<Session, void (*)(Session*)> asked(this, [](Session* self) {
    self->asking_ = false;
    self->ring();
  });
  if (held_) settle(turn, held_, Ending::kReleased, {});
  const Time deadline = timeout ? now() + *timeout : kNever;
  // What is still to be said of the last trial comes first, or it would come back to us.
  drive(
      turn, [] { return false; }, deadline);
  for (;;) {
    v1::SuggestResponse answer = suggest_once(turn, study, deadline);
    if (answer.has_assignment())
      return hold(std::make_shared<Attempt>(std::move(*answer.mutable_assignment())));
    if (answer.has_finished()) {
      log(Level::kInfo, "study " + study + " is finished: " + answer.finished().reason());
      return nullptr;
    }
    const Seconds named = seconds(answer.wait().delay());
    const Seconds delay = named.count() > 0 ? named : kNoDelay;
    if (now() + delay > deadline) throw out_of_time(study, answer.wait().reason());
    sleep(turn, delay);
  }
}

v1::SuggestResponse Session::suggest_once(Turn& turn, const std::string& study, Time deadline) {
  check_open();
  const Seconds left = deadline - now();
  if (left.count() <= 0 || !outbox_.empty()) throw out_of_time(study, "the daemon is away");
  const Seconds wait = std::min(options.max_wait, left);
  v1::SuggestRequest request;
  request.set_study(checked("study", study));
  request.set_worker(options.worker);
  request.set_request_id(uuid());
  const auto nanos = std::chrono::duration_cast<std::chrono::nanoseconds>(wait).count();
  request.mutable_max_wait()->set_seconds(nanos / 1'000'000'000);
  request.mutable_max_wait()->set_nanos(static_cast<std::int32_t>(nanos % 1'000'000'000));
  const auto answer = std::make_shared<v1::SuggestResponse>();
  // Some grace, so as not to hang up on an answer: it may be a trial.
  ask(turn, channel_.bind(&Work::Suggest, std::move(request), answer), kTry + wait,
      deadline + kGrace);
  return std::move(*answer);
}

AttemptPtr Session::hold(AttemptPtr attempt) {
  if (closing_) {  // too late: it goes back with the rest
    put(ending(attempt, Ending::kReleased));
    check_open();
  }
  held_ = std::move(attempt);
  beat_at_ = now() + held_->heartbeat;
  ring();
  log(Level::kInfo, held_->name() + " begins at " + std::to_string(held_->position));
  return held_;
}

bool Session::ask_stop(const std::string& study, std::int64_t trial, std::int32_t attempt) try {
  Turn turn(*this);
  v1::ShouldStopRequest request;
  request.set_study(checked("study", study));
  request.set_trial(trial);
  request.set_attempt(attempt);
  const auto answer = std::make_shared<v1::ShouldStopResponse>();
  ask(turn, channel_.bind(&Work::ShouldStop, std::move(request), answer), kShortTry,
      now() + kShortTry);
  return answer->should_stop();
} catch (const Error& error) {
  if (error.reason() == "UNREACHABLE") return false;
  throw;
}

// --- the life of an attempt ---

Decision Session::report(const AttemptPtr& attempt, std::int64_t resource, const Metrics& metrics,
                         const std::string& checkpoint) {
  Turn turn(*this);
  if (resource < 0)
    throw invalid("resource: a whole number from 0, not " + std::to_string(resource));
  if (metrics.empty())
    throw invalid("report at least the metric of the study: " + attempt->assignment.metric());
  auto request = attempt->request<v1::ReportRequest>();
  request.set_resource(resource);
  request.set_checkpoint_uri(checked("checkpoint", checkpoint));
  for (const auto& [name, value] : metrics) {
    auto* metric = request.add_metrics();
    metric->set_name(checked("name of a metric", name));
    metric->set_value(value);
  }
  if (!attempt->open()) return attempt->decision;
  check_open();
  auto answer = std::make_shared<v1::ReportResponse>();
  const auto item = std::make_shared<Item>(
      Item{attempt, "Report", channel_.bind(&Work::Report, std::move(request), answer), answer,
           resource});
  const auto failure = deliver(turn, item);
  if (failure && !attempt->over()) throw failure->error();
  attempt->position = std::max(attempt->position, resource);
  // Back already, with a queue to work off: wait for our turn, or it never ends.
  if (!item->answered)
    drive(
        turn, [&] { return item->answered || attempt->over() || away(); }, now() + kTry);
  if (item->answered || attempt->over()) return attempt->decision;
  Decision queued;
  queued.reason = "UNREACHABLE";
  return queued;
}

bool Session::should_stop(const AttemptPtr& attempt) {
  {
    Turn turn(*this);
    if (attempt->over() || held_ == attempt) return attempt->over();
  }
  const v1::Assignment& key = attempt->assignment;
  return ask_stop(key.study(), key.trial(), key.attempt());
}

ItemPtr Session::ending(const AttemptPtr& attempt, Ending kind, const std::string& message) const {
  const auto item = [&](const char* name, Call call) {
    return std::make_shared<Item>(Item{attempt, name, std::move(call), nullptr});
  };
  if (kind == Ending::kCompleted)
    return item("CompleteTrial",
                channel_.bind(&Work::CompleteTrial, attempt->request<v1::CompleteTrialRequest>(),
                              std::make_shared<v1::CompleteTrialResponse>()));
  if (kind == Ending::kReleased)
    return item("ReleaseTrial",
                channel_.bind(&Work::ReleaseTrial, attempt->request<v1::ReleaseTrialRequest>(),
                              std::make_shared<v1::ReleaseTrialResponse>()));
  auto request = attempt->request<v1::FailTrialRequest>();
  request.set_kind(kind == Ending::kFailed ? v1::FAILURE_KIND_ERROR : v1::FAILURE_KIND_INFEASIBLE);
  request.set_message(utf8(message, kMessageLimit));
  return item("FailTrial", channel_.bind(&Work::FailTrial, std::move(request),
                                         std::make_shared<v1::FailTrialResponse>()));
}

void Session::settle(const AttemptPtr& attempt, Ending kind, const std::string& message) {
  Turn turn(*this);
  settle(turn, attempt, kind, message);
}

// Ends an attempt from this side, once; a refusal is logged, since training is over.
void Session::settle(Turn& turn, const AttemptPtr& attempt, Ending kind,
                     const std::string& message) {
  if (attempt->open()) {
    check_open();
    const bool told = attempt->over();  // then nothing more is trained
    const ItemPtr item = ending(attempt, told ? Ending::kReleased : kind, message);
    attempt->end(told ? attempt->decision.reason : word(kind));
    if (const auto failure = deliver(turn, item))
      log(Level::kWarning, item->name() + " was refused: " + failure->error().what());
  }
  if (held_ == attempt) {
    held_.reset();
    ring();
  }
}

// --- background and end ---

void Session::keep() {
  for (;;) {
    try {
      Turn turn(*this);
      if (closed_) return;
      keep(turn);
    } catch (const std::exception& error) {
      note(Level::kError, std::string("the keeper stumbled, and goes on: ") + error.what());
      std::this_thread::sleep_for(std::chrono::seconds(1));
    }
  }
}

void Session::keep(Turn& turn) {
  const bool waits = !sending_ && !outbox_.empty();
  if (waits && now() >= retry_at_)
    send_head(turn, kNever);
  else if (alive() && now() >= beat_at_)
    beat(turn);
  else
    turn.nap(std::min(alive() ? beat_at_ : kNever, waits ? retry_at_ : kNever) - now());
}

void Session::beat(Turn& turn) {
  const AttemptPtr attempt = held_;
  beat_at_ = now() + attempt->heartbeat;
  const auto answer = std::make_shared<v1::HeartbeatResponse>();
  const auto failure =
      send(turn, channel_.bind(&Work::Heartbeat, attempt->request<v1::HeartbeatRequest>(), answer),
           kShortTry, false);
  if (failure && failure->unheard()) return unreached(*failure);
  reached();
  if (failure) {
    log(Level::kWarning,
        "heartbeat of " + attempt->name() + " was refused: " + failure->error().what());
    if (failure->code != "NOT_FOUND" || attempt->over()) return;
    attempt->end(failure->reason.empty() ? failure->code : failure->reason);
    return over(attempt);
  }
  // Only an end is news: a CONTINUE may be older than the report that is under way.
  if (attempt->over() || !read(answer->decision()).should_stop()) return;
  attempt->take(answer->decision());
  attempt->told = attempt->decision.reason != "SUPERSEDED";
  if (!attempt->told) over(attempt);
  ring();
}

void Session::note(Level level, std::string line) {
  Turn turn(*this);
  log(level, std::move(line));
}

void Session::close() {
  std::thread keeper;
  {
    Turn turn(*this);
    if (closing_) return;
    closing_ = true;
    hang_up(false);
    ring();
    const Time deadline = now() + options.close_timeout;
    if (held_ && held_->open()) {
      put(ending(held_, Ending::kReleased));
      held_->end(word(Ending::kReleased));
    }
    held_.reset();
    retry_at_ = {};
    drive(
        turn, [] { return false; }, deadline);
    while (asking_ && now() < deadline) turn.nap(deadline - now());
    drive(
        turn, [] { return false; }, deadline);  // the trial that a Suggest brought meanwhile
    if (!outbox_.empty())
      log(Level::kError, "ashad is away; calls lost: " + std::to_string(outbox_.size()));
    closed_ = true;
    hang_up(true);
    ring();
    keeper.swap(keeper_);
  }
  if (keeper.get_id() == std::this_thread::get_id())  // closed from the log
    keeper.detach();
  else if (keeper.joinable())
    keeper.join();
}

}  // namespace ashad::detail
#include "settings.hpp"

#include <cxxabi.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <random>
#include <typeinfo>

namespace ashad::detail {
namespace {

constexpr std::string_view kPort = "2742";

std::string hex(std::size_t digits) {
  std::random_device random;
  std::string text;
  while (text.size() < digits) text += "0123456789abcdef"[random() & 15U];
  return text;
}

// An id that no other client object has: host, process, random.
std::string unique_worker() {
  std::array<char, 101> host{};
  gethostname(host.data(), host.size() - 1);
  std::string name(host.data());
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c < '!' || c > '~'; }, '-');
  return (name.empty() ? "host" : name) + "-" + std::to_string(getpid()) + "-" + hex(12);
}

bool begins(std::string_view text, std::string_view start) {
  return text.substr(0, start.size()) == start;
}

std::string target(const std::string& address) {
  const auto scheme = address.substr(0, address.find("://"));
  const bool known = scheme == "dns" || scheme == "ipv4" || scheme == "ipv6" || scheme == "unix";
  if (scheme != address && !known)
    throw invalid("address: host:port without " + scheme + "://, please: " + address);
  for (const char* start : {"dns:", "ipv4:", "ipv6:", "unix:", "unix-abstract:"})
    if (begins(address, start)) return address;
  const bool portless = address.back() == ']' || address.find(':') == std::string::npos;
  return portless ? address + ":" + std::string(kPort) : address;
}

void to_stderr(Level level, const std::string& line) {
  if (level == Level::kInfo) return;
  std::cerr << (level == Level::kError ? "ashad: error: " : "ashad: warning: ") + line + "\n";
}

void check_span(const char* name, Seconds span, double most) {
  if (!(span.count() >= 0 && span.count() <= most))
    throw invalid(std::string(name) + ": 0 to " + std::to_string(static_cast<long>(most)) +
                  " seconds, please");
}

}  // namespace

Error invalid(const std::string& message) {
  return {"INVALID_ARGUMENT", "INVALID_ARGUMENT", message};
}

Error misuse(const std::string& reason, const std::string& message) {
  return {"FAILED_PRECONDITION", reason, message};
}

Options settle(Options options) {
  const auto fill = [](std::string& option, const char* variable, std::string_view otherwise = {}) {
    const char* set = option.empty() ? std::getenv(variable) : nullptr;
    if (set != nullptr) option = set;
    if (option.empty()) option = otherwise;
  };
  fill(options.address, "ASHAD_ADDRESS", "127.0.0.1:2742");
  fill(options.worker, "ASHAD_WORKER");
  fill(options.ca, "ASHAD_CA");
  fill(options.cert, "ASHAD_CERT");
  fill(options.key, "ASHAD_KEY");
  fill(options.token_file, "ASHAD_TOKEN_FILE");
  options.address = target(options.address);
  if (options.worker.empty()) options.worker = unique_worker();
  if (!is_graphic(options.worker) || options.worker.size() > 200)
    throw invalid("worker: 1 to 200 printable ASCII characters without spaces, please");
  constexpr double kYear = 366 * 86'400.0;
  check_span("max_wait", options.max_wait, 300);
  check_span("outage", options.outage, kYear);
  check_span("close_timeout", options.close_timeout, kYear);
  check_span("call_timeout", options.call_timeout, kYear);
  if (!options.log) options.log = to_stderr;
  return options;
}

bool is_loopback(const std::string& address) {
  if (begins(address, "unix:") || begins(address, "unix-abstract:")) return true;
  std::string_view rest = address;
  for (const std::string_view scheme : {"dns:", "ipv4:", "ipv6:"})
    if (begins(rest, scheme)) rest.remove_prefix(scheme.size());
  if (begins(rest, "//")) rest.remove_prefix(std::min(rest.find('/', 2), rest.size() - 1) + 1);
  const std::size_t colon = rest.rfind(':');
  const std::string_view host = rest.substr(0, colon);
  if (host == "localhost" || host == "[::1]") return true;
  return begins(host, "127.") && std::count(host.begin(), host.end(), '.') == 3 &&
         host.find_first_not_of("0123456789.") == std::string_view::npos;
}

bool is_graphic(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '!' && c <= '~'; });
}

std::string uuid() {
  std::string text = hex(32);
  text[12] = '4';
  text[16] = "89ab"[text[16] & 3];
  for (const std::size_t place : {20, 16, 12, 8}) text.insert(place, "-");
  return text;
}

double jitter(double ceiling) {
  thread_local std::mt19937 random{std::random_device{}()};
  return std::uniform_real_distribution<double>(0.0, ceiling)(random);
}

std::string utf8(std::string_view text, std::size_t most) {
  std::string clean;
  for (std::size_t at = 0, characters = 0; at < text.size() && characters < most; ++characters) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
    const unsigned char first = byte(0);
    std::size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    if ((first >= 0x80 && first < 0xC2) || first >= 0xF5) length = 0;
    bool whole = length > 0 && at + length <= text.size();
    for (std::size_t i = 1; whole && i < length; ++i) whole = (byte(i) & 0xC0U) == 0x80U;
    // Overlong, a surrogate, or beyond U+10FFFF.
    if (whole && length > 2) {
      const unsigned char second = byte(1);
      whole = !((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||
                (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F));
    }
    clean += whole ? text.substr(at, length) : "\xEF\xBF\xBD";
    at += whole ? length : 1;
  }
  return clean;
}

std::string describe(const std::exception& error) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> name(
      abi::__cxa_demangle(typeid(error).name(), nullptr, nullptr, &status), &std::free);
  return std::string(name ? name.get() : typeid(error).name()) + ": " + error.what();
}

}  // namespace ashad::detail
// The calls about studies: the words of the contract. Lists are read page by page.

#include <algorithm>
#include <cctype>

#include "ashad/v1/ashad.pb.h"
#include "session.hpp"

namespace ashad {
namespace {

using detail::Tool;

constexpr std::int32_t kPage = 1000;

template <class Request>
Request about(const std::string& study) {
  Request request;
  request.set_study(study);
  return request;
}

template <class Request>
Request about(const std::string& study, std::int64_t trial) {
  auto request = about<Request>(study);
  request.set_trial(trial);
  return request;
}

// Asks for page after page; `items` takes a page apart.
template <class Item, class Method, class Request, class Items>
std::vector<Item> pages(detail::Session& session, Method method, Request request, Items items) {
  std::vector<Item> all;
  request.set_page_size(kPage);
  do {
    auto page = session.ask_study(method, request);
    auto* found = items(page);
    all.insert(all.end(), std::make_move_iterator(found->begin()),
               std::make_move_iterator(found->end()));
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return all;
}

void write(v1::ParameterValue* message, const Value& value) {
  if (const auto* whole = std::get_if<std::int64_t>(&value)) message->set_int_value(*whole);
  if (const auto* real = std::get_if<double>(&value)) message->set_double_value(*real);
  if (const auto* text = std::get_if<std::string>(&value)) message->set_string_value(*text);
  if (const auto* flag = std::get_if<bool>(&value)) message->set_bool_value(*flag);
}

}  // namespace

v1::Study Client::create_study(const std::string& name, const v1::StudySpec& spec,
                               bool validate_only) {
  auto request = about<v1::CreateStudyRequest>(name);
  *request.mutable_spec() = spec;
  request.set_request_id(detail::uuid());
  request.set_validate_only(validate_only);
  return session_->ask_study(&Tool::CreateStudy, request).study();
}

v1::Study Client::study(const std::string& name) {
  return session_->ask_study(&Tool::GetStudy, about<v1::GetStudyRequest>(name)).study();
}

std::vector<v1::Study> Client::studies() {
  return pages<v1::Study>(*session_, &Tool::ListStudies, v1::ListStudiesRequest{},
                          [](auto& page) { return page.mutable_studies(); });
}

v1::Study Client::update_study(const std::string& name, const v1::StudyLimits& limits,
                               const std::vector<std::string>& fields) {
  auto request = about<v1::UpdateStudyRequest>(name);
  *request.mutable_limits() = limits;
  for (const auto& field : fields) request.mutable_update_mask()->add_paths(field);
  return session_->ask_study(&Tool::UpdateStudy, request).study();
}

v1::Study Client::pause_study(const std::string& name) {
  return session_->ask_study(&Tool::PauseStudy, about<v1::PauseStudyRequest>(name)).study();
}

v1::Study Client::resume_study(const std::string& name) {
  return session_->ask_study(&Tool::ResumeStudy, about<v1::ResumeStudyRequest>(name)).study();
}

v1::Study Client::stop_study(const std::string& name) {
  return session_->ask_study(&Tool::StopStudy, about<v1::StopStudyRequest>(name)).study();
}

void Client::delete_study(const std::string& name, bool force) {
  auto request = about<v1::DeleteStudyRequest>(name);
  request.set_force(force);
  session_->ask_study(&Tool::DeleteStudy, request);
}

std::optional<Best> Client::best(const std::string& name) {
  const v1::Study found = study(name);
  if (!found.has_best()) return {};
  const auto& best = found.best();
  return Best{best.trial(), best.resource(), best.value(), detail::native(best.params()), best.seed()};
}

v1::Trial Client::enqueue_trial(const std::string& name, const Params& params) {
  auto request = about<v1::EnqueueTrialRequest>(name);
  for (const auto& [parameter, value] : params) {
    auto* message = request.mutable_configuration()->add_params();
    message->set_name(parameter);
    write(message->mutable_value(), value);
  }
  request.set_request_id(detail::uuid());
  return session_->ask_study(&Tool::EnqueueTrial, request).trial();
}

v1::Trial Client::cancel_trial(const std::string& name, std::int64_t trial) {
  return session_->ask_study(&Tool::CancelTrial, about<v1::CancelTrialRequest>(name, trial))
      .trial();
}

v1::Trial Client::get_trial(const std::string& name, std::int64_t trial) {
  return session_->ask_study(&Tool::GetTrial, about<v1::GetTrialRequest>(name, trial)).trial();
}

std::vector<v1::Trial> Client::list_trials(const std::string& name,
                                           const std::vector<std::string>& states) {
  auto request = about<v1::ListTrialsRequest>(name);
  for (const auto& state : states) {
    v1::TrialState number{};
    if (!v1::TrialState_Parse("TRIAL_STATE_" + state, &number))
      throw detail::invalid("states: no " + state + "; one of RUNNING, PAUSED, ..., please");
    request.add_states(number);
  }
  return pages<v1::Trial>(*session_, &Tool::ListTrials, request,
                          [](auto& page) { return page.mutable_trials(); });
}

std::vector<v1::StoredReport> Client::list_reports(const std::string& name,
                                                   std::optional<std::int64_t> trial) {
  auto request = about<v1::ListReportsRequest>(name);
  if (trial) request.set_trial(*trial);
  return pages<v1::StoredReport>(*session_, &Tool::ListReports, request,
                                 [](auto& page) { return page.mutable_reports(); });
}

v1::ExplainTrialResponse Client::explain_trial(const std::string& name, std::int64_t trial) {
  return session_->ask_study(&Tool::ExplainTrial, about<v1::ExplainTrialRequest>(name, trial));
}

}  // namespace ashad
