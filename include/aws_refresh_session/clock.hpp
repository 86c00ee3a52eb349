#pragma once

/// \file
/// The time seam. Nothing in the library reads a clock any other way, so a program can drive the whole refresh rule
/// with a time of its own (see testing/fake_clock.hpp).

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>

namespace aws_refresh_session {

/// Wall-clock time, in UTC. Expirations are wall-clock times: a laptop that slept must notice.
using WallTime = std::chrono::system_clock::time_point;
/// Monotonic time, for waits and back-off: a stepped wall clock must not lengthen them.
using SteadyTime = std::chrono::steady_clock::time_point;

/// Where the library reads time. Every member may be called from any thread at once and must not throw.
class Clock {
 public:
  virtual ~Clock() = default;

  /// The wall clock, as exact as the machine gives it.
  [[nodiscard]] virtual WallTime now() const noexcept = 0;

  /// The wall clock at the price of a memory read, at most a few milliseconds late. The read path uses it: it must
  /// reflect a suspend as soon as the process runs again.
  [[nodiscard]] virtual WallTime coarse_now() const noexcept { return now(); }

  /// The monotonic clock.
  [[nodiscard]] virtual SteadyTime steady_now() const noexcept = 0;

  /// Waits on `condition` until it is notified (or wakes for no reason) or steady_now() reaches `deadline`.
  /// \returns true if the deadline has passed
  virtual bool wait_until(std::condition_variable& condition, std::unique_lock<std::mutex>& lock,
                          SteadyTime deadline) const;

 protected:
  Clock() = default;
  Clock(const Clock&) = default;
  Clock& operator=(const Clock&) = default;
};

/// The machine's clocks. Shared by all who ask; never null.
[[nodiscard]] std::shared_ptr<const Clock> system_clock();

/// How far the service's clock is ahead of the local one, as last seen in a `Date` header (RFC 9110, 6.6.1).
/// Whoever talks to the service records it; signing and the refresh rule read it. Thread-safe.
class ClockSkew {
 public:
  /// Service time minus local time.
  [[nodiscard]] std::chrono::milliseconds get() const noexcept {
    return std::chrono::milliseconds{milliseconds_.load(std::memory_order_relaxed)};
  }
  void set(std::chrono::milliseconds ahead) noexcept { milliseconds_.store(ahead.count(), std::memory_order_relaxed); }

 private:
  std::atomic<std::chrono::milliseconds::rep> milliseconds_{0};
};

}  // namespace aws_refresh_session
