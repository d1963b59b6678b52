// What is wrong with the TLS of a daemon that cannot be reached, and does not heal by itself. It
// looks at the port by a handshake of its own with OpenSSL, which gRPC links anyway and whose
// errors gRPC keeps to itself. It sends no call and no token, and retries nothing.
#pragma once

#include <ashad/client.hpp>
#include <optional>
#include <string>

namespace ashad::detail {

/// What is wrong.
struct Diagnosis {
  std::string reason;  // TLS_UNTRUSTED and its like
  std::string message;
};

/// Looks, for at most so long; nothing where TLS is not why a try failed.
std::optional<Diagnosis> diagnose(const Options& options, Seconds timeout);

}  // namespace ashad::detail
