// Callers of the load, each with a channel of its own: they report one trial after the other,
// single or many in a message of a stream, or take a fresh trial for each report. See load.cc.

#pragma once

#include <grpcpp/grpcpp.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <deque>
#include <memory>
#include <optional>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "ashad/v1/ashad.grpc.pb.h"

namespace load {

namespace v1 = ashad::v1;
using v1::SchedulerService;
using Clock = std::chrono::steady_clock;
using Random = std::mt19937_64;

constexpr std::int64_t kMaxResource = 270;

inline double seconds_since(Clock::time_point begun) {
  return std::chrono::duration<double>(Clock::now() - begun).count();
}

inline void check(const grpc::Status& status) {
  if (!status.ok()) throw std::runtime_error("refused: " + status.error_message());
}

inline std::unique_ptr<SchedulerService::Stub> connect(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  const auto credentials = grpc::InsecureChannelCredentials();
  return SchedulerService::NewStub(grpc::CreateCustomChannel(address, credentials, arguments));
}

// Trials that nobody has reported for yet; of the echo, which knows none, invented ones.
class Leases {
 public:
  Leases(const std::string& address, bool invent) : invent_(invent), stub_(connect(address)) {}

  v1::SuggestRequest request(const char* study) {
    v1::SuggestRequest made;
    const std::string name = "c" + std::to_string(getpid()) + "-" + std::to_string(next_++);
    made.set_study(study);
    made.set_worker(name);
    made.set_request_id(name);
    return made;
  }

  void prepare(std::size_t many) {
    while (ready_.size() < many) ready_.push_back(lease());
  }

  v1::Assignment take() {
    prepare(1);
    v1::Assignment found = ready_.front();
    ready_.pop_front();
    return found;
  }

 private:
  v1::Assignment lease() {
    v1::SuggestResponse answer;
    if (invent_) {
      answer.mutable_assignment()->set_trial(next_++);
      answer.mutable_assignment()->set_attempt(1);
      answer.mutable_assignment()->set_lease_token(std::string(24, '0'));
    } else {
      grpc::ClientContext context;
      check(stub_->Suggest(&context, request("bench"), &answer));
    }
    return answer.assignment();
  }

  bool invent_;
  std::int64_t next_ = 0;
  std::unique_ptr<SchedulerService::Stub> stub_;
  std::deque<v1::Assignment> ready_;
};

// What came of a round.
struct Round {
  double seconds = 0, cpu = 0;
  std::vector<double> waits;
  std::vector<std::int64_t> keys;  // trial, resource, trial, resource, ...

  void print() const {
    std::ostringstream text;
    text << "{\"seconds\":" << seconds << ",\"cpu\":" << cpu << ",\"waits\":[";
    for (std::size_t i = 0; i < waits.size(); ++i) text << (i ? "," : "") << waits[i];
    text << "],\"keys\":[";
    for (std::size_t i = 0; i < keys.size(); ++i) text << (i ? "," : "") << keys[i];
    text << "]}\n";
    std::fputs(text.str().c_str(), stdout);
    std::fflush(stdout);
  }
};

// The reports of one trial after the other; a loss falls with the resource, each at its pace.
class Reports {
 public:
  Reports(Leases* leases, std::uint64_t seed) : leases_(leases), random_(seed) {
    message_.set_study("bench");
    message_.add_metrics()->set_name("loss");
  }

  const v1::ReportRequest& next() {
    if (over_ || message_.resource() == kMaxResource) {
      const v1::Assignment held = leases_->take();
      message_.set_trial(held.trial());
      message_.set_attempt(held.attempt());
      message_.set_lease_token(held.lease_token());
      message_.set_resource(0);
      floor_ = std::uniform_real_distribution<>(0, 1)(random_);
      pace_ = std::uniform_real_distribution<>(1, 9)(random_);
    }
    over_ = false;
    message_.set_resource(message_.resource() + 1);
    const double value = floor_ + 1 / (1 + static_cast<double>(message_.resource()) / pace_);
    message_.mutable_metrics(0)->set_value(value);
    return message_;
  }

  void take(const v1::ReportResponse& answer, Round* round) {
    round->keys.push_back(message_.trial());
    round->keys.push_back(message_.resource());
    over_ = answer.decision().action() != v1::ACTION_CONTINUE;
  }

 private:
  Leases* leases_;
  Random random_;
  v1::ReportRequest message_;
  double floor_ = 0, pace_ = 1;
  bool over_ = true;
};

// One caller on the queue: `send` begins, `heard` takes in an event and says whether it is
// answered.
class Caller {
 public:
  virtual ~Caller() = default;
  virtual void send() = 0;
  virtual bool heard(Round* round) = 0;
  Clock::time_point sent;
};

class Unary : public Caller {
 public:
  Unary(const std::string& address, Leases* leases, std::uint64_t seed,
        grpc::CompletionQueue* queue)
      : stub_(connect(address)), reports_(leases, seed), queue_(queue) {}

  void send() override {
    sent = Clock::now();
    context_.emplace();
    reader_ = stub_->AsyncReport(&*context_, reports_.next(), queue_);
    reader_->Finish(&answer_, &status_, this);
  }

  bool heard(Round* round) override {
    check(status_);
    reports_.take(answer_, round);
    return true;
  }

 private:
  std::unique_ptr<SchedulerService::Stub> stub_;
  Reports reports_;
  grpc::CompletionQueue* queue_;
  std::optional<grpc::ClientContext> context_;
  std::unique_ptr<grpc::ClientAsyncResponseReader<v1::ReportResponse>> reader_;
  v1::ReportResponse answer_;
  grpc::Status status_;
};

// Suggest, then Report of the fresh trial, which ends with it.
class Cycle : public Caller {
 public:
  Cycle(const std::string& address, Leases* leases, std::uint64_t seed,
        grpc::CompletionQueue* queue)
      : stub_(connect(address)), leases_(leases), random_(seed), queue_(queue) {
    report_.set_study("cycles");
    report_.set_resource(1);
    report_.add_metrics()->set_name("loss");
  }

  void send() override {
    sent = Clock::now();
    context_.emplace();
    reader_ = stub_->AsyncSuggest(&*context_, leases_->request("cycles"), queue_);
    reader_->Finish(&given_, &status_, this);
    suggesting_ = true;
  }

  bool heard(Round* round) override {
    check(status_);
    if (suggesting_) {
      suggesting_ = false;
      report_.set_trial(given_.assignment().trial());
      report_.set_attempt(given_.assignment().attempt());
      report_.set_lease_token(given_.assignment().lease_token());
      report_.mutable_metrics(0)->set_value(std::uniform_real_distribution<>(0, 1)(random_));
      context_.emplace();
      told_ = stub_->AsyncReport(&*context_, report_, queue_);
      told_->Finish(&answer_, &status_, this);
      return false;
    }
    round->keys.push_back(report_.trial());
    round->keys.push_back(1);
    return true;
  }

 private:
  std::unique_ptr<SchedulerService::Stub> stub_;
  Leases* leases_;
  Random random_;
  grpc::CompletionQueue* queue_;
  std::optional<grpc::ClientContext> context_;
  std::unique_ptr<grpc::ClientAsyncResponseReader<v1::SuggestResponse>> reader_;
  std::unique_ptr<grpc::ClientAsyncResponseReader<v1::ReportResponse>> told_;
  v1::SuggestResponse given_;
  v1::ReportRequest report_;
  v1::ReportResponse answer_;
  grpc::Status status_;
  bool suggesting_ = false;
};

// Many trials behind one stream: a report of each in a message, then all decisions.
class Stream : public Caller {
 public:
  Stream(const std::string& address, Leases* leases, std::uint64_t seed, int batch,
         grpc::CompletionQueue* queue)
      : stub_(connect(address)) {
    for (int i = 0; i < batch; ++i) trials_.emplace_back(leases, seed + 1000003 * (i + 1));
    stream_ = stub_->AsyncReportStream(&context_, queue, this);
  }

  void send() override {
    sent = Clock::now();
    message_.clear_reports();
    for (auto& trial : trials_) *message_.add_reports() = trial.next();
    if (!begun_) return;  // the first event says that the stream is there
    under_way_ = 2;
    stream_->Write(message_, this);
    stream_->Read(&answer_, this);
  }

  bool heard(Round* round) override {
    if (!begun_) {
      begun_ = true;
      under_way_ = 2;
      stream_->Write(message_, this);
      stream_->Read(&answer_, this);
      return false;
    }
    if (--under_way_ > 0) return false;
    if (answer_.results_size() != static_cast<int>(trials_.size()))
      throw std::runtime_error("an answer is missing");
    for (int i = 0; i < answer_.results_size(); ++i) {
      if (!answer_.results(i).has_response()) throw std::runtime_error("a report was refused");
      trials_[i].take(answer_.results(i).response(), round);
    }
    return true;
  }

 private:
  std::unique_ptr<SchedulerService::Stub> stub_;
  std::vector<Reports> trials_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientAsyncReaderWriter<v1::ReportStreamRequest, v1::ReportStreamResponse>>
      stream_;
  v1::ReportStreamRequest message_;
  v1::ReportStreamResponse answer_;
  bool begun_ = false;
  int under_way_ = 0;
};

}  // namespace load
