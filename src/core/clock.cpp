#include <aws_refresh_session/clock.hpp>

#include <ctime>

namespace aws_refresh_session {
namespace {

class SystemClock final : public Clock {
 public:
  [[nodiscard]] WallTime now() const noexcept override { return std::chrono::system_clock::now(); }

  /// The kernel's last tick, read from shared memory. The kernel sets it right after a suspend, before any thread
  /// runs again, so it is late by a tick but never by a night.
  [[nodiscard]] WallTime coarse_now() const noexcept override {
    std::timespec time{};
    ::clock_gettime(CLOCK_REALTIME_COARSE, &time);
    return WallTime{std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec}};
  }

  [[nodiscard]] SteadyTime steady_now() const noexcept override { return std::chrono::steady_clock::now(); }
};

}  // namespace

std::shared_ptr<const Clock> system_clock() {
  static const auto clock = std::make_shared<const SystemClock>();
  return clock;
}

}  // namespace aws_refresh_session
