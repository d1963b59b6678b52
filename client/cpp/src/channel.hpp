// The connection: the only module that knows gRPC. It opens a channel, makes one try of one call,
// and says how that failed. It never retries, never waits for a daemon that is away, and throws no
// type of gRPC.
#pragma once

#include <ashad/client.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "ashad/v1/ashad.grpc.pb.h"
#include "epoch.hpp"

namespace ashad::detail {

using Work = v1::SchedulerService::Stub;
using Tool = v1::StudyService::Stub;

/// A try that brought no answer.
struct Failure {
  std::string code, reason, message;
  std::optional<Seconds> pushback;  // how long the daemon asked to be left alone
  int epoch = 0;                    // of the daemon that refused; 0 where it names none

  /// Whether the outcome is unknown or the daemon is busy: repeat with the same key.
  bool transient() const;
  /// Whether the daemon has not answered: what is queued waits. It waits too where TLS cannot work,
  /// since an administrator may renew a certificate meanwhile.
  bool unheard() const { return transient() || reason.compare(0, 4, "TLS_") == 0; }
  /// Whether it was the connection: the daemon itself gives a reason.
  bool cut() const { return code == "UNAVAILABLE" && reason.empty(); }
  /// Whether a standby took over: this client shows an earlier epoch.
  bool taken_over() const { return reason == "EPOCH_CHANGED"; }
  Error error() const { return {code, reason, message}; }
};

/// One call with its request and a place for its answer; it can be made again and again, at each
/// address by its number.
using Call = std::function<grpc::Status(std::size_t at, grpc::ClientContext*)>;

/// A connection to each address, made when first used. One of them is called; where nothing answers
/// there the next is tried, with the same request, and kept to as long as it answers.
class Channel {
 public:
  /// Throws `Error` INVALID_ARGUMENT for a file that cannot be read, or a token without TLS.
  explicit Channel(const Options& options);

  /// The addresses by number, from the one that answered last.
  std::vector<std::size_t> round() const;

  /// Makes one try at one address. `wait`: do not fail at once while there is no connection, use
  /// all of `timeout`; of several addresses another may answer at once, so that none is waited for.
  std::optional<Failure> send(const Call& call, std::size_t at, grpc::ClientContext& context,
                              Seconds timeout, bool wait);

  /// Leaves an address where nothing answers; whether to try the next at once.
  bool passes_on(const Failure& failure, std::size_t at);

  Epoch epoch;  // shown with each try; learns what stands beside the answer

  template <class Stub, class Request, class Answer>
  Call bind(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Answer*),
            Request request, std::shared_ptr<Answer> answer) const {
    return [this, method, request = std::move(request), answer = std::move(answer)](std::size_t at,
                                                                                    auto* context) {
      Stub* stub = std::get<std::unique_ptr<Stub>>(ways_[at].stubs).get();
      return (stub->*method)(context, request, answer.get());
    };
  }

 private:
  struct Way {
    Options options;  // of one address
    std::tuple<std::unique_ptr<Work>, std::unique_ptr<Tool>> stubs;
  };
  std::vector<Way> ways_;
  std::size_t at_ = 0;  // the one that answered last
};

}  // namespace ashad::detail
