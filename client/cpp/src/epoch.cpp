#include "epoch.hpp"

#include <algorithm>

namespace ashad::detail {
namespace {

constexpr const char* kEpoch = "ashad-epoch";
constexpr const char* kWorker = "ashad-worker";
// A replica that is further behind than this loses what was said before.
constexpr std::chrono::minutes kRemembered{10};
constexpr std::size_t kMost = 1000;

}  // namespace

void Epoch::show(grpc::ClientContext& context) const {
  const int number = number_;
  if (number == 0) return;
  context.AddMetadata(kEpoch, std::to_string(number));
  context.AddMetadata(kWorker, worker_);
}

void Epoch::hear(const grpc::ClientContext& context) {
  int unknown = 0;
  number_.compare_exchange_strong(unknown, named(context));
}

int Epoch::named(const grpc::ClientContext& context) {
  const auto& beside = context.GetServerTrailingMetadata();
  const auto found = beside.find(kEpoch);
  if (found == beside.end()) return 0;
  const std::string text(found->second.data(), found->second.size());
  const bool digits =
      std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  return digits && !text.empty() && text.size() < 10 ? std::stoi(text) : 0;
}

void Epoch::remember(const std::shared_ptr<Item>& item) {
  if (number_ == 0) return;
  const auto now = Clock::now();
  while (!said_.empty() && (said_.size() >= kMost || now - said_.front().first > kRemembered))
    said_.pop_front();
  said_.emplace_back(now, item);
}

std::vector<std::shared_ptr<Item>> Epoch::change(int later) {
  std::vector<std::shared_ptr<Item>> again;
  if (later <= number_) return again;  // another call was told as well
  number_ = later;
  for (auto& [when, item] : said_) again.push_back(std::move(item));
  said_.clear();
  return again;
}

}  // namespace ashad::detail
