// What a client is told at `connect`: options first, then the environment, then defaults; and the
// small makers of ids and errors. Nothing here touches the network.
#pragma once

#include <ashad/client.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace ashad::detail {

/// The error for an argument that cannot be sent.
Error invalid(const std::string& message);
/// The error for a call that cannot be right, whatever the daemon says.
Error misuse(const std::string& reason, const std::string& message);

/// Fills in what was not given. Throws `Error` for what cannot be right.
Options settle(Options options);

/// Splits addresses by their commas; what names its scheme is one, commas and all.
std::vector<std::string> split_targets(const std::string& addresses);
/// Whether the target of gRPC never leaves this machine.
bool is_loopback(const std::string& address);
/// Whether there is something, all of it printable ASCII without spaces.
bool is_graphic(std::string_view text);

/// A version 4 UUID.
std::string uuid();
/// From 0 to `ceiling`, each as likely.
double jitter(double ceiling);

/// The text as UTF-8 of at most so many characters; what is not UTF-8 becomes U+FFFD.
std::string utf8(std::string_view text, std::size_t most = std::string_view::npos);
/// An exception in one text: its type and its message.
std::string describe(const std::exception& error);

}  // namespace ashad::detail
