#pragma once

#include <aws_refresh_session/clock.hpp>
#include <aws_refresh_session/credentials.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace aws_refresh_session::core {

/// True while the service takes the set.
[[nodiscard]] constexpr bool is_usable(Freshness freshness) noexcept {
  return freshness == Freshness::fresh || freshness == Freshness::advisory || freshness == Freshness::mandatory;
}

/// The moments of one set's life, on the local wall clock, skew already taken off.
struct Milestones {
  WallTime advisory_at = WallTime::max();
  WallTime mandatory_at = WallTime::max();
  WallTime expires_at = WallTime::max();

  [[nodiscard]] Freshness at(WallTime now) const noexcept {
    if (now < advisory_at) {
      return Freshness::fresh;
    }
    if (now < mandatory_at) {
      return Freshness::advisory;
    }
    return now < expires_at ? Freshness::mandatory : Freshness::expired;
  }
};

/// Holds the current set and hands out owning references to it without a lock and without allocating.
///
/// Readers announce themselves on one of several counters, take a reference, and leave. A writer swaps the pointer
/// and frees the old set once each counter was seen at zero: a reader that came later can only have seen the new
/// pointer. Every counter has its own set of reference counts, so that readers on different counters share no cache
/// line that is written. Alternatives and figures: docs/adr/0003-read-path.md.
///
/// `read` is for any thread; all else is for one thread at a time.
class SnapshotCell {
 public:
  SnapshotCell();
  ~SnapshotCell();
  SnapshotCell(const SnapshotCell&) = delete;
  SnapshotCell& operator=(const SnapshotCell&) = delete;

  /// The current set while it is valid and nothing is to be done about it until after `now`; else an empty snapshot,
  /// and the caller takes the slow way.
  [[nodiscard]] CredentialsSnapshot read(WallTime now) const noexcept;

  /// Replaces the set; null drops it. Nothing is to be done before `quiet_until`.
  void publish(const std::shared_ptr<const Credentials>& credentials, const Milestones& milestones,
               WallTime quiet_until);

  /// Changes when the next reader takes the slow way.
  void set_quiet_until(WallTime moment) noexcept;

  /// Frees replaced sets that no reader can still be looking at.
  void reclaim() noexcept;

  /// In a forked child: the readers of other threads are gone for good.
  void forget_readers() noexcept;

 private:
  static constexpr std::size_t kShards = 8;
  static constexpr std::size_t kCacheLine = 64;

  struct Published {
    Milestones milestones{};
    /// The same set under `kShards` separate reference counts.
    std::array<std::shared_ptr<const Credentials>, kShards> handles{};
  };
  struct Retired {
    std::unique_ptr<const Published> set{};
    /// A bit for each counter that was at zero since.
    std::uint32_t quiet_shards = 0;
  };
  struct alignas(kCacheLine) Shard {
    std::atomic<std::uint32_t> readers{0};
  };

  [[nodiscard]] static std::size_t shard_of_this_thread() noexcept;

  mutable std::array<Shard, kShards> shards_{};
  std::atomic<const Published*> current_{nullptr};
  std::atomic<WallTime::rep> quiet_until_{WallTime::min().time_since_epoch().count()};
  std::vector<Retired> retired_{};
};

}  // namespace aws_refresh_session::core
