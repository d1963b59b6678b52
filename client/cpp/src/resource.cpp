// What a resource may count other than epochs: seeds or folds, time, cost. It sends nothing.

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <limits>
#include <locale>
#include <sstream>

#include "session.hpp"

namespace ashad {
namespace {

using Values = std::map<std::string, std::vector<double>>;

constexpr std::string_view kPrefix = "ashad:replicates:";
constexpr std::size_t kLongest = 4096;  // characters of a checkpoint
constexpr double kRounding = 1e-9;      // of a unit: ten times 0.1 is one
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

std::string text_of(double number) {
  std::ostringstream text;
  text.imbue(std::locale::classic());
  text << number;
  return text.str();
}

std::vector<std::string> split(std::string_view text, char at) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == at)
      parts.emplace_back();
    else
      parts.back() += c;
  }
  return parts;
}

// Whatever the locale of the program says. NaN, infinities, or what a stream reads to its end.
std::optional<double> number_in(const std::string& text) {
  if (text == "NaN") return kNaN;
  if (text == "Infinity") return kInfinity;
  if (text == "-Infinity") return -kInfinity;
  std::istringstream stream(text);
  stream.imbue(std::locale::classic());
  double number = 0;
  if (!(stream >> number) || stream.peek() != std::istringstream::traits_type::eof()) return {};
  return number;
}

// The shortest of 15 to 17 digits that reads the same.
std::string exact(double number) {
  if (std::isnan(number)) return "NaN";
  if (std::isinf(number)) return number > 0 ? "Infinity" : "-Infinity";
  std::string text;
  for (int digits = 15; digits <= 17; ++digits) {
    std::ostringstream stream;
    stream.imbue(std::locale::classic());
    stream << std::setprecision(digits) << number;
    text = stream.str();
    if (number_in(text) == number) break;
  }
  return text;
}

// A name in which only letters, digits and _.- are themselves, and other bytes are %XX.
std::string quoted(const std::string& name) {
  static constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string text;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (kPlain.find(c) != std::string_view::npos)
      text += c;
    else
      text += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
  }
  return text;
}

std::optional<std::string> unquoted(const std::string& text) {
  static constexpr std::string_view kDigits = "0123456789ABCDEFabcdef";
  std::string name;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      name += text[i];
      continue;
    }
    const std::string digits = text.substr(i + 1, 2);
    if (digits.size() < 2 || digits.find_first_not_of(kDigits) != std::string::npos) return {};
    name += static_cast<char>(std::stoi(digits, nullptr, 16));
    i += 2;
  }
  return name;
}

// The checkpoint: ashad:replicates:error=1,2;loss=0.5,NaN
std::string written(const Values& values) {
  std::string text(kPrefix);
  const char* before = "";
  for (const auto& [name, many] : values) {
    text += std::exchange(before, ";") + quoted(name);
    char sign = '=';
    for (const double number : many) text += std::exchange(sign, ',') + exact(number);
  }
  return text;
}

// The values in a checkpoint; none where it is of another kind.
Values read(std::string_view checkpoint) {
  Values values;
  if (checkpoint.substr(0, kPrefix.size()) != kPrefix) return {};
  for (const auto& one : split(checkpoint.substr(kPrefix.size()), ';')) {
    const auto sign = one.find('=');
    const auto name = unquoted(one.substr(0, sign));
    if (sign == std::string::npos || !name) return {};
    for (const auto& text : split(one.substr(sign + 1), ',')) {
      const auto number = number_in(text);
      if (!number) return {};
      values[*name].push_back(*number);
    }
  }
  return values;
}

// The sum with what each step loses kept apart (Neumaier, 1974), so that ten tenths are one.
double mean(const std::vector<double>& many) {
  double sum = 0, lost = 0;
  for (const double value : many) {
    const double next = sum + value;
    lost += std::abs(sum) >= std::abs(value) ? (sum - next) + value : (value - next) + sum;
    sum = next;
  }
  return std::isfinite(sum) ? (sum + lost) / static_cast<double>(many.size()) : sum;
}

}  // namespace

// --- Replicates ---

Replicates::Replicates(const detail::Attempt& attempt, std::optional<double> quantile)
    : study_(attempt.assignment.study()), quantile_(quantile) {
  if (quantile && !(*quantile >= 0 && *quantile <= 1))
    throw detail::invalid("quantile: a number from 0 to 1, not " + text_of(*quantile));
  const auto start = attempt.assignment.start_resource();
  if (start == 0) return;
  values_ = read(attempt.assignment.resume_checkpoint_uri());
  const auto complete = [&](const auto& one) {
    return static_cast<std::int64_t>(one.second.size()) == start;
  };
  if (values_.empty() || !std::all_of(values_.begin(), values_.end(), complete))
    throw detail::invalid("replicates: the trial goes on after " + std::to_string(start) +
                          ", and its checkpoint has not so many values: report each replicate "
                          "with what add returns");
}

std::int64_t Replicates::seed(std::int64_t number) const {
  std::uint64_t mixed = 0xcbf29ce484222325;
  for (const char c : study_ + "/" + std::to_string(number))
    mixed = (mixed ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9;
  mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111eb;
  return static_cast<std::int64_t>((mixed ^ mixed >> 31) >> 33);
}

Replicates::Told Replicates::add(const Metrics& metrics) {
  Values kept = values_;
  for (const auto& [name, value] : metrics) kept[name].push_back(value);
  const std::size_t count = values_.empty() ? 1 : values_.begin()->second.size() + 1;
  const auto complete = [&](const auto& one) { return one.second.size() == count; };
  if (metrics.empty() || !std::all_of(kept.begin(), kept.end(), complete)) {
    std::string due;
    for (const auto& one : values_) due += (due.empty() ? "" : ", ") + one.first;
    throw detail::invalid("add: each replicate has the same metrics, each once: " +
                          (due.empty() ? "at least one" : due));
  }
  std::string checkpoint = written(kept);
  if (checkpoint.size() > kLongest)
    throw detail::invalid(
        "add: the values of " + std::to_string(count) +
        " replicates are too many to be kept: " + std::to_string(checkpoint.size()) + " of " +
        std::to_string(kLongest) + " characters; report fewer metrics");
  values_ = std::move(kept);
  Told told{{}, std::move(checkpoint)};
  for (const auto& [name, many] : values_) told.metrics.emplace_back(name, of(many));
  return told;
}

double Replicates::of(std::vector<double> many) const {
  if (std::any_of(many.begin(), many.end(), [](double value) { return std::isnan(value); }))
    return kNaN;
  if (!quantile_) return mean(many);
  std::sort(many.begin(), many.end());
  const double place = *quantile_ * static_cast<double>(many.size() - 1);
  const auto low = static_cast<std::size_t>(place);
  const double share = place - static_cast<double>(low);
  return share == 0 ? many[low] : many[low] * (1 - share) + many[low + 1] * share;
}

// --- Meter ---

Meter::Meter(std::shared_ptr<detail::Session> session, std::shared_ptr<detail::Attempt> attempt,
             double unit, std::int64_t every, std::optional<Clock::time_point> began)
    : session_(std::move(session)),
      attempt_(std::move(attempt)),
      unit_(unit),
      every_(every),
      began_(began) {
  if (!(unit > 0) || std::isinf(unit))
    throw detail::invalid("unit: a finite number above 0, not " + text_of(unit));
  if (every < 1)
    throw detail::invalid("every: a whole number of units, at least 1, not " +
                          std::to_string(every));
}

void Meter::add(double amount) {
  if (began_)
    throw detail::invalid("add: a clock counts by itself; trial.meter(...) is what is added to");
  if (!(amount >= 0) || std::isinf(amount))
    throw detail::invalid("add: a finite number, at least 0, not " + text_of(amount));
  spent_ += amount;
}

std::int64_t Meter::resource() const {
  const double spent = began_ ? Seconds(Clock::now() - *began_).count() : spent_;
  const auto start = attempt_->assignment.start_resource();
  const auto left = static_cast<double>(attempt_->assignment.target_resource() - start);
  return start + static_cast<std::int64_t>(std::min(std::floor(spent / unit_ + kRounding), left));
}

bool Meter::due() const {
  const auto here = resource();
  const detail::Turn turn(*session_);
  const auto last = attempt_->position;
  return here >= last + every_ || (here == attempt_->assignment.target_resource() && here > last);
}

}  // namespace ashad
