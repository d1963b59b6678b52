#include "daemon.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

namespace test {
namespace {

struct Process {
  pid_t id = 0;
  int output = -1;  // its standard output
};

Process spawn(const std::vector<std::string>& command,
              const std::vector<std::string>& environment) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
  std::vector<char*> words, variables;
  for (const auto& word : command) words.push_back(const_cast<char*>(word.c_str()));
  for (char** variable = environ; *variable != nullptr; ++variable) variables.push_back(*variable);
  for (const auto& variable : environment) variables.push_back(const_cast<char*>(variable.c_str()));
  words.push_back(nullptr);
  variables.push_back(nullptr);
  Process made;
  const int failed =
      posix_spawnp(&made.id, words[0], &actions, nullptr, words.data(), variables.data());
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  made.output = ends[0];
  if (failed != 0) throw std::runtime_error("cannot start " + command[0]);
  return made;
}

std::string read_to(int file, const std::string& end) {
  std::string text;
  char buffer[4096];
  while (end.empty() || text.find(end) == std::string::npos) {
    const ssize_t count = ::read(file, buffer, sizeof buffer);
    if (count <= 0) break;
    text.append(buffer, static_cast<std::size_t>(count));
  }
  close(file);
  return text;
}

}  // namespace

std::string run(const std::vector<std::string>& command, int due,
                const std::vector<std::string>& environment) {
  const Process process = spawn(command, environment);
  std::string text = read_to(process.output, "");
  int status = 0;
  waitpid(process.id, &status, 0);
  EXPECT_EQ(due, WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status)) << command[0];
  return text;
}

std::string daemon_executable() {
  const char* given = std::getenv("ASHAD_DAEMON");
  return given != nullptr ? given : ASHAD_ROOT "/.venv/bin/ashad";
}

void write(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path, std::ios::trunc) << text;
}

Folder::Folder() {
  std::string pattern = std::filesystem::temp_directory_path() / "ashad-cpp-XXXXXX";
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no folder: " + pattern);
  path = pattern;
}

Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path, ignored);
}

Daemon::~Daemon() {
  if (process_ != 0) reap(SIGTERM);
}

void Daemon::start(const std::vector<std::string>& options) {
  std::vector<std::string> command{"/bin/sh",
                                   "-c",
                                   "exec \"$@\" 2>>\"$0\"",
                                   folder.path / "log",
                                   daemon_executable(),
                                   "--address",
                                   address,
                                   "--db",
                                   folder.path / "ashad.db"};
  command.insert(command.end(), options.begin(), options.end());
  const Process process = spawn(command, {});
  process_ = process.id;
  const std::string said = read_to(process.output, "\n"), start = "listening on ";
  const auto from = said.find(start) + start.size(), to = said.find(',', from);
  std::ifstream log(folder.path / "log");
  if (said.find(start) == std::string::npos)
    throw std::runtime_error("the daemon did not start: " + said +
                             std::string(std::istreambuf_iterator<char>(log), {}));
  address = said.substr(from, to - from);
}

void Daemon::signal(int number) const { ::kill(process_, number); }

void Daemon::kill() { reap(SIGKILL); }

void Daemon::stop() { reap(SIGTERM); }

void Daemon::reap(int number) {
  ::kill(process_, number);
  waitpid(process_, nullptr, 0);
  process_ = 0;
}

ashad::v1::StudySpec spec(std::int64_t trials, std::int64_t max_resource) {
  ashad::v1::StudySpec made;
  made.set_metric("loss");
  made.set_goal(ashad::v1::GOAL_MINIMIZE);
  made.set_max_resource(max_resource);
  made.set_seed(1);
  made.mutable_random();
  made.mutable_limits()->set_max_trials(trials);
  auto* parameter = made.add_space();
  parameter->set_name("lr");
  parameter->mutable_float_range()->set_low(1e-4);
  parameter->mutable_float_range()->set_high(0.1);
  return made;
}

void WithDaemon::SetUp() {
  daemon.start();
  asker.emplace(connect());
}

ashad::Options WithDaemon::options() {
  ashad::Options made;
  made.address = daemon.address;
  made.max_wait = 1s;
  made.close_timeout = 5s;
  made.log = log.sink();
  return made;
}

std::string WithDaemon::study(const ashad::v1::StudySpec& spec) {
  static std::atomic<int> number{0};
  const std::string name = "study-" + std::to_string(++number);
  asker->create_study(name, spec);
  return name;
}

std::string WithDaemon::state(const std::string& study, std::int64_t trial) {
  return ashad::v1::TrialState_Name(asker->get_trial(study, trial).state()).substr(12);
}

std::string WithDaemon::resources(const std::string& study, std::int64_t trial) {
  std::string text;
  for (const auto& report : asker->list_reports(study, trial))
    text += (text.empty() ? "" : " ") + std::to_string(report.resource());
  return text;
}

}  // namespace test

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  for (const char* variable : {"ASHAD_ADDRESS", "ASHAD_WORKER", "ASHAD_CA", "ASHAD_CERT",
                               "ASHAD_KEY", "ASHAD_TOKEN_FILE", "ASHAD_USE_PROXY"})
    unsetenv(variable);
  return RUN_ALL_TESTS();
}
