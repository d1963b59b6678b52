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

#include "ashad/v1/ashad.grpc.pb.h"

namespace ashad::detail {

using Work = v1::SchedulerService::Stub;
using Tool = v1::StudyService::Stub;

/// A try that brought no answer.
struct Failure {
  std::string code, reason, message;
  std::optional<Seconds> pushback;  // how long the daemon asked to be left alone

  /// Whether the outcome is unknown or the daemon is busy: repeat with the same key.
  bool transient() const;
  /// Whether the daemon has not answered: what is queued waits. It waits too where TLS cannot work,
  /// since an administrator may renew a certificate meanwhile.
  bool unheard() const { return transient() || reason.compare(0, 4, "TLS_") == 0; }
  /// Whether it was the connection: the daemon itself gives a reason.
  bool cut() const { return code == "UNAVAILABLE" && reason.empty(); }
  Error error() const { return {code, reason, message}; }
};

/// One call with its request and a place for its answer; it can be made again and again.
using Call = std::function<grpc::Status(grpc::ClientContext*)>;

class Channel {
 public:
  /// Throws `Error` INVALID_ARGUMENT for a file that cannot be read, or a token without TLS.
  explicit Channel(const Options& options);

  /// Makes one try. `wait`: do not fail at once while there is no connection, use all of `timeout`.
  std::optional<Failure> send(const Call& call, grpc::ClientContext& context, Seconds timeout,
                              bool wait) const;

  template <class Stub, class Request, class Answer>
  Call bind(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Answer*),
            Request request, std::shared_ptr<Answer> answer) const {
    Stub* stub = std::get<std::unique_ptr<Stub>>(stubs_).get();
    return [stub, method, request = std::move(request), answer = std::move(answer)](auto* context) {
      return (stub->*method)(context, request, answer.get());
    };
  }

 private:
  Options options_;
  std::tuple<std::unique_ptr<Work>, std::unique_ptr<Tool>> stubs_;
};

}  // namespace ashad::detail
