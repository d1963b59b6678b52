// The epoch of the daemon, and what was said lately: for a standby that takes over without it.
//
// A daemon that may be taken over names its epoch beside each answer, and is shown the one that
// this client knows. A standby that took over refuses who shows an earlier one: its file may lack
// the last moments of the other. So what was answered lately is said again, in its order, before
// anything else.
#pragma once

#include <grpcpp/client_context.h>

#include <atomic>
#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace ashad::detail {

struct Item;

class Epoch {
 public:
  explicit Epoch(std::string worker) : worker_(std::move(worker)) {}

  /// Puts what this client knows beside a call.
  void show(grpc::ClientContext& context) const;
  /// Notes the epoch beside an answer; a later one than is known comes with a refusal only.
  void hear(const grpc::ClientContext& context);
  /// The epoch that a daemon names; 0 for anything else.
  static int named(const grpc::ClientContext& context);

  /// Keeps what was answered, for a while. Under the session's lock, as is `change`.
  void remember(const std::shared_ptr<Item>& item);
  /// Goes on in the epoch that a refusal names; returns what is to be said again, in order.
  std::vector<std::shared_ptr<Item>> change(int later);

 private:
  using Clock = std::chrono::steady_clock;

  const std::string worker_;
  std::atomic<int> number_{0};  // 0: no daemon has named one
  std::deque<std::pair<Clock::time_point, std::shared_ptr<Item>>> said_;
};

}  // namespace ashad::detail
