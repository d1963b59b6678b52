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
