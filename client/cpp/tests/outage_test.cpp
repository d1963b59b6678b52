// The daemon is killed, hangs, and comes back or not: training goes on, and no report is lost,
// doubled or out of order.

#include <csignal>
#include <future>

#include "daemon.hpp"

namespace {

using namespace std::chrono_literals;
using ashad::Action;
using test::error_of;
using test::since;
using test::soon;

class Outage : public test::WithDaemon {
 protected:
  std::future<void> start_soon() {
    return std::async(std::launch::async, [this] { daemon.start(); });
  }
};

std::string numbers(int first, int last) {
  std::string text;
  for (int i = first; i <= last; ++i) text += (i == first ? "" : " ") + std::to_string(i);
  return text;
}

TEST_F(Outage, AKillInMidTrialIsRiddenOut) {
  const auto name = study(test::spec(2, 60));
  ashad::Client client = connect();
  double longest = 0;
  int queued = 0;
  for (auto& trial : client.trials(name)) {
    for (const auto step : trial.steps()) {
      if (trial.number() == 0 && step == 10) daemon.kill();
      if (trial.number() == 0 && step == 40) daemon.start();
      const auto begun = std::chrono::steady_clock::now();
      const auto decision = trial.report(step, 1.0);
      longest = std::max(longest, since(begun));
      queued += decision.reason == "UNREACHABLE";
    }
  }
  EXPECT_GE(queued, 29);
  EXPECT_LT(longest, 5);
  for (const int trial : {0, 1}) EXPECT_EQ(numbers(1, 60), resources(name, trial));
  const auto counts = asker->study(name).counts();
  EXPECT_EQ(2, counts.completed());
  EXPECT_EQ(0, counts.lost_leases() + counts.failed());
}

TEST_F(Outage, DecisionsComeBackWithTheDaemon) {
  auto spec = test::spec(9, 9);
  spec.mutable_asha()->set_eta(3);
  const auto name = study(spec);
  ashad::Client client = connect();
  auto trial = client.suggest(name);
  for (const auto step : trial->steps()) trial->report(step, 0.0);
  trial = client.suggest(name);
  daemon.kill();
  for (const int step : {1, 2, 3}) EXPECT_EQ("UNREACHABLE", trial->report(step, 1.0).reason);
  EXPECT_FALSE(trial->should_stop());
  daemon.start();
  EXPECT_TRUE(soon([&] { return trial->should_stop(); }));
  EXPECT_EQ("BELOW_CUTOFF", trial->decision().reason);
  EXPECT_EQ("1", resources(name, 1));  // what came after the stop counts for nothing
}

TEST_F(Outage, TheNextTrialWaitsForTheQueue) {
  const auto name = study(test::spec(2));
  ashad::Client client = connect();
  std::future<void> started;
  std::string seen;
  for (auto& trial : client.trials(name)) {
    seen += std::to_string(trial.number()) + "/" + std::to_string(trial.attempt()) + " ";
    for (const auto step : trial.steps()) {
      if (trial.number() == 0 && step == 3) daemon.kill();
      trial.report(step, 1.0);
    }
    if (trial.number() == 0) started = start_soon();
  }
  EXPECT_EQ("0/1 1/1 ", seen);
  EXPECT_EQ("1 2 3 4", resources(name, 0));
  EXPECT_EQ(2, asker->study(name).counts().completed());
}

TEST_F(Outage, AnEndIsToldLater) {
  const auto name = study();
  ashad::Client client = connect();
  auto trial = client.suggest(name);
  daemon.kill();
  trial->report(1, 1.0);
  trial->fail("out of luck");
  daemon.start();
  EXPECT_TRUE(soon([&] { return state(name, 0) == "FAILED"; }));
  EXPECT_EQ("1", resources(name, 0));
}

TEST_F(Outage, ARefusalOfAQueuedReportEndsTheLoop) {
  const auto name = study();
  ashad::Client client = connect();
  auto trial = client.suggest(name);
  daemon.kill();
  EXPECT_EQ("UNREACHABLE", trial->report(1, 1.0).reason);
  EXPECT_EQ("UNREACHABLE", trial->report(2, {{"other", 1.0}}).reason);
  EXPECT_EQ("UNREACHABLE", trial->report(3, 1.0).reason);
  daemon.start();
  EXPECT_TRUE(soon([&] { return trial->should_stop(); }));
  EXPECT_EQ("METRIC_MISSING", trial->decision().reason);
  EXPECT_TRUE(soon([&] { return state(name, 0) == "FAILED"; }));
  EXPECT_NE(std::string::npos, asker->get_trial(name, 0).message().find("was refused"));
  EXPECT_EQ(1, log.count("Report of trial " + name + "/0 (attempt 1) at 2 was refused"));
  EXPECT_EQ(1, client.suggest(name)->number());
}

// The report that is on its way when the daemon dies goes before one that another thread queued
// behind it meanwhile.
TEST_F(Outage, ThreadsKeepTheirOrder) {
  const auto name = study(test::spec(1, 9));
  ashad::Client client = connect();
  auto trial = client.suggest(name);
  daemon.signal(SIGSTOP);
  auto first = std::async(std::launch::async, [&] { return trial->report(1, 1.0); });
  std::this_thread::sleep_for(300ms);  // under way; nothing tells
  auto second = std::async(std::launch::async, [&] { return trial->report(2, 1.0); });
  std::this_thread::sleep_for(300ms);  // queued
  daemon.kill();
  EXPECT_EQ("UNREACHABLE", first.get().reason);
  EXPECT_EQ("UNREACHABLE", second.get().reason);
  daemon.start();
  EXPECT_TRUE(soon([&] { return resources(name, 0) == "1 2"; })) << resources(name, 0);
  EXPECT_EQ(Action::kContinue, trial->decision().action);
}

TEST_F(Outage, ADaemonThatHangsHoldsUpNobodyForLong) {
  auto spec = test::spec(1, 9);
  spec.mutable_lease()->mutable_duration()->set_seconds(60);
  spec.mutable_lease()->mutable_heartbeat_interval()->set_nanos(100'000'000);
  const auto name = study(spec);
  ashad::Client client = connect();
  auto trial = client.suggest(name);
  daemon.signal(SIGSTOP);
  ASSERT_TRUE(soon([&] { return log.count("no service") == 1; }));
  for (const int step : {1, 2, 3}) {
    const auto begun = std::chrono::steady_clock::now();
    EXPECT_EQ("UNREACHABLE", trial->report(step, 1.0).reason);
    EXPECT_LT(since(begun), 5);
  }
  daemon.signal(SIGCONT);
  EXPECT_TRUE(soon([&] { return resources(name, 0) == "1 2 3"; })) << resources(name, 0);
  EXPECT_EQ(Action::kContinue, trial->report(4, 1.0).action);
}

TEST_F(Outage, ASuggestKeepsItsRequestId) {
  const auto name = study();
  ashad::Client client = connect();
  daemon.kill();
  const auto started = start_soon();
  const auto trial = client.suggest(name);
  EXPECT_EQ(0, trial->number());
  EXPECT_EQ(1, asker->study(name).counts().created());
}

TEST_F(Outage, AnOutageThatDoesNotEndEndsTheLoop) {
  const auto name = study();
  auto settings = options();
  settings.outage = 500ms;
  settings.call_timeout = 300ms;
  ashad::Client client = ashad::connect(settings);
  auto trial = client.suggest(name);
  daemon.kill();
  EXPECT_EQ("UNAVAILABLE UNREACHABLE", error_of([&] { client.study(name); }));
  trial->report(1, 1.0);
  EXPECT_TRUE(soon([&] { return trial->should_stop(); }));
  EXPECT_EQ("OUTAGE", trial->decision().reason);
  EXPECT_EQ("UNAVAILABLE UNREACHABLE", error_of([&] { client.trials(name).begin(); }));
}

TEST_F(Outage, CloseIsBounded) {
  const auto name = study();
  auto settings = options();
  settings.close_timeout = 500ms;
  ashad::Client client = ashad::connect(settings);
  auto trial = client.suggest(name);
  daemon.kill();
  trial->report(1, 1.0);
  const auto begun = std::chrono::steady_clock::now();
  client.close();
  EXPECT_LT(since(begun), 5);
  EXPECT_EQ(1, log.count("calls lost: 2"));
}

TEST_F(Outage, CloseFlushes) {
  const auto name = study();
  auto settings = options();
  settings.close_timeout = 60s;
  ashad::Client client = ashad::connect(settings);
  auto trial = client.suggest(name);
  daemon.kill();
  trial->report(1, 1.0);
  trial->report(2, 1.0);
  const auto started = start_soon();
  client.close();
  started.wait();
  EXPECT_EQ("QUEUED", state(name, 0));
  EXPECT_EQ("1 2", resources(name, 0));
}

TEST(NoDaemon, IsToldInTime) {
  test::Log log;
  ashad::Options options;
  options.address = "127.0.0.1:1";
  options.outage = 200ms;
  options.log = log.sink();
  ashad::Client client = ashad::connect(options);
  EXPECT_EQ("UNAVAILABLE UNREACHABLE", error_of([&] { client.suggest("any"); }));
  EXPECT_FALSE(client.should_stop("any", 0, 1));
  EXPECT_EQ(1, log.count("no service from ashad at 127.0.0.1:1"));
}

}  // namespace
