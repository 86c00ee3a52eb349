#pragma once

/// \file
/// The standard retry mode of the AWS SDKs.
/// https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html

#include <aws_refresh_session/clock.hpp>
#include <aws_refresh_session/exceptions.hpp>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>

namespace aws_refresh_session::aws {

/// Waits; returns false as soon as it was asked to stop.
using Waiter = std::function<bool(std::chrono::milliseconds, const std::stop_token&)>;

/// Time and chance, so that tests need neither.
struct RetrySeams {
  Waiter wait;
  /// From [0, 1). Called from any thread.
  std::function<double()> random;
};

/// Fills in what is empty: waits by the clock, and the machine's own chance.
[[nodiscard]] RetrySeams with_defaults(RetrySeams seams, std::shared_ptr<const Clock> clock);

/// What a client may spend on retries, so that many callers do not turn an outage into a storm. Lock-free.
class RetryQuota {
 public:
  static constexpr int kCapacity = 500;
  static constexpr int kRetryCost = 5;
  static constexpr int kTimeoutCost = 10;
  /// What a call that needed no retry gives back.
  static constexpr int kRefill = 1;

  /// Takes the cost, if there is as much.
  [[nodiscard]] bool acquire(int cost) noexcept;
  /// Gives back; never beyond the capacity.
  void release(int amount) noexcept;
  [[nodiscard]] int available() const noexcept { return available_.load(std::memory_order_relaxed); }

 private:
  std::atomic<int> available_{kCapacity};
};

/// The pause before the next attempt: drawn from [0, min(20 s, 1 s * 2^(failed - 1))) (full jitter), at least the
/// service's own wish, which counts up to 20 s.
/// \param failed attempts so far, from 1
/// \param random from [0, 1)
[[nodiscard]] std::chrono::milliseconds retry_delay(int failed, double random,
                                                    std::optional<std::chrono::seconds> retry_after) noexcept;

/// True for a failure without an answer that surely happened before the request went out.
[[nodiscard]] bool never_reached_service(const Error& error) noexcept;

}  // namespace aws_refresh_session::aws
