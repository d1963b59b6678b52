// What a process does to a client, and a network: threads, ends, forks, TLS and tokens.

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <future>

#include "daemon.hpp"
#include "diagnosis.hpp"

namespace {

using namespace std::chrono_literals;
using test::error_of;
using test::message_of;
using test::since;
using test::soon;

class Process : public test::WithDaemon {
 protected:
  // Runs a program that takes a trial and ends in this way (victim.cpp).
  void die(const std::string& name, const std::string& how, int due) {
    test::run({VICTIM, name, how}, due, {"ASHAD_ADDRESS=" + daemon.address});
  }
};

TEST_F(Process, AnExitGivesBack) {
  const auto name = study();
  die(name, "exit", 3);
  EXPECT_EQ("QUEUED", state(name, 0));
  EXPECT_EQ("1", resources(name, 0));
}

TEST_F(Process, AnExceptionThatNobodyCatchesFailsTheTrialOfABody) {
  const auto name = study();
  die(name, "throw", -SIGABRT);
  EXPECT_EQ("FAILED", state(name, 0));
  EXPECT_EQ("std::range_error: by zero", asker->get_trial(name, 0).message());
}

TEST_F(Process, ASignalHandledAsTheReadmeSaysGivesBack) {
  const auto name = study();
  die(name, "terminate", 0);
  EXPECT_EQ("QUEUED", state(name, 0));
}

TEST_F(Process, AThreadThatIsCancelledGivesBack) {
  const auto name = study();
  die(name, "cancel", 0);
  EXPECT_EQ("QUEUED", state(name, 0));
}

TEST_F(Process, AForkedChildIsRefusedAndLeavesTheTrial) {
  const auto name = study();
  ashad::Client client = connect();
  auto trial = client.suggest(name);
  const pid_t child = fork();
  if (child == 0) {
    alarm(20);
    bool refused = error_of([&] { trial->report(1, 9.0); }) == "FAILED_PRECONDITION WORKER_FORKED";
    refused =
        refused && error_of([&] { client.study(name); }) == "FAILED_PRECONDITION WORKER_FORKED";
    refused = refused && error_of([&] { connect(); }) == "FAILED_PRECONDITION WORKER_FORKED";
    trial.reset();
    { const ashad::Client dies = std::move(client); }
    _exit(refused ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(child, waitpid(child, &status, 0));
  EXPECT_EQ(0, status);
  EXPECT_EQ("RUNNING", state(name, 0));
  trial->report(1, 1.0);
  EXPECT_EQ(1.0, asker->list_reports(name).at(0).value());
}

TEST_F(Process, ForkedChildrenAreWorkersWhereTheParentHasNoClient) {
  const auto name = study();
  die(name, "fork", 0);
  EXPECT_EQ(3, asker->study(name).counts().completed());
}

TEST_F(Process, ThreadsTrainSideBySide) {
  const auto name = study(test::spec(24));
  std::vector<std::thread> threads;
  for (int i = 0; i < 6; ++i)
    threads.emplace_back([&] {
      ashad::Client client = connect();
      for (auto& trial : client.trials(name))
        for (const auto step : trial.steps()) trial.report(step, 1.0);
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(24, asker->study(name).counts().completed());
  EXPECT_EQ(96U, asker->list_reports(name).size());
}

// One client from many threads: no crash, no deadlock, and each call is answered or refused.
TEST_F(Process, OneClientIsSafeInManyThreads) {
  const auto name = study(test::spec(30));
  ashad::Client client = connect();
  std::vector<std::thread> threads;
  std::atomic<int> trained{0};
  for (int i = 0; i < 6; ++i)
    threads.emplace_back([&] {
      for (;;) {
        try {
          auto trial = client.suggest(name);
          if (!trial) return;
          for (const auto step : trial->steps()) trial->report(step, 1.0);
          client.study(name);
          ++trained;
        } catch (const ashad::Error& error) {
          ASSERT_EQ("TRIAL_HELD", error.reason()) << error.what();
          std::this_thread::sleep_for(1ms);
        }
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(30, trained);
  EXPECT_EQ(30, asker->study(name).counts().completed());
}

TEST_F(Process, CloseFromAnotherThreadEndsAWaitAndATraining) {
  auto spec = test::spec();
  spec.mutable_limits()->set_max_concurrent_trials(1);
  const auto name = study(spec);
  ashad::Client trainer = connect(), waiter = connect();
  std::atomic<int> steps{0};
  auto training = std::async(std::launch::async, [&] {
    return error_of([&] {
      for (auto& trial : trainer.trials(name)) {
        while (!trial.should_stop()) {
          std::this_thread::sleep_for(1ms);
          ++steps;
        }
      }
    });
  });
  ASSERT_TRUE(soon([&] { return steps > 0; }));
  auto waiting =
      std::async(std::launch::async, [&] { return error_of([&] { waiter.suggest(name); }); });
  std::this_thread::sleep_for(300ms);  // under way; nothing tells
  const auto begun = std::chrono::steady_clock::now();
  waiter.close();
  EXPECT_EQ("CANCELLED CLIENT_CLOSED", waiting.get());
  trainer.close();
  EXPECT_EQ("CANCELLED CLIENT_CLOSED", training.get());
  EXPECT_LT(since(begun), 5);
  EXPECT_EQ("QUEUED", state(name, 0));
  waiter.close();  // once more is nothing
}

TEST_F(Process, ALogThatCallsBackOrThrowsHarmsNothing) {
  const auto name = study();
  ashad::Client client = connect();
  std::atomic<int> lines{0};
  auto settings = options();
  settings.log = [&](ashad::Level, const std::string&) {
    ++lines;
    client.should_stop(name, 0, 1);  // of the client itself: it holds no lock meanwhile
    throw std::runtime_error("disk full");
  };
  client = ashad::connect(settings);
  auto trial = client.suggest(name);
  trial->report(1, 1.0);
  EXPECT_GE(lines, 1);
}

TEST_F(Process, TheLoopOfTheReadmeRuns) {
  auto spec = test::spec();
  spec.set_metric("validation_error");
  spec.mutable_space(0)->set_name("learning_rate");
  asker->create_study("digits", spec);
  test::run({README}, 0, {"ASHAD_ADDRESS=" + daemon.address});
  EXPECT_EQ(3, asker->study("digits").counts().completed());
}

// A balancer whose daemon is away does so. A write to such a peer must not be a SIGPIPE, which ends
// the training process: the diagnosis has a socket of its own, outside of gRPC.
TEST(Diagnosis, APeerThatHangsUpAtOnceEndsNoProcess) {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(0, bind(listener, reinterpret_cast<sockaddr*>(&address), size));
  ASSERT_EQ(0, listen(listener, 8));
  ASSERT_EQ(0, getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size));
  std::thread peer([&] {
    for (int taken = 0; (taken = accept(listener, nullptr, nullptr)) >= 0;) close(taken);
  });
  ashad::Options options;
  options.address = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  for (int i = 0; i < 200; ++i) EXPECT_FALSE(ashad::detail::diagnose(options, 2s));
  shutdown(listener, SHUT_RDWR);
  peer.join();
  close(listener);
}

class Secured : public test::WithDaemon {
 protected:
  void SetUp() override {
    test::run({test::daemon_executable(), "certs", "init", "127.0.0.1", "--folder", certs,
               "--client", "w1"});
    mint();
    daemon.start({"--tls-cert", certs / "server.pem", "--tls-key", certs / "server.key",
                  "--tls-client-ca", certs / "ca.pem", "--require-tokens"});
  }

  // Makes a token and returns it.
  std::string mint() {
    const auto made = test::run({test::daemon_executable(), "token", "create", "--role", "admin",
                                 "--db", daemon.folder.path / "ashad.db"});
    test::write(token, made);
    return made.substr(0, made.find('\n'));
  }

  ashad::Options secured() {
    auto made = options();
    made.call_timeout = 2s;
    made.ca = certs / "ca.pem";
    made.cert = certs / "w1.pem";
    made.key = certs / "w1.key";
    made.token_file = token;
    return made;
  }

  const std::filesystem::path certs = daemon.folder.path / "certs",
                              token = daemon.folder.path / "token";
};

TEST_F(Secured, ATokenIsReadForEachTry) {
  ashad::Client client = ashad::connect(secured());
  client.create_study("s", test::spec());
  auto trial = client.suggest("s");
  EXPECT_EQ(ashad::Action::kContinue, trial->report(1, 1.0).action);
  test::write(token, "no-such-token");
  const auto message = message_of([&] { client.study("s"); });
  EXPECT_EQ(0U, message.find("TOKEN_")) << message;
  EXPECT_EQ(std::string::npos, message.find("no-such-token"));
  std::filesystem::remove(token);  // in the middle of being replaced: as an outage
  EXPECT_EQ("UNREACHABLE", trial->report(2, 1.0).reason);
  test::write(token, "two\nlines");
  EXPECT_EQ("UNREACHABLE", trial->report(3, 1.0).reason);
  const std::string fresh = mint();
  test::write(token, "\n " + fresh + " \n");
  EXPECT_TRUE(soon([&] { return client.list_reports("s").size() == 3; }));
  EXPECT_EQ(0, log.count(fresh) + log.count("lines"));
}

TEST_F(Secured, BothCertificatesAreVerified) {
  const auto refused = [&](const ashad::Options& options) {
    return error_of([&] { ashad::connect(options).studies(); });
  };
  EXPECT_EQ("", refused(secured()));
  auto other = secured();
  other.cert.clear();
  other.key.clear();
  EXPECT_EQ("FAILED_PRECONDITION TLS_CLIENT_REFUSED", refused(other));
  test::run({test::daemon_executable(), "certs", "init", "127.0.0.1", "--folder", certs / "other"});
  other = secured();
  other.ca = certs / "other" / "ca.pem";
  EXPECT_EQ("FAILED_PRECONDITION TLS_UNTRUSTED", refused(other));
  other.ca.clear();
  other.cert.clear();
  other.key.clear();
  EXPECT_EQ("FAILED_PRECONDITION TLS_REQUIRED", refused(other));
}

TEST_F(Secured, ATokenGoesOverTlsOrLoopbackOnly) {
  auto far = secured();
  far.ca.clear();
  far.cert.clear();
  far.key.clear();
  far.address = "192.0.2.1:2742";
  EXPECT_EQ("INVALID_ARGUMENT INVALID_ARGUMENT", error_of([&] { ashad::connect(far); }));
  far.address = "127.0.0.1.nip.io:2742";
  EXPECT_EQ("INVALID_ARGUMENT INVALID_ARGUMENT", error_of([&] { ashad::connect(far); }));
  test::write(token, "");
  EXPECT_EQ("INVALID_ARGUMENT INVALID_ARGUMENT", error_of([&] { ashad::connect(secured()); }));
}

}  // namespace
