// What a resource may count other than epochs: seeds or folds, time, cost. Part of client.hpp.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ashad {

namespace detail {
class Session;
struct Attempt;
}  // namespace detail

using Seconds = std::chrono::duration<double>;                ///< 30s, 200ms and 24h convert to it.
using Metrics = std::vector<std::pair<std::string, double>>;  ///< NaN or infinite: diverged.

/// Several seeds or folds of one configuration, which the trial's resource counts from 1. A rung
/// compares the trials by their mean, or a quantile, over as many replicates as its level says, so
/// that a configuration that does badly with the first ones never gets the others. The values
/// travel in the checkpoint, so that a trial that is promoted, or whose worker died, goes on with
/// the next one.
class Replicates {
 public:
  /// What to report of all of them: `trial.report(number, told.metrics, told.checkpoint)`.
  struct Told {
    Metrics metrics;
    std::string checkpoint;
  };

  /// A seed for a replicate, 31 bits, the same for every trial of the study: configurations are
  /// compared under the same chance, which tells them apart sooner. FNV-1a of "STUDY/NUMBER", mixed
  /// as in SplitMix64: the same in every language.
  std::int64_t seed(std::int64_t number) const;
  /// Takes the metrics of the next replicate. Throws `Error` for one that lacks a metric of the
  /// others or has another, and where the values have no room in a checkpoint; nothing changes
  /// then.
  Told add(const Metrics& metrics);

 private:
  friend class Trial;
  Replicates(const detail::Attempt& attempt, std::optional<double> quantile);
  double of(std::vector<double> many) const;

  std::string study_;
  std::optional<double> quantile_;
  std::map<std::string, std::vector<double>> values_;
};

/// What an attempt has spent of time, cost or steps, in whole units on top of where the trial
/// stood. It only counts.
class Meter {
 public:
  /// Counts what was spent, in the caller's measure. Throws `Error` for a number that is negative
  /// or not finite, and for a clock, which counts by itself.
  void add(double amount);
  /// The resource to report now, cumulative over the trial's attempts; never beyond its
  /// `target_resource`, so that nothing is refused for being a second too long.
  std::int64_t resource() const;
  /// Whether a report is due: `every` units since the last one, or the target is reached.
  bool due() const;

 private:
  friend class Trial;
  using Clock = std::chrono::steady_clock;
  Meter(std::shared_ptr<detail::Session> session, std::shared_ptr<detail::Attempt> attempt,
        double unit, std::int64_t every, std::optional<Clock::time_point> began);

  std::shared_ptr<detail::Session> session_;
  std::shared_ptr<detail::Attempt> attempt_;
  double unit_;
  std::int64_t every_;
  double spent_ = 0;
  std::optional<Clock::time_point> began_;
};

}  // namespace ashad
