#include "channel.hpp"

#include <grpc/support/log.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <numeric>

#include "diagnosis.hpp"
#include "settings.hpp"

namespace ashad::detail {
namespace {

constexpr const char* kReason = "ashad-reason";
constexpr const char* kPushback = "grpc-retry-pushback-ms";
constexpr const char* kSuperseded = "DAEMON_SUPERSEDED";  // another has taken over from it

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
          pushback(text(kPushback)), Epoch::named(context)};
}

}  // namespace

bool Failure::transient() const {
  if (code == "RESOURCE_EXHAUSTED") return pushback.has_value();
  // Nobody here cancels: without a reason that is a daemon that hung up while it was stopping.
  return code == "UNAVAILABLE" || code == "DEADLINE_EXCEEDED" ||
         (code == "CANCELLED" && reason.empty());
}

Channel::Channel(const Options& options) : epoch(options.worker) {
  quiet();
  const bool secure = !options.ca.empty();
  if (options.cert.empty() != options.key.empty())
    throw invalid("cert and key go together: give both, or neither");
  if (!secure && !options.cert.empty())
    throw invalid("cert: a certificate is shown over TLS only, so give ca as well");
  if (!options.token_file.empty()) {
    for (const std::string& address : split_targets(options.address))
      if (!secure && !is_loopback(address))
        throw invalid("token_file: a token is not sent in the clear to " + address +
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
  for (const std::string& address : split_targets(options.address)) {
    const std::shared_ptr<grpc::Channel> channel =
        grpc::CreateCustomChannel(address, credentials, arguments(proxy));
    Way way{options, {v1::SchedulerService::NewStub(channel), v1::StudyService::NewStub(channel)}};
    way.options.address = address;
    ways_.push_back(std::move(way));
  }
}

std::vector<std::size_t> Channel::round() const {
  std::vector<std::size_t> numbers(ways_.size());
  std::iota(numbers.begin(), numbers.end(), 0);
  std::rotate(numbers.begin(), numbers.begin() + static_cast<std::ptrdiff_t>(at_), numbers.end());
  return numbers;
}

bool Channel::passes_on(const Failure& failure, std::size_t at) {
  const bool mute = failure.code == "UNAVAILABLE";
  const bool away = failure.reason.empty() && (mute || failure.code == "DEADLINE_EXCEEDED");
  if (!away && failure.reason != kSuperseded) return false;
  if (at_ == at) at_ = (at + 1) % ways_.size();
  return mute;
}

std::optional<Failure> Channel::send(const Call& call, std::size_t at, grpc::ClientContext& context,
                                     Seconds timeout, bool wait) try {
  const Options& options = ways_[at].options;
  wait = wait && ways_.size() == 1;
  if (!options.token_file.empty()) {
    const std::string bearer = token(options.token_file);
    // It may be in the middle of being replaced: as if the daemon were away.
    if (bearer.empty())
      return Failure{"UNAVAILABLE", "TOKEN_UNREADABLE", "no token in " + options.token_file, {}};
    context.AddMetadata("authorization", "Bearer " + bearer);
  }
  epoch.show(context);
  const auto span = std::chrono::duration_cast<std::chrono::microseconds>(timeout);
  context.set_deadline(
      gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_micros(span.count(), GPR_TIMESPAN)));
  context.set_wait_for_ready(wait);
  const auto begun = std::chrono::steady_clock::now();
  const grpc::Status status = call(at, &context);
  if (status.ok()) {
    epoch.hear(context);
    return {};
  }
  Failure failure = translate(status, context);
  // Who waits for a connection hears only that there was none in time.
  const bool late = wait && failure.code == "DEADLINE_EXCEEDED";
  if (failure.reason.empty() && (failure.code == "UNAVAILABLE" || late)) {
    const Seconds left = timeout - (std::chrono::steady_clock::now() - begun);
    if (const auto wrong = diagnose(options, late ? Seconds{3} : left))
      failure = {"FAILED_PRECONDITION", wrong->reason, wrong->message, {}};
  }
  return failure;
} catch (const std::exception& error) {  // out of memory, say: it will be tried again
  return Failure{"UNAVAILABLE", "", error.what(), {}};
}

}  // namespace ashad::detail
