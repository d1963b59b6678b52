// ashad: asks an ashad daemon for configurations, reports metrics, hears when to stop.
//
//   ashad::Client client = ashad::connect();              // ASHAD_ADDRESS or 127.0.0.1:2742
//   for (auto& trial : client.trials("digits")) {         // ends when the study is finished
//     auto model = build(trial.params());
//     for (auto epoch : trial.steps())                    // ends when told to stop
//       trial.report(epoch, train_one_epoch(model));
//   }
//
// Training goes on through an outage of the daemon; a stop never throws. No type of gRPC is seen
// here. The calls about studies return messages of the contract: include <ashad/v1/ashad.pb.h> to
// read them.
#pragma once

#include <algorithm>
#include <ashad/resource.hpp>
#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <initializer_list>
#include <iterator>
#include <limits>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace ashad {

namespace v1 {
class ExplainTrialResponse;
class ParameterSpec;
class StoredReport;
class Study;
class StudyLimits;
class StudySpec;
class Trial;
}  // namespace v1

namespace detail {
class Session;
struct Attempt;
enum class Ending;
}  // namespace detail

/// The daemon refused a call, could not be reached in time, or the client was misused. What is
/// finished, waits, stops or is superseded is an answer and never an error.
class Error : public std::runtime_error {
 public:
  Error(std::string code, std::string reason, const std::string& message);

  /// Name of the gRPC status: "NOT_FOUND".
  const std::string& code() const noexcept { return code_; }
  /// Stable reason: "STUDY_NOT_FOUND"; empty where none was given.
  const std::string& reason() const noexcept { return reason_; }

 private:
  std::string code_, reason_;
};

/// One parameter, in its own type; whole numbers keep all 64 bits.
using Value = std::variant<std::int64_t, double, std::string, bool>;

/// A configuration, in the order of the space.
class Params {
 public:
  using Entry = std::pair<std::string, Value>;

  Params() = default;
  Params(std::initializer_list<Entry> entries) : entries_(entries) {}

  /// The value as a T: bool, std::string, any integer that holds it, or a floating-point type
  /// (which takes a whole number that it can hold exactly). Throws `Error` INVALID_ARGUMENT, which
  /// names the parameter and what it is.
  template <class T>
  T get(std::string_view name) const;
  /// The value. Throws `Error` INVALID_ARGUMENT where there is none of this name.
  const Value& at(std::string_view name) const;
  bool contains(std::string_view name) const noexcept;
  void add(std::string name, Value value);

  std::size_t size() const noexcept { return entries_.size(); }
  std::vector<Entry>::const_iterator begin() const noexcept { return entries_.begin(); }
  std::vector<Entry>::const_iterator end() const noexcept { return entries_.end(); }

 private:
  [[noreturn]] void misread(std::string_view name, const char* wanted, std::size_t bytes) const;

  std::vector<Entry> entries_;
};

enum class Action { kContinue, kStop, kPause };

const char* to_string(Action action) noexcept;  ///< "CONTINUE", "STOP" or "PAUSE".

/// What to do, and why.
struct Decision {
  Action action = Action::kContinue;
  /// A word of the contract (IN_TOP, BELOW_CUTOFF, MAX_RESOURCE, SUPERSEDED, ...), or of this
  /// client: UNREACHABLE (the report is queued, go on), OUTAGE (the daemon stayed away too long),
  /// or the reason of a refusal.
  std::string reason;
  std::int32_t bracket = 0;
  std::optional<std::int32_t> rung;  ///< The rung that was entered; empty: none, and no grounds.
  std::int64_t level = 0;            ///< Its resource.
  std::int64_t rank = 0;             ///< Rank in it at that moment, 1 = best,
  std::int64_t size = 0;             ///< of so many entries,
  std::int64_t quota = 0;            ///< of which so many might go on.
  std::optional<double> cutoff;      ///< The metric at rank `quota`.
  std::int64_t next_resource = 0;    ///< Where the next decision will be made; 0: nowhere.
  bool late = false;                 ///< The report came after the level that it entered.
  std::int32_t current_attempt = 0;  ///< With SUPERSEDED: who holds the trial now.

  /// True for STOP and PAUSE: leave the loop and take another trial.
  bool should_stop() const noexcept { return action != Action::kContinue; }
};

/// A trial by its best report so far or, of a front, by its latest.
struct Best {
  std::int64_t trial = 0;
  std::int64_t resource = 0;
  double value = 0;
  Params params;
  std::int64_t seed = 0;   ///< That each attempt of the trial was given.
  Metrics metrics;         ///< The others of that report.
  std::string checkpoint;  ///< Named with it; only the trial's latest is sure to be there still.
};

/// What `trial.steps()` yields: the resources still to be trained. A single pass.
class Steps {
 public:
  class iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = std::int64_t;
    using difference_type = std::ptrdiff_t;
    using pointer = const std::int64_t*;
    using reference = const std::int64_t&;

    reference operator*() const noexcept { return step_; }
    iterator& operator++();
    void operator++(int) { ++*this; }
    friend bool operator==(const iterator& a, const iterator& b) { return a.step_ == b.step_; }
    friend bool operator!=(const iterator& a, const iterator& b) { return a.step_ != b.step_; }

   private:
    friend class Steps;
    const Steps* steps_ = nullptr;
    std::int64_t step_ = 0;  // 0: the end
  };

  iterator begin() const;
  iterator end() const noexcept { return {}; }

 private:
  friend class Trial;
  Steps(std::shared_ptr<detail::Session> session, std::shared_ptr<detail::Attempt> attempt);

  std::shared_ptr<detail::Session> session_;
  std::shared_ptr<detail::Attempt> attempt_;
};

/// One attempt at one trial, held by one client. Where it leaves its scope before it has ended, an
/// exception fails it and anything else gives it back. Every method throws `Error` for a refusal.
class Trial {
 public:
  Trial(Trial&& other) noexcept;
  Trial& operator=(Trial&& other) noexcept;
  ~Trial();

  const std::string& study() const noexcept;
  std::int64_t number() const noexcept;           ///< In its study, from 0.
  std::int32_t attempt() const noexcept;          ///< Which assignment of the trial, from 1.
  const Params& params() const noexcept;          ///< The configuration.
  std::int64_t seed() const noexcept;             ///< The same for every attempt of this trial.
  const std::string& metric() const noexcept;     ///< The metric that the study judges.
  std::int64_t start_resource() const noexcept;   ///< Train from here,
  std::int64_t target_resource() const noexcept;  ///< to here at most.
  std::int64_t max_resource() const noexcept;     ///< Resource of a fully trained trial.
  const std::string& resume_checkpoint() const noexcept;  ///< At the start; empty: begin anew.
  Decision decision() const;  ///< The latest that this process knows of.

  /// The resources from where the trial stands to `target_resource`; ends early when a report or a
  /// heartbeat was answered STOP or PAUSE.
  Steps steps() const;
  /// Reports metrics after `resource` (cumulative, in the study's unit), the study's own among
  /// them, and returns the decision. `checkpoint` says where the state at this resource can be
  /// resumed from (opaque, at most 4096 characters). Blocks until the daemon has decided and stored
  /// it; while it cannot be reached the report is queued and the answer is CONTINUE, UNREACHABLE.
  Decision report(std::int64_t resource, const Metrics& metrics,
                  const std::string& checkpoint = {});
  /// The same with nothing but the study's metric.
  template <class Number, class = std::enable_if_t<std::is_arithmetic_v<Number>>>
  Decision report(std::int64_t resource, Number value, const std::string& checkpoint = {}) {
    return report(resource, Metrics{{metric(), static_cast<double>(value)}}, checkpoint);
  }
  /// A count of what is spent (samples, tokens, cost), for a resource that is no loop: `unit` of
  /// what is added is one of the study's resource, and a report is due each `every`.
  Meter meter(double unit = 1, std::int64_t every = 1) const;
  /// A meter that counts time by itself: `unit` is one of the study's resource.
  Meter clock(Seconds unit = Seconds(1), std::int64_t every = 1) const;
  /// Joins several seeds or folds, where the study's resource counts these: of as many as there are
  /// the mean is reported, or a quantile of 0 to 1. Throws `Error` where the trial goes on and its
  /// values until now are not in its checkpoint.
  Replicates replicates(std::optional<double> quantile = {}) const;
  /// Whether to leave the loop now. Asks nobody while this client keeps the trial alive.
  bool should_stop() const;

  void complete();                         ///< It ended by itself; the last report is its result.
  void fail(const std::string& message);   ///< The training broke. The message is for people.
  void fail(const std::exception& error);  ///< The same, with the type and what().
  void infeasible(const std::string& message);  ///< This configuration cannot work: replace it.
  void release();                               ///< Give it back; nothing counts as a failure.

 private:
  friend class Client;
  friend class Trials;
  Trial(std::shared_ptr<detail::Session> session, std::shared_ptr<detail::Attempt> attempt);
  void leave(detail::Ending ending, const std::string& message) noexcept;

  std::shared_ptr<detail::Session> session_;
  std::shared_ptr<detail::Attempt> attempt_;
  int exceptions_ = std::uncaught_exceptions();
};

/// What `client.trials(study)` yields: one trial after the other, until the study is finished. A
/// body that ends without a stop completes its trial. A single pass.
class Trials {
 public:
  class iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = Trial;
    using difference_type = std::ptrdiff_t;
    using pointer = Trial*;
    using reference = Trial&;

    reference operator*() const { return *trials_->current_; }
    pointer operator->() const { return &*trials_->current_; }
    iterator& operator++();
    void operator++(int) { ++*this; }
    friend bool operator==(const iterator& a, const iterator& b) { return a.trials_ == b.trials_; }
    friend bool operator!=(const iterator& a, const iterator& b) { return a.trials_ != b.trials_; }

   private:
    friend class Trials;
    Trials* trials_ = nullptr;  // none: the end
  };

  Trials(const Trials&) = delete;
  Trials& operator=(const Trials&) = delete;

  iterator begin();
  iterator end() const noexcept { return {}; }

 private:
  friend class Client;
  Trials(std::shared_ptr<detail::Session> session, std::string study);
  bool next();

  std::shared_ptr<detail::Session> session_;
  std::string study_;
  bool begun_ = false;
  std::optional<Trial> current_;
};

enum class Level { kInfo, kWarning, kError };

/// What a client is told at `connect`. What is left empty is taken from the environment, then from
/// the defaults.
struct Options {
  /// host:port, or several with commas, which are tried in turn until one answers; ASHAD_ADDRESS;
  /// 127.0.0.1:2742. Also unix:, dns:///.
  std::string address;
  std::string worker;  ///< Stable worker id, held by one process at a time; ASHAD_WORKER; unique.
  std::string ca;      ///< PEM file: TLS, verified by it; ASHAD_CA; none: no TLS.
  std::string cert, key;   ///< PEM files of a client certificate; ASHAD_CERT, ASHAD_KEY; none.
  std::string token_file;  ///< Bearer token, read for each try; ASHAD_TOKEN_FILE; none.
  Seconds outage = std::chrono::hours(24);  ///< Ride out a daemon that is away for so long.
  Seconds max_wait{30};       ///< Let the daemon hold a request for a trial so long, at most 300 s.
  Seconds close_timeout{30};  ///< Spend at most so long at the end on what is still to be sent.
  Seconds call_timeout{60};   ///< Deadline of the calls about studies, retries included.
  /// Where lines go; by default, warnings and errors to stderr. Called from any thread.
  std::function<void(Level, const std::string&)> log;
};

/// One worker's line to the daemon. It holds at most one running trial. Usable from several
/// threads, not in a forked child. Every method throws `Error`. Destruction closes it.
class Client {
 public:
  Client(Client&& other) noexcept = default;
  Client& operator=(Client&& other) noexcept;
  ~Client();

  const std::string& address() const noexcept;  ///< Where the daemon is looked for.
  const std::string& worker() const noexcept;   ///< The worker id that it gives.

  /// The loop.
  Trials trials(std::string study) &;
  /// The loop with its body in a function: an exception fails the trial with its type and message,
  /// also where nobody catches it, and goes on. `return` in the body goes to the next trial.
  void trials(const std::string& study, const std::function<void(Trial&)>& body);
  /// A trial, waiting for one; empty when the study is finished. Throws `Error` NO_TRIAL after
  /// `timeout` (default: no limit), TRIAL_HELD while this client still holds a trial.
  std::optional<Trial> suggest(const std::string& study, std::optional<Seconds> timeout = {});
  /// Asks for the stored decision: for the other ranks of a distributed job. A pure read by whoever
  /// likes; false while the daemon cannot be reached.
  bool should_stop(const std::string& study, std::int64_t trial, std::int32_t attempt);
  /// Gives back a trial that is held, sends what waits (for `close_timeout`), hangs up. Other
  /// threads are thrown out of their calls with CLIENT_CLOSED.
  void close();

  /// The same name with an equal spec is an echo; with another it is refused, and the message names
  /// what differs. `validate_only` checks and makes nothing.
  v1::Study create_study(const std::string& name, const v1::StudySpec& spec,
                         bool validate_only = false);
  v1::Study study(const std::string& name);
  std::vector<v1::Study> studies();
  /// Takes the limits that are set; with `fields` ("max_trials"), those named, and one that is not
  /// set is removed.
  v1::Study update_study(const std::string& name, const v1::StudyLimits& limits,
                         const std::vector<std::string>& fields = {});
  /// Draws new trials from another space. The parameters in `space` change or are added, all others
  /// stay as they are; `past` has the value of each added one that the trials until now had without
  /// it. Refused where someone else has changed the space meanwhile. `validate_only` only checks.
  v1::Study change_space(const std::string& name, const std::vector<v1::ParameterSpec>& space,
                         const Params& past = {}, bool validate_only = false);
  v1::Study pause_study(const std::string& name);   ///< Hands out no more trials until resumed.
  v1::Study resume_study(const std::string& name);  ///< Ends a pause.
  v1::Study stop_study(const std::string& name);    ///< For good: running trials are told to stop.
  void delete_study(const std::string& name, bool force = false);  ///< `force`: though trials run.
  /// The best result so far; empty before the first valid report. Of a study that is judged by
  /// fronts it is the best by the first objective alone: see `front`.
  std::optional<Best> best(const std::string& name);
  /// The trials that no other dominates, by the first objective: of a study with
  /// COMBINATION_PARETO, by the latest report of each trial. Empty of any other study; at most
  /// 1000.
  std::vector<Best> front(const std::string& name);
  /// Queues a configuration of your own; a parameter left out is drawn.
  v1::Trial enqueue_trial(const std::string& name, const Params& params);
  v1::Trial cancel_trial(const std::string& name, std::int64_t trial);
  v1::Trial get_trial(const std::string& name, std::int64_t trial);
  /// By number; `states` as words of the contract ("RUNNING"), empty: all.
  std::vector<v1::Trial> list_trials(const std::string& name,
                                     const std::vector<std::string>& states = {});
  /// In the order they were committed; of one trial, or of all.
  std::vector<v1::StoredReport> list_reports(const std::string& name,
                                             std::optional<std::int64_t> trial = {});
  v1::ExplainTrialResponse explain_trial(const std::string& name, std::int64_t trial);

 private:
  friend Client connect(const Options& options);
  explicit Client(std::shared_ptr<detail::Session> session);

  std::shared_ptr<detail::Session> session_;
};

/// Makes a client. It connects when first used, so this never fails for want of a daemon. Throws
/// `Error` INVALID_ARGUMENT for an option that cannot be right.
Client connect(const Options& options = {});
Client connect(const std::string& address);

template <class T>
T Params::get(std::string_view name) const {
  const Value& value = at(name);
  if constexpr (std::is_same_v<T, bool> || std::is_same_v<T, std::string>) {
    if (const T* found = std::get_if<T>(&value)) return *found;
    misread(name, std::is_same_v<T, bool> ? "bool" : "string", 0);
  } else if constexpr (std::is_integral_v<T>) {
    if (const auto* whole = std::get_if<std::int64_t>(&value)) {
      const T cut = static_cast<T>(*whole);
      if (static_cast<std::int64_t>(cut) == *whole && (cut < T{1}) == (*whole < 1)) return cut;
    }
    misread(name, std::is_signed_v<T> ? "integer" : "unsigned integer", sizeof(T));
  } else {
    static_assert(std::is_floating_point_v<T>, "a parameter is a number, a std::string or a bool");
    constexpr std::int64_t exact = std::int64_t{1} << std::min(std::numeric_limits<T>::digits, 62);
    if (const auto* real = std::get_if<double>(&value)) return static_cast<T>(*real);
    if (const auto* whole = std::get_if<std::int64_t>(&value))
      if (-exact <= *whole && *whole <= exact) return static_cast<T>(*whole);
    misread(name, "floating-point number", sizeof(T));
  }
}

}  // namespace ashad
