// The load in C++ gRPC, a process of its own: N callers, each with a channel of its own, one call
// at a time each, on one completion queue and one thread; the callers of load.py and callers.py in
// another language. It never repeats a call: whatever is not answered ends it.
//
//     load ADDRESS ashad|echo report|cycle|stream|block CALLERS BATCH
//
// Says `ready`. `lease N` has it lease trials until N are at hand, and answer `leased`; `run
// SECONDS` lets all callers call in a closed loop for so long; `pace RATE SECONDS` reports so often
// a second, and a wait counts from when the report was due. Both print a line of JSON: seconds, cpu
// (seconds of this process's processor time), waits (seconds of each call, cycle or message), and
// keys (trial and resource of each answered report, one behind the other). `block` is one caller
// that blocks.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <deque>
#include <iostream>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "callers.hpp"

namespace {

using load::Caller;
using load::check;
using load::Clock;
using load::connect;
using load::Cycle;
using load::Leases;
using load::Reports;
using load::Round;
using load::seconds_since;
using load::Stream;
using load::Unary;
namespace v1 = load::v1;

constexpr auto kPatience = std::chrono::seconds(10);

double processor_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

class Load {
 public:
  Load(std::string address, bool invent, std::string kind, int callers, int batch)
      : address_(std::move(address)),
        kind_(std::move(kind)),
        size_(callers),
        batch_(batch),
        leases_(address_, invent) {}

  void prepare(std::size_t many) { leases_.prepare(many); }

  Round run(double seconds) {
    Round made;
    connect_all();
    const double cpu = processor_seconds();
    const auto begun = Clock::now();
    if (blocking_) {
      while (seconds_since(begun) < seconds) block(&made);
    } else {
      for (auto& caller : callers_) caller->send();
      for (std::size_t under_way = callers_.size(); under_way > 0;) {
        Caller* caller = next(Clock::now() + kPatience);
        if (caller == nullptr) throw std::runtime_error("no answer for too long");
        if (!caller->heard(&made)) continue;
        made.waits.push_back(seconds_since(caller->sent));
        if (seconds_since(begun) < seconds) {
          caller->send();
        } else {
          --under_way;
        }
      }
    }
    made.seconds = seconds_since(begun);
    made.cpu = processor_seconds() - cpu;
    return made;
  }

  Round pace(double rate, double seconds) {
    Round made;
    connect_all();
    std::deque<Clock::time_point> due;
    const double cpu = processor_seconds();
    const auto begun = Clock::now();
    const auto total = static_cast<std::size_t>(rate * seconds);
    const auto at = [&](std::size_t i) {
      const std::chrono::duration<double> after(static_cast<double>(i) / rate);
      return begun + std::chrono::duration_cast<Clock::duration>(after);
    };
    for (std::size_t planned = 0; made.waits.size() < total;) {
      const auto now = Clock::now();
      while (planned < total && at(planned) <= now) due.push_back(at(planned++));
      while (!due.empty() && !idle_.empty()) {
        idle_.front()->send();
        idle_.front()->sent = due.front();
        idle_.pop_front();
        due.pop_front();
      }
      Caller* caller = next(planned < total ? at(planned) : now + kPatience);
      if (caller == nullptr || !caller->heard(&made)) continue;
      made.waits.push_back(seconds_since(caller->sent));
      idle_.push_back(caller);
    }
    made.seconds = seconds_since(begun);
    made.cpu = processor_seconds() - cpu;
    return made;
  }

 private:
  // Late, as a stream that is opened and says nothing for long is ended.
  void connect_all() {
    if (blocking_ || !callers_.empty()) return;
    for (int i = 0; i < size_; ++i) {
      const std::uint64_t seed = 1009 * size_ + i;
      if (kind_ == "report") callers_.emplace_back(new Unary(address_, &leases_, seed, &queue_));
      if (kind_ == "cycle") callers_.emplace_back(new Cycle(address_, &leases_, seed, &queue_));
      if (kind_ == "stream")
        callers_.emplace_back(new Stream(address_, &leases_, seed, batch_, &queue_));
    }
    if (kind_ == "block") {
      blocking_ = connect(address_);
      reports_.emplace(&leases_, 1);
    }
    for (auto& caller : callers_) idle_.push_back(caller.get());
    if (callers_.empty() && !blocking_) throw std::runtime_error("no such kind: " + kind_);
  }

  // Returns who has something to hear, or nobody if the deadline comes first.
  Caller* next(Clock::time_point deadline) {
    void* tag = nullptr;
    bool ok = false;
    const auto left = deadline - Clock::now();
    const auto until = std::chrono::system_clock::now() +
                       std::chrono::duration_cast<std::chrono::system_clock::duration>(left);
    if (queue_.AsyncNext(&tag, &ok, until) != grpc::CompletionQueue::GOT_EVENT) return nullptr;
    if (!ok) throw std::runtime_error("the server ended a call");
    return static_cast<Caller*>(tag);
  }

  void block(Round* made) {
    grpc::ClientContext context;
    v1::ReportResponse answer;
    const auto& request = reports_->next();
    const auto sent = Clock::now();
    check(blocking_->Report(&context, request, &answer));
    made->waits.push_back(seconds_since(sent));
    reports_->take(answer, made);
  }

  const std::string address_, kind_;
  const int size_, batch_;
  Leases leases_;
  grpc::CompletionQueue queue_;
  std::vector<std::unique_ptr<Caller>> callers_;
  std::deque<Caller*> idle_;  // at a pace; first who waits longest, from one round to the next
  std::unique_ptr<load::SchedulerService::Stub> blocking_;
  std::optional<Reports> reports_;
};

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 6) throw std::runtime_error("load ADDRESS ashad|echo KIND CALLERS BATCH");
  const bool invent = std::string(argv[2]) == "echo";
  auto* load = new Load(argv[1], invent, argv[3], std::atoi(argv[4]), std::atoi(argv[5]));
  std::puts("ready");
  std::fflush(stdout);
  std::string word;
  while (std::cin >> word) {
    double first = 0, second = 0;
    std::cin >> first;
    if (word == "pace") std::cin >> second;
    if (word == "lease") {
      load->prepare(static_cast<std::size_t>(first));
      std::puts("leased");
      std::fflush(stdout);
    } else {
      (word == "pace" ? load->pace(first, second) : load->run(first)).print();
    }
  }
  std::_Exit(0);  // calls of streams are still under way: the process hangs up
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  std::_Exit(1);
}
