#pragma once

/// \file
/// A clock that stands still until it is told otherwise. For tests, and for simulations that run weeks in a second.

#include <aws_refresh_session/clock.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>

namespace aws_refresh_session::testing {

/// Thread-safe.
class FakeClock final : public Clock {
 public:
  explicit FakeClock(WallTime wall = WallTime{std::chrono::seconds{1'767'225'600}}) noexcept  // 2026-01-01T00:00:00Z
      : wall_(wall.time_since_epoch().count()), steady_(std::chrono::nanoseconds{std::chrono::hours{1}}.count()) {}

  [[nodiscard]] WallTime now() const noexcept override { return WallTime{WallTime::duration{wall_.load()}}; }
  [[nodiscard]] SteadyTime steady_now() const noexcept override {
    return SteadyTime{SteadyTime::duration{steady_.load()}};
  }

  /// Looks at the faked time every millisecond of real time, so that a waiting thread notices `advance`.
  bool wait_until(std::condition_variable& condition, std::unique_lock<std::mutex>& lock,
                  SteadyTime deadline) const override {
    if (steady_now() < deadline) {
      condition.wait_for(lock, std::chrono::milliseconds{1});
    }
    return steady_now() >= deadline;
  }

  /// Time passes.
  void advance(std::chrono::nanoseconds duration) noexcept {
    wall_ += duration.count();
    steady_ += duration.count();
  }
  /// The machine sleeps: the wall clock goes on, the steady clock stands still.
  void suspend(std::chrono::nanoseconds duration) noexcept { wall_ += duration.count(); }
  /// Somebody sets the wall clock; may go back.
  void step_wall(std::chrono::nanoseconds difference) noexcept { wall_ += difference.count(); }

 private:
  std::atomic<WallTime::rep> wall_;
  std::atomic<SteadyTime::rep> steady_;
};

}  // namespace aws_refresh_session::testing
