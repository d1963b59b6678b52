// The way to the daemon, which comes and goes: retries, the outbox, and the lock around them.

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "session.hpp"

namespace ashad::detail {
namespace {

constexpr Seconds kFirstBackoff{0.5}, kLastBackoff{20}, kLongestNap{3600};

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
  const Time end = now() + timeout;
  const int hung_up = hung_up_;
  std::optional<Failure> failure;
  for (const std::size_t at : channel_.round()) {
    grpc::ClientContext context;
    under_way_.emplace(&context, queued);
    turn.apart([&] { failure = channel_.send(call, at, context, end - now(), wait); });
    under_way_.erase(&context);
    if (!failure || !channel_.passes_on(*failure, at) || now() >= end || hung_up != hung_up_) break;
  }
  return failure;
}

void Session::hang_up(bool queued) {
  ++hung_up_;
  for (const auto& [context, is_queued] : under_way_)
    if (queued || !is_queued) context->TryCancel();
}

void Session::ask(Turn& turn, const Call& call, Seconds one_try, Time deadline) {
  for (int failures = 1;; ++failures) {
    check_open();
    const auto failure = send(turn, call, timeout(one_try, deadline), away());
    if (!failure) return reached();
    check_open();
    if (taken_over(*failure)) {
      drive(
          turn, [] { return false; }, deadline);
      continue;
    }
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
    answered(item);
  } else if (failure->taken_over()) {
    outbox_.push_front(item);
    taken_over(*failure);
    failure.reset();
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
  if (failure && taken_over(*failure)) return;
  reached();
  // A heartbeat may have ended the attempt meanwhile, and so dropped the item.
  if (!outbox_.empty() && outbox_.front() == item) outbox_.pop_front();
  if (!failure)
    answered(item);
  else if (!gone(*item, *failure))
    refused(*item, *failure);
}

void Session::answered(const ItemPtr& item) {
  const bool again = std::exchange(item->answered, true);
  channel_.epoch.remember(item);
  if (!item->report) return;
  const AttemptPtr& attempt = item->attempt;
  const auto theirs = [&](const ItemPtr& left) { return left->attempt == attempt; };
  if (attempt->take(item->report->decision()))
    over(attempt);
  else if (again && attempt->over() && std::none_of(outbox_.begin(), outbox_.end(), theirs))
    // The daemon that is no more had stopped it; nobody trains it now.
    put(ending(attempt, Ending::kReleased));
}

// Whether a standby took over; what it may not know then goes before all that waits.
bool Session::taken_over(const Failure& failure) {
  if (!failure.taken_over()) return false;
  reached();
  const auto again = channel_.epoch.change(failure.epoch);
  if (again.empty()) return true;
  log(Level::kWarning, "epoch " + std::to_string(failure.epoch) +
                           ": a standby took over; said again: " + std::to_string(again.size()));
  outbox_.insert(outbox_.begin(), again.begin(), again.end());
  ring();
  return true;
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
