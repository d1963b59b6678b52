// What a client says to the daemon: asks for a trial, reports, ends it, keeps it alive.

#include "session.hpp"

#include <unistd.h>

#include <algorithm>

namespace ashad::detail {
namespace {

constexpr Seconds kGrace{5};
constexpr Seconds kNoHeartbeat{15}, kNoDelay{1};  // where a daemon names none
constexpr std::size_t kMessageLimit = 4096;

Seconds seconds(const google::protobuf::Duration& span) {
  return Seconds{static_cast<double>(span.seconds()) + span.nanos() * 1e-9};
}

Value native(const v1::ParameterValue& value) {
  switch (value.kind_case()) {
    case v1::ParameterValue::kIntValue: return value.int_value();
    case v1::ParameterValue::kDoubleValue: return value.double_value();
    case v1::ParameterValue::kStringValue: return value.string_value();
    case v1::ParameterValue::kBoolValue: return value.bool_value();
    default:
      throw invalid("the daemon sent a parameter of a kind this client does not know: upgrade");
  }
}

Decision read(const v1::Decision& message) {
  Decision decision;
  // An action added to the contract later must not end a training that an old client runs.
  if (message.action() == v1::ACTION_STOP) decision.action = Action::kStop;
  if (message.action() == v1::ACTION_PAUSE) decision.action = Action::kPause;
  decision.reason = message.reason();
  decision.bracket = message.bracket();
  if (message.has_rung()) decision.rung = message.rung();
  decision.level = message.level();
  decision.rank = message.rank();
  decision.size = message.size();
  decision.quota = message.quota();
  if (message.has_cutoff()) decision.cutoff = message.cutoff();
  decision.next_resource = message.next_resource();
  decision.late = message.late();
  decision.current_attempt = message.current_attempt();
  return decision;
}

std::string checked(const char* field, const std::string& text) {
  if (utf8(text) != text) throw invalid(std::string(field) + ": UTF-8, please");
  return text;
}

Error out_of_time(const std::string& study, const std::string& why) {
  return {"DEADLINE_EXCEEDED", "NO_TRIAL", "no trial of " + study + " in the time given: " + why};
}

// Whether the daemon refused: nothing was handed out.
bool decided(const Error& error) {
  const std::string& reason = error.reason();
  return reason != "UNREACHABLE" && reason != "CLIENT_CLOSED" && reason.compare(0, 4, "TLS_") != 0;
}

const char* word(Ending ending) {
  switch (ending) {
    case Ending::kCompleted: return "COMPLETED";
    case Ending::kFailed: return "FAILED";
    case Ending::kInfeasible: return "INFEASIBLE";
    default: return "RELEASED";
  }
}

}  // namespace

Params native(const google::protobuf::RepeatedPtrField<v1::Parameter>& parameters) {
  Params params;
  for (const auto& parameter : parameters) params.add(parameter.name(), native(parameter.value()));
  return params;
}

// --- an attempt ---

Attempt::Attempt(v1::Assignment message)
    : assignment(std::move(message)),
      params(native(assignment.params())),
      heartbeat(
          assignment.heartbeat_interval().seconds() + assignment.heartbeat_interval().nanos() > 0
              ? seconds(assignment.heartbeat_interval())
              : kNoHeartbeat),
      position(assignment.start_resource()) {
  decision.next_resource = assignment.next_resource();
}

void Attempt::end(const std::string& reason) {
  Decision ended;
  ended.action = Action::kStop;
  ended.reason = reason;
  decision = std::move(ended);
  told = false;
}

bool Attempt::take(const v1::Decision& message) {
  Decision taken = read(message);
  const bool stop = taken.should_stop();
  told = false;
  if (stop || !over()) decision = std::move(taken);  // a late CONTINUE reopens nothing
  return stop;
}

std::int64_t Attempt::step_after(std::int64_t step) const {
  const std::int64_t next = std::max(step, position) + 1;
  return over() || next > assignment.target_resource() ? 0 : next;
}

std::string Attempt::name() const {
  return "trial " + assignment.study() + "/" + std::to_string(assignment.trial()) + " (attempt " +
         std::to_string(assignment.attempt()) + ")";
}

std::string Item::name() const {
  return std::string(rpc) + " of " + attempt->name() +
         (report ? " at " + std::to_string(resource) : "");
}

// --- asking for work ---

Session::Session(Options settled)
    : options(std::move(settled)), channel_(options), process_(getpid()) {}

AttemptPtr Session::suggest(const std::string& study, std::optional<Seconds> timeout) {
  Turn turn(*this);
  check_open();
  if (asking_ || alive())
    throw misuse("TRIAL_HELD",
                 "this client still holds " + (alive() ? held_->name() : "a request for a trial") +
                     ", and a worker id stands for one running trial: finish it first, "
                     "or connect a second client");
  if (!keeper_.joinable()) keeper_ = std::thread([self = shared_from_this()] { self->keep(); });
  asking_ = true;
  const std::unique_ptr<Session, void (*)(Session*)> asked(this, [](Session* self) {
    self->asking_ = false;
    self->ring();
  });
  if (held_) settle(turn, held_, Ending::kReleased, {});
  const Time deadline = timeout ? now() + *timeout : kNever;
  // What is still to be said of the last trial comes first, or it would come back to us.
  drive(
      turn, [] { return false; }, deadline);
  if (unanswered_ && unanswered_->study() != study) take_back(turn, deadline);
  for (;;) {
    v1::SuggestResponse answer = suggest_once(turn, study, deadline);
    if (answer.has_assignment())
      return hold(std::make_shared<Attempt>(std::move(*answer.mutable_assignment())));
    if (answer.has_finished()) {
      log(Level::kInfo, "study " + study + " is finished: " + answer.finished().reason());
      return nullptr;
    }
    const Seconds named = seconds(answer.wait().delay());
    const Seconds delay = named.count() > 0 ? named : kNoDelay;
    if (now() + delay > deadline) throw out_of_time(study, answer.wait().reason());
    sleep(turn, delay);
  }
}

v1::SuggestResponse Session::suggest_once(Turn& turn, const std::string& study, Time deadline) {
  check_open();
  const Seconds left = deadline - now();
  if (left.count() <= 0 || !outbox_.empty()) throw out_of_time(study, "the daemon is away");
  const Seconds wait = std::min(options.max_wait, left);
  if (!unanswered_) {
    v1::SuggestRequest request;
    request.set_study(checked("study", study));
    request.set_worker(options.worker);
    request.set_request_id(uuid());
    unanswered_ = std::move(request);
  }
  return request(turn, wait, deadline);
}

// Makes the request whose answer is not known; it is the same until it is. With another key the
// daemon would take its worker for one that was started anew, and the trial that it may have handed
// out would be one that nobody trains.
v1::SuggestResponse Session::request(Turn& turn, Seconds wait, Time deadline) {
  const auto nanos = std::chrono::duration_cast<std::chrono::nanoseconds>(wait).count();
  unanswered_->mutable_max_wait()->set_seconds(nanos / 1'000'000'000);
  unanswered_->mutable_max_wait()->set_nanos(static_cast<std::int32_t>(nanos % 1'000'000'000));
  const auto answer = std::make_shared<v1::SuggestResponse>();
  try {
    // Some grace, so as not to hang up on an answer: it may be a trial.
    ask(turn, channel_.bind(&Work::Suggest, *unanswered_, answer), kTry + wait, deadline + kGrace);
  } catch (const Error& error) {
    if (decided(error)) unanswered_.reset();
    throw;
  }
  unanswered_.reset();
  return std::move(*answer);
}

// Gives back what a request was answered with that nobody waits for any more.
void Session::take_back(Turn& turn, Time deadline) {
  v1::SuggestResponse answer;
  try {
    answer = request(turn, Seconds{0}, deadline);
  } catch (const Error& error) {
    if (decided(error)) return;
    throw;
  }
  if (answer.has_assignment())
    settle(turn, std::make_shared<Attempt>(std::move(*answer.mutable_assignment())),
           Ending::kReleased, {});
}

// The same at the end, where nobody waits long for that.
void Session::take_back_last(Turn& turn) {
  unanswered_->clear_max_wait();
  const auto answer = std::make_shared<v1::SuggestResponse>();
  const Call call = channel_.bind(&Work::Suggest, *unanswered_, answer);
  if (send(turn, call, kAwayTry, false) || !answer->has_assignment()) return;
  try {
    put(ending(std::make_shared<Attempt>(answer->assignment()), Ending::kReleased));
  } catch (const Error&) {  // of a kind that this client does not know: its lease runs out
  }
}

AttemptPtr Session::hold(AttemptPtr attempt) {
  if (closing_) {  // too late: it goes back with the rest
    put(ending(attempt, Ending::kReleased));
    check_open();
  }
  held_ = std::move(attempt);
  beat_at_ = now() + held_->heartbeat;
  ring();
  log(Level::kInfo, held_->name() + " begins at " + std::to_string(held_->position));
  return held_;
}

bool Session::ask_stop(const std::string& study, std::int64_t trial, std::int32_t attempt) try {
  Turn turn(*this);
  v1::ShouldStopRequest request;
  request.set_study(checked("study", study));
  request.set_trial(trial);
  request.set_attempt(attempt);
  const auto answer = std::make_shared<v1::ShouldStopResponse>();
  ask(turn, channel_.bind(&Work::ShouldStop, std::move(request), answer), kShortTry,
      now() + kShortTry);
  return answer->should_stop();
} catch (const Error& error) {
  if (error.reason() == "UNREACHABLE") return false;
  throw;
}

// --- the life of an attempt ---

Decision Session::report(const AttemptPtr& attempt, std::int64_t resource, const Metrics& metrics,
                         const std::string& checkpoint) {
  Turn turn(*this);
  if (resource < 0)
    throw invalid("resource: a whole number from 0, not " + std::to_string(resource));
  if (metrics.empty())
    throw invalid("report at least the metric of the study: " + attempt->assignment.metric());
  auto request = attempt->request<v1::ReportRequest>();
  request.set_resource(resource);
  request.set_checkpoint_uri(checked("checkpoint", checkpoint));
  for (const auto& [name, value] : metrics) {
    auto* metric = request.add_metrics();
    metric->set_name(checked("name of a metric", name));
    metric->set_value(value);
  }
  if (!attempt->open()) return attempt->decision;
  check_open();
  auto answer = std::make_shared<v1::ReportResponse>();
  const auto item = std::make_shared<Item>(
      Item{attempt, "Report", channel_.bind(&Work::Report, std::move(request), answer), answer,
           resource});
  const auto failure = deliver(turn, item);
  if (failure && !attempt->over()) throw failure->error();
  attempt->position = std::max(attempt->position, resource);
  // Back already, with a queue to work off: wait for our turn, or it never ends.
  if (!item->answered)
    drive(
        turn, [&] { return item->answered || attempt->over() || away(); }, now() + kTry);
  if (item->answered || attempt->over()) return attempt->decision;
  Decision queued;
  queued.reason = "UNREACHABLE";
  return queued;
}

bool Session::should_stop(const AttemptPtr& attempt) {
  {
    Turn turn(*this);
    if (attempt->over() || held_ == attempt) return attempt->over();
  }
  const v1::Assignment& key = attempt->assignment;
  return ask_stop(key.study(), key.trial(), key.attempt());
}

ItemPtr Session::ending(const AttemptPtr& attempt, Ending kind, const std::string& message) const {
  const auto item = [&](const char* name, Call call) {
    return std::make_shared<Item>(Item{attempt, name, std::move(call), nullptr});
  };
  if (kind == Ending::kCompleted)
    return item("CompleteTrial",
                channel_.bind(&Work::CompleteTrial, attempt->request<v1::CompleteTrialRequest>(),
                              std::make_shared<v1::CompleteTrialResponse>()));
  if (kind == Ending::kReleased)
    return item("ReleaseTrial",
                channel_.bind(&Work::ReleaseTrial, attempt->request<v1::ReleaseTrialRequest>(),
                              std::make_shared<v1::ReleaseTrialResponse>()));
  auto request = attempt->request<v1::FailTrialRequest>();
  request.set_kind(kind == Ending::kFailed ? v1::FAILURE_KIND_ERROR : v1::FAILURE_KIND_INFEASIBLE);
  request.set_message(utf8(message, kMessageLimit));
  return item("FailTrial", channel_.bind(&Work::FailTrial, std::move(request),
                                         std::make_shared<v1::FailTrialResponse>()));
}

void Session::settle(const AttemptPtr& attempt, Ending kind, const std::string& message) {
  Turn turn(*this);
  settle(turn, attempt, kind, message);
}

// Ends an attempt from this side, once; a refusal is logged, since training is over.
void Session::settle(Turn& turn, const AttemptPtr& attempt, Ending kind,
                     const std::string& message) {
  if (attempt->open()) {
    check_open();
    const bool told = attempt->over();  // then nothing more is trained
    const ItemPtr item = ending(attempt, told ? Ending::kReleased : kind, message);
    attempt->end(told ? attempt->decision.reason : word(kind));
    if (const auto failure = deliver(turn, item))
      log(Level::kWarning, item->name() + " was refused: " + failure->error().what());
  }
  if (held_ == attempt) {
    held_.reset();
    ring();
  }
}

// --- background and end ---

void Session::keep() {
  for (;;) {
    try {
      Turn turn(*this);
      if (closed_) return;
      keep(turn);
    } catch (const std::exception& error) {
      note(Level::kError, std::string("the keeper stumbled, and goes on: ") + error.what());
      std::this_thread::sleep_for(std::chrono::seconds(1));
    }
  }
}

void Session::keep(Turn& turn) {
  const bool waits = !sending_ && !outbox_.empty();
  if (waits && now() >= retry_at_)
    send_head(turn, kNever);
  else if (alive() && now() >= beat_at_)
    beat(turn);
  else
    turn.nap(std::min(alive() ? beat_at_ : kNever, waits ? retry_at_ : kNever) - now());
}

void Session::beat(Turn& turn) {
  const AttemptPtr attempt = held_;
  beat_at_ = now() + attempt->heartbeat;
  const auto answer = std::make_shared<v1::HeartbeatResponse>();
  const auto failure =
      send(turn, channel_.bind(&Work::Heartbeat, attempt->request<v1::HeartbeatRequest>(), answer),
           kShortTry, false);
  if (failure && failure->unheard()) return unreached(*failure);
  if (failure && taken_over(*failure)) {
    beat_at_ = now();  // behind what is said again
    return;
  }
  reached();
  if (failure) {
    log(Level::kWarning,
        "heartbeat of " + attempt->name() + " was refused: " + failure->error().what());
    if (failure->code != "NOT_FOUND" || attempt->over()) return;
    attempt->end(failure->reason.empty() ? failure->code : failure->reason);
    return over(attempt);
  }
  // Only an end is news: a CONTINUE may be older than the report that is under way.
  if (attempt->over() || !read(answer->decision()).should_stop()) return;
  attempt->take(answer->decision());
  attempt->told = attempt->decision.reason != "SUPERSEDED";
  if (!attempt->told) over(attempt);
  ring();
}

void Session::note(Level level, std::string line) {
  Turn turn(*this);
  log(level, std::move(line));
}

void Session::close() {
  std::thread keeper;
  {
    Turn turn(*this);
    if (closing_) return;
    closing_ = true;
    hang_up(false);
    ring();
    const Time deadline = now() + options.close_timeout;
    if (held_ && held_->open()) {
      put(ending(held_, Ending::kReleased));
      held_->end(word(Ending::kReleased));
    }
    held_.reset();
    retry_at_ = {};
    drive(
        turn, [] { return false; }, deadline);
    while (asking_ && now() < deadline) turn.nap(deadline - now());
    drive(
        turn, [] { return false; }, deadline);  // the trial that a Suggest brought meanwhile
    if (unanswered_ && !asking_ && !away()) {
      take_back_last(turn);
      drive(
          turn, [] { return false; }, deadline);
    }
    if (!outbox_.empty())
      log(Level::kError, "ashad is away; calls lost: " + std::to_string(outbox_.size()));
    closed_ = true;
    hang_up(true);
    ring();
    keeper.swap(keeper_);
  }
  if (keeper.get_id() == std::this_thread::get_id())  // closed from the log
    keeper.detach();
  else if (keeper.joinable())
    keeper.join();
}

}  // namespace ashad::detail
