#include "core/snapshot_cell.hpp"

#include <algorithm>
#include <thread>
#include <utility>

namespace aws_refresh_session::core {
namespace {

/// Keeps a set alive. Aligned, so that two holders' reference counts never share a cache line.
struct alignas(64) Holder {
  std::shared_ptr<const Credentials> credentials;
};

}  // namespace

SnapshotCell::SnapshotCell() = default;

SnapshotCell::~SnapshotCell() {
  const std::unique_ptr<const Published> last{current_.load()};
}

std::size_t SnapshotCell::shard_of_this_thread() noexcept {
  static std::atomic<std::size_t> threads{0};
  constinit static thread_local std::size_t shard = kShards;
  if (shard == kShards) {
    shard = threads.fetch_add(1, std::memory_order_relaxed) % kShards;
  }
  return shard;
}

CredentialsSnapshot SnapshotCell::read(WallTime now) const noexcept {
  if (now.time_since_epoch().count() >= quiet_until_.load(std::memory_order_acquire)) {
    return {};
  }
  const auto index = shard_of_this_thread();
  auto& readers = shards_[index].readers;
  CredentialsSnapshot snapshot;
  // Sequentially consistent, as is the writer's swap and look: either the writer sees this reader, or this reader
  // sees the writer's new pointer.
  readers.fetch_add(1, std::memory_order_seq_cst);
  if (const auto* published = current_.load(std::memory_order_seq_cst); published != nullptr) {
    if (const auto freshness = published->milestones.at(now); freshness != Freshness::expired) {
      snapshot = CredentialsSnapshot{published->handles[index], freshness};
    }
  }
  readers.fetch_sub(1, std::memory_order_release);
  return snapshot;
}

void SnapshotCell::publish(const std::shared_ptr<const Credentials>& credentials, const Milestones& milestones,
                           WallTime quiet_until) {
  std::unique_ptr<Published> next;
  if (credentials) {
    next = std::make_unique<Published>();
    next->milestones = milestones;
    for (auto& handle : next->handles) {
      auto holder = std::make_shared<Holder>(Holder{credentials});
      handle = std::shared_ptr<const Credentials>{std::move(holder), credentials.get()};
    }
  }
  retired_.reserve(retired_.size() + 1);
  std::unique_ptr<const Published> last{current_.exchange(next.release(), std::memory_order_seq_cst)};
  quiet_until_.store(quiet_until.time_since_epoch().count(), std::memory_order_release);
  if (last) {
    retired_.push_back({std::move(last), 0});
  }
  reclaim();
}

void SnapshotCell::set_quiet_until(WallTime moment) noexcept {
  quiet_until_.store(moment.time_since_epoch().count(), std::memory_order_release);
}

void SnapshotCell::reclaim() noexcept {
  // A reader is inside for some nanoseconds; one that was preempted there is waited for a little and else left to the
  // next call.
  constexpr int kPatience = 8;
  constexpr std::uint32_t kAll = (1U << kShards) - 1U;
  for (int round = 0; round < kPatience && !retired_.empty(); ++round) {
    for (std::size_t index = 0; index < kShards; ++index) {
      if (shards_[index].readers.load(std::memory_order_seq_cst) == 0) {
        for (auto& each : retired_) {
          each.quiet_shards |= 1U << index;
        }
      }
    }
    std::erase_if(retired_, [](const Retired& each) { return each.quiet_shards == kAll; });
    if (!retired_.empty()) {
      std::this_thread::yield();
    }
  }
}

void SnapshotCell::forget_readers() noexcept {
  for (auto& shard : shards_) {
    shard.readers.store(0, std::memory_order_seq_cst);
  }
}

}  // namespace aws_refresh_session::core
