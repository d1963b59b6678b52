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

bool names_scheme(std::string_view address) {
  for (const char* start : {"dns:", "ipv4:", "ipv6:", "unix:", "unix-abstract:"})
    if (begins(address, start)) return true;
  return false;
}

std::string target(const std::string& address) {
  const auto scheme = address.substr(0, address.find("://"));
  const bool known = scheme == "dns" || scheme == "ipv4" || scheme == "ipv6" || scheme == "unix";
  if (scheme != address && !known)
    throw invalid("address: host:port without " + scheme + "://, please: " + address);
  if (names_scheme(address)) return address;
  const bool portless = address.back() == ']' || address.find(':') == std::string::npos;
  std::string whole = portless ? address + ":" + std::string(kPort) : address;
  const std::string port = whole.substr(whole.rfind(':') + 1);
  const bool digits =
      !port.empty() && port.size() < 9 && port.find_first_not_of("0123456789") == std::string::npos;
  const int number = digits ? std::stoi(port) : 0;
  if (number < 1 || number > 65'535)
    throw invalid("address: \"" + address + "\" has no port from 1 to 65535");
  return whole;
}

auto twice(const std::string& addresses, const std::string& one) {
  return invalid("address: \"" + addresses + "\" names " + one + " twice: give each daemon once");
}

// Each address as gRPC calls it, the port filled in.
std::string targets(const std::string& addresses) {
  std::vector<std::string> found;
  std::string joined;
  for (std::string one : split_targets(addresses)) {
    one.erase(0, std::min(one.find_first_not_of(' '), one.size()));
    one.erase(one.find_last_not_of(' ') + 1);  // npos + 1 is 0
    if (one.empty()) throw invalid("address: \"" + addresses + "\" names none between two commas");
    one = target(one);
    if (std::find(found.begin(), found.end(), one) != found.end()) throw twice(addresses, one);
    if (!joined.empty()) joined += ',';
    joined += one;
    found.push_back(one);
  }
  return joined;
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
  options.address = targets(options.address);
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

std::vector<std::string> split_targets(const std::string& addresses) {
  if (names_scheme(addresses)) return {addresses};
  std::vector<std::string> found;
  for (std::size_t from = 0, comma = 0; comma != std::string::npos; from = comma + 1) {
    comma = addresses.find(',', from);
    found.push_back(addresses.substr(from, comma - from));
  }
  return found;
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
