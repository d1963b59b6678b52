// What the tests share: a real daemon, which can be killed and started again, studies on it, and
// waiting on conditions.
#pragma once

#include <gtest/gtest.h>

#include <ashad/client.hpp>
#include <atomic>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "ashad/v1/ashad.pb.h"

namespace test {

using namespace std::chrono_literals;
using ashad::Seconds;

/// Runs a command to its end; returns what it wrote. Fails the test where it fails.
std::string run(const std::vector<std::string>& command, int due = 0,
                const std::vector<std::string>& environment = {});
std::string daemon_executable();
void write(const std::filesystem::path& path, const std::string& text);

/// A folder that is removed at the end.
struct Folder {
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::filesystem::path path;
};

/// One daemon process; it keeps its port and its file over restarts.
class Daemon {
 public:
  ~Daemon();
  void start(const std::vector<std::string>& options = {});
  void signal(int number) const;
  void kill();  // with -9, as a crash would
  void stop();

  Folder folder;
  std::string address = "127.0.0.1:0";

 private:
  void reap(int number);

  int process_ = 0;
};

/// Lines that a client logs.
class Log {
 public:
  std::function<void(ashad::Level, const std::string&)> sink() {
    return [this](ashad::Level level, const std::string& line) {
      if (level == ashad::Level::kInfo) return;
      const std::lock_guard lock(mutex_);
      lines_.push_back(line);
    };
  }
  int count(const std::string& part) const {
    const std::lock_guard lock(mutex_);
    int found = 0;
    for (const auto& line : lines_) found += line.find(part) != std::string::npos;
    return found;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

/// Waits on a condition, with a deadline.
template <class Condition>
::testing::AssertionResult soon(Condition condition, Seconds limit = 30s) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (std::chrono::steady_clock::now() < end) {
    if (condition()) return ::testing::AssertionSuccess();
    std::this_thread::sleep_for(10ms);
  }
  return ::testing::AssertionFailure() << "not within " << limit.count() << " s";
}

inline double since(std::chrono::steady_clock::time_point begun) {
  return Seconds(std::chrono::steady_clock::now() - begun).count();
}

/// The code and reason of the error that it throws; empty where it throws none.
template <class Function>
std::string error_of(Function function) {
  try {
    function();
  } catch (const ashad::Error& error) {
    return error.code() + " " + error.reason();
  }
  return "";
}

/// The message of the error that it throws.
template <class Function>
std::string message_of(Function function) {
  try {
    function();
  } catch (const ashad::Error& error) {
    return error.what();
  }
  return "";
}

/// A study in which every trial is trained in full, unless told otherwise.
ashad::v1::StudySpec spec(std::int64_t trials = 3, std::int64_t max_resource = 4);

/// A daemon, a client that only looks, and clients with a log.
class WithDaemon : public ::testing::Test {
 protected:
  void SetUp() override;

  ashad::Options options();  // of this daemon, with short waits
  ashad::Client connect() { return ashad::connect(options()); }
  std::string study(const ashad::v1::StudySpec& spec = test::spec());
  std::string state(const std::string& study, std::int64_t trial);
  std::string resources(const std::string& study, std::int64_t trial);  // "1 2 3"

  Daemon daemon;
  Log log;
  std::optional<ashad::Client> asker;
};

}  // namespace test
