// What users see: thin doors to a session, and the values that come through them.

#include <algorithm>
#include <ashad/client.hpp>
#include <mutex>

#include "session.hpp"

namespace ashad {

using detail::Ending;
using detail::Session;

Error::Error(std::string code, std::string reason, const std::string& message)
    : std::runtime_error((reason.empty() ? code : reason) + ": " + message),
      code_(std::move(code)),
      reason_(std::move(reason)) {}

const char* to_string(Action action) noexcept {
  return action == Action::kStop ? "STOP" : action == Action::kPause ? "PAUSE" : "CONTINUE";
}

// --- Params ---

const Value& Params::at(std::string_view name) const {
  for (const auto& [known, value] : entries_)
    if (known == name) return value;
  std::string names;
  for (const auto& entry : entries_) names += (names.empty() ? "" : ", ") + entry.first;
  throw detail::invalid("params: no " + std::string(name) + "; there are: " + names);
}

bool Params::contains(std::string_view name) const noexcept {
  return std::any_of(begin(), end(), [&](const Entry& entry) { return entry.first == name; });
}

void Params::add(std::string name, Value value) {
  entries_.emplace_back(std::move(name), std::move(value));
}

void Params::misread(std::string_view name, const char* wanted, std::size_t bytes) const {
  const Value& value = at(name);
  static constexpr const char* kinds[] = {"the integer ", "the floating-point number ",
                                          "the string ", "the bool "};
  std::string is = kinds[value.index()];
  std::visit(
      [&](const auto& held) {
        if constexpr (std::is_same_v<std::decay_t<decltype(held)>, std::string>)
          is += '"' + held + '"';
        else
          is += std::to_string(held);
      },
      value);
  const std::string size = bytes == 0 ? "" : " of " + std::to_string(bytes * 8) + " bits";
  throw detail::invalid("params: " + std::string(name) + " is " + is + ", not a " + wanted + size);
}

// --- Trial ---

Trial::Trial(std::shared_ptr<Session> session, std::shared_ptr<detail::Attempt> attempt)
    : session_(std::move(session)), attempt_(std::move(attempt)) {}

Trial::Trial(Trial&& other) noexcept
    : session_(std::move(other.session_)), attempt_(std::move(other.attempt_)) {}

Trial& Trial::operator=(Trial&& other) noexcept {
  if (this == &other) return *this;
  leave(Ending::kReleased, {});
  session_ = std::move(other.session_);
  attempt_ = std::move(other.attempt_);
  exceptions_ = std::uncaught_exceptions();
  return *this;
}

Trial::~Trial() {
  // C++ does not show a destructor the exception that passes.
  if (std::uncaught_exceptions() > exceptions_)
    leave(Ending::kFailed, "left by an exception");
  else
    leave(Ending::kReleased, {});
}

void Trial::leave(Ending ending, const std::string& message) noexcept {
  if (!session_) return;
  try {
    session_->settle(attempt_, ending, message);
  } catch (...) {  // closed, or forked: nothing of it is ours any more
  }
}

const std::string& Trial::study() const noexcept { return attempt_->assignment.study(); }
std::int64_t Trial::number() const noexcept { return attempt_->assignment.trial(); }
std::int32_t Trial::attempt() const noexcept { return attempt_->assignment.attempt(); }
const Params& Trial::params() const noexcept { return attempt_->params; }
std::int64_t Trial::seed() const noexcept { return attempt_->assignment.seed(); }
const std::string& Trial::metric() const noexcept { return attempt_->assignment.metric(); }
std::int64_t Trial::start_resource() const noexcept {
  return attempt_->assignment.start_resource();
}
std::int64_t Trial::target_resource() const noexcept {
  return attempt_->assignment.target_resource();
}
std::int64_t Trial::max_resource() const noexcept { return attempt_->assignment.max_resource(); }
const std::string& Trial::resume_checkpoint() const noexcept {
  return attempt_->assignment.resume_checkpoint_uri();
}

Decision Trial::decision() const {
  detail::Turn turn(*session_);
  return attempt_->decision;
}

Steps Trial::steps() const { return {session_, attempt_}; }

Decision Trial::report(std::int64_t resource, const Metrics& metrics,
                       const std::string& checkpoint) {
  return session_->report(attempt_, resource, metrics, checkpoint);
}

Meter Trial::meter(double unit, std::int64_t every) const {
  return {session_, attempt_, unit, every, {}};
}

Meter Trial::clock(Seconds unit, std::int64_t every) const {
  return {session_, attempt_, unit.count(), every, Meter::Clock::now()};
}

Replicates Trial::replicates(std::optional<double> quantile) const { return {*attempt_, quantile}; }

bool Trial::should_stop() const { return session_->should_stop(attempt_); }

void Trial::complete() { session_->settle(attempt_, Ending::kCompleted); }
void Trial::fail(const std::string& message) {
  session_->settle(attempt_, Ending::kFailed, message);
}
void Trial::fail(const std::exception& error) { fail(detail::describe(error)); }
void Trial::infeasible(const std::string& message) {
  session_->settle(attempt_, Ending::kInfeasible, message);
}
void Trial::release() { session_->settle(attempt_, Ending::kReleased); }

// --- the two loops ---

Steps::Steps(std::shared_ptr<Session> session, std::shared_ptr<detail::Attempt> attempt)
    : session_(std::move(session)), attempt_(std::move(attempt)) {}

Steps::iterator Steps::begin() const {
  iterator first;
  first.steps_ = this;
  return ++first;
}

Steps::iterator& Steps::iterator::operator++() {
  detail::Turn turn(*steps_->session_);
  step_ = steps_->attempt_->step_after(step_);
  return *this;
}

Trials::Trials(std::shared_ptr<Session> session, std::string study)
    : session_(std::move(session)), study_(std::move(study)) {}

bool Trials::next() try {
  current_.reset();
  auto attempt = session_->suggest(study_, {});
  if (!attempt) return false;
  begun_ = true;
  current_ = Trial(session_, std::move(attempt));
  return true;
} catch (const Error& error) {
  if (!begun_ || error.code() != "NOT_FOUND") throw;
  session_->note(Level::kWarning, "study " + study_ + " is no more there");
  return false;
}

Trials::iterator Trials::begin() {
  iterator first;
  if (next()) first.trials_ = this;
  return first;
}

Trials::iterator& Trials::iterator::operator++() {
  Trial& trial = *trials_->current_;
  if (trial.session_) trial.complete();  // else it was moved away
  if (!trials_->next()) trials_ = nullptr;
  return *this;
}

// --- Client ---

namespace {

// The sessions of the process, closed when it ends: a client is not destroyed by std::exit.
class Sessions {
 public:
  ~Sessions() {
    for (const auto& weak : sessions_)
      if (const auto session = weak.lock()) close(session);
  }

  std::shared_ptr<Session> make(const Options& options) {
    const std::lock_guard lock(mutex_);
    const auto gone = [](const auto& weak) {
      const auto session = weak.lock();
      if (session && session->foreign()) throw detail::forked();  // gRPC would hang
      return !session;
    };
    sessions_.erase(std::remove_if(sessions_.begin(), sessions_.end(), gone), sessions_.end());
    auto session = std::make_shared<Session>(detail::settle(options));
    sessions_.push_back(session);
    return session;
  }

  static void close(const std::shared_ptr<Session>& session) noexcept {
    try {
      session->close();
    } catch (
        const Error&) {  // forked: the parent's thread, lock and connection must not be touched
      new std::shared_ptr<Session>(session);
    } catch (...) {
    }
  }

 private:
  std::mutex mutex_;
  std::vector<std::weak_ptr<Session>> sessions_;
};

Sessions& sessions() {
  static Sessions all;
  return all;
}

}  // namespace

Client connect(const Options& options) { return Client(sessions().make(options)); }

Client connect(const std::string& address) {
  Options options;
  options.address = address;
  return connect(options);
}

Client::Client(std::shared_ptr<Session> session) : session_(std::move(session)) {}

Client& Client::operator=(Client&& other) noexcept {
  if (session_ && session_ != other.session_) Sessions::close(session_);
  session_ = std::move(other.session_);
  return *this;
}

Client::~Client() {
  if (session_) Sessions::close(session_);
}

const std::string& Client::address() const noexcept { return session_->options.address; }
const std::string& Client::worker() const noexcept { return session_->options.worker; }

Trials Client::trials(std::string study) & { return {session_, std::move(study)}; }

void Client::trials(const std::string& study, const std::function<void(Trial&)>& body) {
  for (Trial& trial : Trials(session_, study)) {
    try {
      body(trial);
    } catch (const std::exception& error) {
      trial.leave(Ending::kFailed, detail::describe(error));
      throw;
    } catch (...) {
      // Nothing current: the thread is cancelled, which is somebody's wish and no failure.
      const bool failed = std::current_exception() != nullptr;
      trial.leave(failed ? Ending::kFailed : Ending::kReleased, "an exception of no standard type");
      throw;
    }
  }
}

std::optional<Trial> Client::suggest(const std::string& study, std::optional<Seconds> timeout) {
  auto attempt = session_->suggest(study, timeout);
  if (!attempt) return {};
  return Trial(session_, std::move(attempt));
}

bool Client::should_stop(const std::string& study, std::int64_t trial, std::int32_t attempt) {
  return session_->ask_stop(study, trial, attempt);
}

void Client::close() { session_->close(); }

}  // namespace ashad
