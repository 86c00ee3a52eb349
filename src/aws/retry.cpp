#include "aws/retry.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <condition_variable>
#include <mutex>
#include <random>
#include <utility>

namespace aws_refresh_session::aws {
namespace {

constexpr std::chrono::milliseconds kBase{1'000};
constexpr std::chrono::milliseconds kLongest{20'000};

Waiter waiter_on(std::shared_ptr<const Clock> clock) {
  return [clock = std::move(clock)](std::chrono::milliseconds duration, const std::stop_token& stop) {
    // All on this stack: nothing a fork could leave locked.
    std::mutex mutex;
    std::condition_variable condition;
    const std::stop_callback wake{stop, [&mutex, &condition] {
                                    const std::scoped_lock lock{mutex};
                                    condition.notify_all();
                                  }};
    std::unique_lock lock{mutex};
    const auto deadline = clock->steady_now() + duration;
    while (!stop.stop_requested() && !clock->wait_until(condition, lock, deadline)) {
    }
    return !stop.stop_requested();
  };
}

double draw() {
  std::random_device device;
  return std::generate_canonical<double, 32>(device);
}

}  // namespace

RetrySeams with_defaults(RetrySeams seams, std::shared_ptr<const Clock> clock) {
  if (!seams.wait) {
    seams.wait = waiter_on(std::move(clock));
  }
  if (!seams.random) {
    seams.random = draw;
  }
  return seams;
}

bool RetryQuota::acquire(int cost) noexcept {
  auto available = available_.load(std::memory_order_relaxed);
  while (available >= cost) {
    if (available_.compare_exchange_weak(available, available - cost, std::memory_order_relaxed)) {
      return true;
    }
  }
  return false;
}

void RetryQuota::release(int amount) noexcept {
  auto available = available_.load(std::memory_order_relaxed);
  while (!available_.compare_exchange_weak(available, std::min(kCapacity, available + amount),
                                           std::memory_order_relaxed)) {
  }
}

std::chrono::milliseconds retry_delay(int failed, double random,
                                      std::optional<std::chrono::seconds> retry_after) noexcept {
  // 2^5 s is past the cap already.
  const auto most = std::min(kLongest, kBase * (1 << std::clamp(failed - 1, 0, 5)));
  const auto drawn = std::chrono::milliseconds{std::llround(random * static_cast<double>(most.count()))};
  if (!retry_after) {
    return drawn;
  }
  // Compared in seconds: a huge wish must not overflow on its way to milliseconds.
  const auto wish = std::clamp<std::chrono::seconds>(*retry_after, std::chrono::seconds{0},
                                                     std::chrono::duration_cast<std::chrono::seconds>(kLongest));
  return std::max<std::chrono::milliseconds>(drawn, wish);
}

bool never_reached_service(const Error& error) noexcept {
  constexpr std::array<const char*, 5> kCodes{"ConnectTimeout", "NameResolution", "ConnectionRefused",
                                              "TlsVerification", "InvalidUrl"};
  return std::any_of(kCodes.begin(), kCodes.end(), [&](const char* code) { return error.code() == code; });
}

}  // namespace aws_refresh_session::aws
