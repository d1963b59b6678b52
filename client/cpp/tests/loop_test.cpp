// The loop against a real daemon: its answers, its ends, its errors.

#include <limits>
#include <vector>

#include "daemon.hpp"

namespace {

using namespace std::chrono_literals;
using ashad::Action;
using test::error_of;
using test::soon;

class Loop : public test::WithDaemon {
 protected:
  // Three trials of four steps, with a heartbeat so often.
  static ashad::v1::StudySpec beating(std::chrono::milliseconds interval) {
    auto made = test::spec();
    made.mutable_lease()->mutable_duration()->set_seconds(60);
    made.mutable_lease()->mutable_heartbeat_interval()->set_nanos(
        static_cast<std::int32_t>(interval.count()) * 1'000'000);
    return made;
  }
};

TEST_F(Loop, RunsAWholeSearch) {
  const auto name = study();
  ashad::Client client = connect();
  std::vector<std::int64_t> seen;
  for (auto& trial : client.trials(name)) {
    EXPECT_EQ("loss", trial.metric());
    ashad::Decision decision;
    for (const auto step : trial.steps()) {
      seen.push_back(trial.number() * 10 + step);
      decision =
          trial.report(step, trial.params().get<double>("lr") + 1.0 / static_cast<double>(step));
    }
    EXPECT_EQ(Action::kStop, decision.action);
    EXPECT_EQ("MAX_RESOURCE", trial.decision().reason);
  }
  EXPECT_EQ((std::vector<std::int64_t>{1, 2, 3, 4, 11, 12, 13, 14, 21, 22, 23, 24}), seen);
  EXPECT_EQ("1 2 3 4", resources(name, 2));
  const auto best = client.best(name);
  ASSERT_TRUE(best);
  EXPECT_EQ(best->params.get<double>("lr") + 0.25, best->value);
  EXPECT_EQ(3, client.study(name).counts().completed());
}

TEST_F(Loop, EndsQuietlyOnAStop) {
  auto spec = test::spec(4, 9);
  spec.mutable_asha()->set_eta(3);
  ashad::Client client = connect();
  std::vector<std::int64_t> lengths;
  for (auto& trial : client.trials(study(spec))) {
    std::int64_t last = 0;
    for (const auto step : trial.steps())
      trial.report(last = step, static_cast<double>(trial.number()));
    lengths.push_back(last);
    EXPECT_TRUE(trial.should_stop());
    EXPECT_EQ(trial.decision().reason, trial.report(last + 1, 0.0).reason);  // over is over
  }
  EXPECT_EQ((std::vector<std::int64_t>{9, 1, 1, 1}), lengths);
}

TEST_F(Loop, HoldsOneTrialAClient) {
  const auto name = study();
  ashad::Client client = connect(), other = connect();
  for (auto& trial : client.trials(name)) {
    EXPECT_EQ("FAILED_PRECONDITION TRIAL_HELD", error_of([&] { client.suggest(name); }));
    EXPECT_EQ("FAILED_PRECONDITION TRIAL_HELD", error_of([&] { client.trials(name).begin(); }));
    EXPECT_NE(trial.number(), other.suggest(name)->number());
    break;
  }
}

TEST_F(Loop, FailsATrialThatAnExceptionLeaves) {
  const auto name = study();
  ashad::Client client = connect();
  try {
    for (auto& trial : client.trials(name)) {
      trial.report(1, 1.0);
      throw std::range_error("by zero");
    }
  } catch (const std::range_error&) {
  }
  EXPECT_EQ("FAILED", state(name, 0));
  EXPECT_EQ("left by an exception", asker->get_trial(name, 0).message());
}

TEST_F(Loop, TellsTheExceptionOfABody) {
  const auto name = study();
  ashad::Client client = connect();
  EXPECT_THROW(client.trials(name, [](ashad::Trial&) { throw std::range_error("by zero"); }),
               std::range_error);
  EXPECT_EQ("std::range_error: by zero", asker->get_trial(name, 0).message());
  EXPECT_THROW(client.trials(name, [](ashad::Trial&) { throw 42; }), int);
  EXPECT_EQ("FAILED", state(name, 1));
  client.trials(name, [](ashad::Trial& trial) { trial.report(1, 1.0); });
  EXPECT_EQ("COMPLETED", state(name, 2));
}

TEST_F(Loop, ATrialIsFailedByHand) {
  const auto name = study();
  ashad::Client client = connect();
  auto trial = client.suggest(name);
  trial->fail(std::runtime_error("gr\xFCn"));
  EXPECT_EQ("std::runtime_error: gr\xEF\xBF\xBDn", asker->get_trial(name, 0).message());
  trial = client.suggest(name);
  trial->fail(std::string(100'000, 'x'));
  EXPECT_EQ(4096U, asker->get_trial(name, 1).message().size());
}

TEST_F(Loop, BreakGivesBackAtOnce) {
  const auto name = study();
  ashad::Client client = connect();
  for (auto& trial : client.trials(name)) {
    trial.report(1, 1.0);
    break;
  }
  EXPECT_EQ("QUEUED", state(name, 0));
  auto range = client.trials(name);
  for ([[maybe_unused]] auto& trial : range) break;
  for (auto& trial : range) {  // the same range once more
    EXPECT_EQ(3, trial.attempt());
    break;
  }
  const auto counts = asker->study(name).counts();
  EXPECT_EQ(0, counts.failed() + counts.lost_leases());
}

TEST_F(Loop, AnEndWithoutAStopCompletes) {
  const auto name = study(test::spec(2));
  ashad::Client client = connect();
  for (auto& trial : client.trials(name)) {
    if (trial.number() == 0) trial.report(1, 1.0);
    continue;
  }
  EXPECT_EQ("COMPLETED", state(name, 0));
  EXPECT_EQ("FAILED", state(name, 1));
  EXPECT_EQ("METRIC_MISSING", asker->get_trial(name, 1).reason());
}

TEST_F(Loop, ATrialMayOutliveItsLoop) {
  const auto name = study();
  ashad::Client client = connect();
  std::optional<ashad::Trial> kept;
  for (auto& trial : client.trials(name)) {
    kept.emplace(std::move(trial));
    break;
  }
  EXPECT_EQ("RUNNING", state(name, 0));
  kept->report(1, 1.0);
  client.close();
  EXPECT_EQ("QUEUED", state(name, 0));
  EXPECT_EQ("RELEASED", kept->report(2, 1.0).reason);
  EXPECT_EQ("CANCELLED CLIENT_CLOSED", error_of([&] { client.suggest(name); }));
}

TEST_F(Loop, AHeartbeatBringsTheStop) {
  const auto name = study(beating(100ms));
  ashad::Client client = connect();
  auto trial = client.suggest(name);
  EXPECT_EQ(Action::kContinue, trial->report(1, 1.0).action);
  EXPECT_FALSE(trial->should_stop());
  asker->cancel_trial(name, 0);
  EXPECT_TRUE(soon([&] { return trial->should_stop(); }));
  EXPECT_EQ("CANCELLED", trial->decision().reason);
  for ([[maybe_unused]] const auto step : trial->steps()) FAIL();
}

TEST_F(Loop, TheLastReportAfterAStopByHeartbeatCounts) {
  const auto name = study(beating(100ms));
  ashad::Client client = connect();
  auto trial = client.suggest(name);
  asker->stop_study(name);
  ASSERT_TRUE(soon([&] { return trial->should_stop(); }));
  EXPECT_EQ("STUDY_STOPPED", trial->report(1, 1.0).reason);
  EXPECT_EQ("1", resources(name, 0));
  EXPECT_FALSE(client.suggest(name));
}

TEST_F(Loop, HeartbeatsKeepASilentTrial) {
  auto spec = beating(100ms);
  spec.mutable_lease()->mutable_duration()->set_seconds(1);
  const auto name = study(spec);
  ashad::Client client = connect();
  auto trial = client.suggest(name);
  const auto begun = std::chrono::steady_clock::now();
  while (test::since(begun) < 2.5) {  // longer than two leases
    std::this_thread::sleep_for(100ms);
    ASSERT_EQ(0, asker->get_trial(name, 0).lost_leases());
  }
  EXPECT_EQ(Action::kContinue, trial->report(1, 1.0).action);
}

TEST_F(Loop, EndsQuietlyWhereItIsSupersededOrDeleted) {
  const auto name = study(beating(100ms));
  auto settings = options();
  settings.worker = "slot-1";
  ashad::Client old = ashad::connect(settings), young = ashad::connect(settings);
  auto before = old.suggest(name), after = young.suggest(name);
  EXPECT_EQ(2, after->attempt());
  EXPECT_TRUE(soon([&] { return before->should_stop(); }));
  const auto decision = before->report(1, 1.0);
  EXPECT_EQ("SUPERSEDED", decision.reason);
  EXPECT_EQ(2, decision.current_attempt);
  EXPECT_EQ(1, log.count("taken over by attempt 2"));
  after->release();
  int trials = 0;
  for (auto& trial : young.trials(name)) {
    ++trials;
    asker->delete_study(name, true);
    for (const auto step : trial.steps()) trial.report(step, 1.0);
  }
  EXPECT_EQ(1, trials);
  EXPECT_EQ(1, log.count("is no more there"));
  EXPECT_EQ("NOT_FOUND STUDY_NOT_FOUND", error_of([&] { young.trials(name).begin(); }));
}

TEST_F(Loop, GivesUpWaitingInTime) {
  auto spec = test::spec();
  spec.mutable_limits()->set_max_concurrent_trials(1);
  const auto name = study(spec);
  ashad::Client client = connect(), other = connect();
  auto trial = client.suggest(name);
  EXPECT_EQ("DEADLINE_EXCEEDED NO_TRIAL", error_of([&] { other.suggest(name, 300ms); }));
  trial->release();
  EXPECT_EQ(0, other.suggest(name, 30s)->number());
}

TEST_F(Loop, AnyRankMayAsk) {
  const auto name = study();
  ashad::Client client = connect();
  auto trial = client.suggest(name);
  EXPECT_FALSE(asker->should_stop(name, 0, 1));
  asker->cancel_trial(name, 0);
  EXPECT_TRUE(asker->should_stop(name, 0, 1));
  EXPECT_EQ("NOT_FOUND TRIAL_NOT_FOUND", error_of([&] { asker->should_stop(name, 99, 1); }));
}

TEST_F(Loop, RefusesWhatCannotBeSent) {
  const auto name = study();
  ashad::Client client = connect();
  auto trial = client.suggest(name);
  const std::string invalid = "INVALID_ARGUMENT INVALID_ARGUMENT";
  EXPECT_EQ(invalid, error_of([&] { trial->report(1, {}); }));
  EXPECT_EQ(invalid, error_of([&] { trial->report(-1, 1.0); }));
  EXPECT_EQ(invalid, error_of([&] { trial->report(1, 1.0, "gr\xFCn"); }));
  EXPECT_EQ(invalid, error_of([&] { trial->report(1, {{"loss", 1.0}, {"gr\xFCn", 1.0}}); }));
  EXPECT_EQ(invalid, error_of([&] { client.list_trials(name, {"TIRED"}); }));
  EXPECT_EQ("INVALID_ARGUMENT METRIC_MISSING", error_of([&] {
              trial->report(1, {{"other", 1.0}});
            }));
  EXPECT_EQ("DIVERGED",
            trial->report(1, std::numeric_limits<double>::quiet_NaN()).reason.substr(0, 8));
  trial->report(3, {{"loss", 0.5}, {"accuracy", 0.25}}, "s3://bucket/größe");
  EXPECT_EQ("FAILED_PRECONDITION RESOURCE_NOT_INCREASING",
            error_of([&] { trial->report(2, 1.0); }));
  EXPECT_EQ(0.25, client.list_reports(name).at(1).metrics(0).value());
  EXPECT_EQ(1U, client.list_trials(name, {"RUNNING"}).size());
}

TEST_F(Loop, LimitsAreTakenAway) {
  const auto name = study();
  ashad::v1::StudyLimits limits;
  limits.mutable_max_duration()->set_seconds(3600);
  auto left = asker->update_study(name, limits, {"max_duration", "max_trials"}).spec().limits();
  EXPECT_EQ(3600, left.max_duration().seconds());
  EXPECT_FALSE(left.has_max_trials());
  EXPECT_EQ("enqueued", asker->enqueue_trial(name, {{"lr", 0.05}}).origin());
  EXPECT_EQ(0.05, asker->list_trials(name).at(0).params(0).value().double_value());
}

}  // namespace
