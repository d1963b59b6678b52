// Reports in a closed loop through the client, and as often through a bare stub, in turn:
// ADDRESS COUNT ROUNDS. Prints one line a round.

#include <grpcpp/grpcpp.h>
#include <unistd.h>

#include <ashad/client.hpp>
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "ashad/v1/ashad.grpc.pb.h"

namespace {

using ashad::v1::SchedulerService;

template <class Report>
double rate(std::int64_t begin, std::int64_t count, Report report) {
  const auto begun = std::chrono::steady_clock::now();
  for (std::int64_t i = 1; i <= count; ++i) report(begin + i);
  return static_cast<double>(count) /
         ashad::Seconds(std::chrono::steady_clock::now() - begun).count();
}

void check(const grpc::Status& status) {
  if (!status.ok()) throw std::runtime_error(status.error_message());
}

ashad::v1::StudySpec spec() {
  ashad::v1::StudySpec spec;
  spec.set_metric("loss");
  spec.set_goal(ashad::v1::GOAL_MINIMIZE);
  spec.set_max_resource(std::int64_t{1} << 39);
  spec.mutable_random();
  auto* parameter = spec.add_space();
  parameter->set_name("x");
  parameter->mutable_float_range()->set_high(1);
  return spec;
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 4) return std::fprintf(stderr, "bench ADDRESS COUNT ROUNDS\n"), 2;
  const std::int64_t count = std::atoll(argv[2]);
  const int rounds = std::atoi(argv[3]);
  const std::string name = "bench-cpp-" + std::to_string(getpid());

  ashad::Client client = ashad::connect(std::string(argv[1]));
  client.create_study(name + "-wrapper", spec());
  client.create_study(name + "-bare", spec());
  auto trial = client.suggest(name + "-wrapper");

  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  const auto stub = SchedulerService::NewStub(
      grpc::CreateCustomChannel(argv[1], grpc::InsecureChannelCredentials(), arguments));
  ashad::v1::SuggestResponse held;
  {
    grpc::ClientContext context;
    ashad::v1::SuggestRequest request;
    request.set_study(name + "-bare");
    request.set_worker("bare");
    request.set_request_id("bare");
    check(stub->Suggest(&context, request, &held));
  }

  for (std::int64_t round = 0, at = 0; round < rounds; ++round, at += count) {
    const double wrapper = rate(at, count, [&](std::int64_t step) { trial->report(step, 0.5); });
    const double bare = rate(at, count, [&](std::int64_t step) {
      grpc::ClientContext context;
      context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
      ashad::v1::ReportRequest request;
      ashad::v1::ReportResponse answer;
      request.set_study(held.assignment().study());
      request.set_trial(held.assignment().trial());
      request.set_attempt(held.assignment().attempt());
      request.set_lease_token(held.assignment().lease_token());
      request.set_resource(step);
      auto* metric = request.add_metrics();
      metric->set_name("loss");
      metric->set_value(0.5);
      check(stub->Report(&context, request, &answer));
    });
    std::printf("wrapper %.0f bare %.0f\n", wrapper, bare);
    std::fflush(stdout);
  }
} catch (const std::exception& error) {
  return std::fprintf(stderr, "%s\n", error.what()), 1;
}
