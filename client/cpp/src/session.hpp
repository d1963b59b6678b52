// One client inside: the trial it holds, the outbox that keeps the order, and the thread that keeps
// both alive. `post.cpp` is the way to the daemon, `session.cpp` what is said on it.
//
// Whatever an attempt has to say goes through one outbox, by one sender at a time. It is empty
// while the daemon is there; the first try that fails leaves its item in it, and from then on
// training goes on while the items wait. Nothing is dropped before `outage` is over, but for what
// comes after the daemon's own STOP, PAUSE or refusal.
#pragma once

#include <ashad/client.hpp>
#include <condition_variable>
#include <deque>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "channel.hpp"
#include "settings.hpp"

namespace ashad::detail {

using Time = std::chrono::time_point<std::chrono::steady_clock, Seconds>;
constexpr Time kNever{Seconds{std::numeric_limits<double>::infinity()}};
constexpr Seconds kTry{30}, kShortTry{5};  // one try; of Heartbeat and ShouldStop
constexpr Seconds kAwayTry{2};             // ... where nobody is to be held up

inline Time now() { return std::chrono::steady_clock::now(); }

/// The state of the trial that a client holds. What is not const is read and changed under the
/// lock.
struct Attempt {
  explicit Attempt(v1::Assignment assignment);

  /// Whether there is nothing more to train or to say in this attempt.
  bool over() const { return decision.should_stop(); }
  /// Whether the daemon may still take it for running.
  bool open() const { return told || !over(); }
  /// Ends it from this side.
  void end(const std::string& reason);
  /// Takes in a decision of the daemon; returns whether it ends the attempt.
  bool take(const v1::Decision& message);
  /// The resource to train after `step`; 0 where there is none.
  std::int64_t step_after(std::int64_t step) const;
  std::string name() const;
  /// A request with the key of this attempt in it.
  template <class Request>
  Request request() const {
    Request made;
    made.set_study(assignment.study());
    made.set_trial(assignment.trial());
    made.set_attempt(assignment.attempt());
    made.set_lease_token(assignment.lease_token());
    return made;
  }

  const v1::Assignment assignment;
  const Params params;
  const Seconds heartbeat;
  std::int64_t position;
  bool told = false;  // a heartbeat brought the stop: the daemon still waits to hear from us
  Decision decision;
};
using AttemptPtr = std::shared_ptr<Attempt>;

/// One call that must reach the daemon, in its place in the order.
struct Item {
  std::string name() const;

  AttemptPtr attempt;
  const char* rpc;
  Call call;
  std::shared_ptr<v1::ReportResponse> report;  // where the decision arrives; none: it is an end
  std::int64_t resource = 0;
  bool answered = false;
};
using ItemPtr = std::shared_ptr<Item>;

enum class Ending { kCompleted, kFailed, kInfeasible, kReleased };

/// The error for a call in a forked child.
Error forked();

class Session;

/// The lock of a session. It is never held while a call is on its way, anybody waits, or a line is
/// logged. Throws `Error` WORKER_FORKED in a child of the process that made the session.
class Turn {
 public:
  explicit Turn(Session& session);
  ~Turn();
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

  /// Runs it without the lock.
  template <class Function>
  void apart(Function function) {
    release();
    function();
    lock_.lock();
  }
  /// Waits until the bell rings, at most so long.
  void nap(Seconds seconds);

 private:
  void release();

  Session& session_;
  std::unique_lock<std::mutex> lock_;
};

class Session : public std::enable_shared_from_this<Session> {
 public:
  explicit Session(Options settled);

  AttemptPtr suggest(const std::string& study, std::optional<Seconds> timeout);
  Decision report(const AttemptPtr& attempt, std::int64_t resource, const Metrics& metrics,
                  const std::string& checkpoint);
  void settle(const AttemptPtr& attempt, Ending ending, const std::string& message = {});
  bool should_stop(const AttemptPtr& attempt);
  bool ask_stop(const std::string& study, std::int64_t trial, std::int32_t attempt);
  void close();
  bool foreign() const;  // whether this process was forked from the one that made it
  void note(Level level, std::string line);  // from outside of a turn

  /// Makes a call about a study, retries included.
  template <class Request, class Answer>
  Answer ask_study(grpc::Status (Tool::*method)(grpc::ClientContext*, const Request&, Answer*),
                   const Request& request) {
    Turn turn(*this);
    auto answer = std::make_shared<Answer>();
    ask(turn, channel_.bind(method, request, answer), kTry, now() + options.call_timeout);
    return std::move(*answer);
  }

  const Options options;

 private:
  friend class Turn;

  // session.cpp
  v1::SuggestResponse suggest_once(Turn& turn, const std::string& study, Time deadline);
  v1::SuggestResponse request(Turn& turn, Seconds wait, Time deadline);
  void take_back(Turn& turn, Time deadline);
  void take_back_last(Turn& turn);
  AttemptPtr hold(AttemptPtr attempt);
  ItemPtr ending(const AttemptPtr& attempt, Ending kind, const std::string& message = {}) const;
  void settle(Turn& turn, const AttemptPtr& attempt, Ending ending, const std::string& message);
  void keep();
  void keep(Turn& turn);
  void beat(Turn& turn);
  bool alive() const { return held_ != nullptr && !held_->over(); }

  // post.cpp
  void check_open() const;
  void ask(Turn& turn, const Call& call, Seconds one_try, Time deadline);
  std::optional<Failure> send(Turn& turn, const Call& call, Seconds timeout, bool wait,
                              bool queued = false);
  void hang_up(bool queued);
  std::optional<Failure> deliver(Turn& turn, const ItemPtr& item);
  void send_head(Turn& turn, Time deadline);
  template <class Done>
  void drive(Turn& turn, Done done, Time deadline);
  void sleep(Turn& turn, Seconds seconds);
  void put(const ItemPtr& item);
  void answered(const ItemPtr& item);
  bool taken_over(const Failure& failure);
  bool gone(const Item& item, const Failure& failure);
  void refused(const Item& item, const Failure& failure);
  void over(const AttemptPtr& attempt);
  void reached();
  void unreached(const Failure& failure);
  Error unreachable(const Failure& last) const;
  Seconds timeout(Seconds one_try, Time deadline) const;
  bool away() const { return away_since_.has_value(); }
  bool outage_is_over() const { return away() && now() - *away_since_ >= options.outage; }
  void log(Level level, std::string line) { lines_.emplace_back(level, std::move(line)); }
  void ring();

  Channel channel_;
  const int process_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t bell_ = 0;                            // counts what others may be waiting for
  std::vector<std::pair<Level, std::string>> lines_;  // written when the lock is given up
  std::map<grpc::ClientContext*, bool> under_way_;    // calls; whether of the outbox
  int hung_up_ = 0;                                   // so often

  AttemptPtr held_;
  bool asking_ = false;                           // a Suggest is under way
  std::optional<v1::SuggestRequest> unanswered_;  // ... or its answer is not known
  bool closing_ = false, closed_ = false;
  Time beat_at_{};
  std::thread keeper_;

  std::deque<ItemPtr> outbox_;
  bool sending_ = false;
  Time retry_at_{};
  std::optional<Time> away_since_;
  int failures_ = 0;
};

/// Works off the outbox until `done`, until nothing is in it or on its way, `deadline`, or the end.
template <class Done>
void Session::drive(Turn& turn, Done done, Time deadline) {
  while (!done() && !closed_ && (sending_ || !outbox_.empty()) && now() < deadline) {
    if (sending_)
      turn.nap(deadline - now());
    else if (now() < retry_at_)
      turn.nap(std::min(retry_at_, deadline) - now());
    else
      send_head(turn, deadline);
  }
}

/// A configuration in native types.
Params native(const google::protobuf::RepeatedPtrField<v1::Parameter>& parameters);

}  // namespace ashad::detail
