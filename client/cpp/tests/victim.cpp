// A program that takes a trial of the study of its first argument, reports once, and ends in the
// way that the second one says.

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ashad/client.hpp>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <string_view>
#include <thread>

namespace {

volatile std::sig_atomic_t told = 0;
std::atomic<bool> training{false};

void* train(void* study) {
  ashad::Client client = ashad::connect();
  client.trials(static_cast<const char*>(study), [](ashad::Trial& trial) {
    trial.report(1, 1.0);
    training = true;
    for (;;) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  });
  return nullptr;
}

}  // namespace

int main(int, char** argv) {
  const std::string_view how = argv[2];
  if (how == "cancel") {
    pthread_t thread{};
    pthread_create(&thread, nullptr, train, argv[1]);
    while (!training) std::this_thread::yield();
    pthread_cancel(thread);
    pthread_join(thread, nullptr);
    return 0;
  }
  if (how == "fork") {
    ashad::connect().suggest(argv[1])->release();
    if (fork() != 0) fork();
  }
  std::signal(SIGTERM, [](int) { told = 1; });
  ashad::Client client = ashad::connect();
  if (how == "throw")
    client.trials(argv[1], [](ashad::Trial&) { throw std::range_error("by zero"); });
  for (auto& trial : client.trials(argv[1])) {
    for (const auto step : trial.steps()) {
      trial.report(step, 1.0);
      if (how == "exit") std::exit(3);
      if (how == "terminate") std::raise(SIGTERM);
      if (told != 0) break;
    }
    if (told != 0) break;
  }
  while (wait(nullptr) > 0) {
  }
}
