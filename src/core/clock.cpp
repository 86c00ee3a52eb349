#include <aws_refresh_session/clock.hpp>

#include <algorithm>
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

bool Clock::wait_until(std::condition_variable& condition, std::unique_lock<std::mutex>& lock,
                       SteadyTime deadline) const {
  // In slices of an hour: a wait for SteadyTime::max() would overflow inside the standard library.
  const auto left = std::min<SteadyTime::duration>(deadline - std::min(deadline, steady_now()), std::chrono::hours{1});
  condition.wait_for(lock, left);
  return steady_now() >= deadline;
}

std::shared_ptr<const Clock> system_clock() {
  // Never destroyed: a thread that is stuck in a source may read the time after main() has returned.
  // NOLINTNEXTLINE(cppcoreguidelines-owning-memory)
  static const auto& clock = *new std::shared_ptr<const Clock>{std::make_shared<const SystemClock>()};
  return clock;
}

}  // namespace aws_refresh_session
