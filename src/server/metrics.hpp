#pragma once

#include "server/role_watch.hpp"
#include "server/wiping_allocator.hpp"

#include <aws_refresh_session/clock.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace aws_refresh_session::server {

/// How a request ended.
enum class Outcome {
  ok,
  bad_request,
  unauthorized,
  forbidden,
  not_found,
  method_not_allowed,
  too_large,
  unavailable,
  timed_out,
};
inline constexpr std::size_t kOutcomes = 9;

[[nodiscard]] std::string_view to_string(Outcome outcome) noexcept;

/// What the server counts. For one thread.
class Metrics {
 public:
  void count(Outcome outcome, std::chrono::nanoseconds latency);
  void set_connections(std::size_t open) noexcept { connections_ = open; }
  void count_eviction() noexcept { ++evictions_; }

  /// https://prometheus.io/docs/instrumenting/exposition_formats/, version 0.0.4. No secret, no key id.
  [[nodiscard]] WipedText text(std::span<const RoleWatch> roles, WallTime now) const;

 private:
  static constexpr std::array<double, 7> kBucketSeconds{0.00005, 0.0001, 0.00025, 0.001, 0.01, 0.1, 1};

  std::array<std::uint64_t, kOutcomes> outcomes_{};
  /// Requests up to each bound, those below included.
  std::array<std::uint64_t, kBucketSeconds.size()> buckets_{};
  std::uint64_t requests_ = 0;
  std::chrono::nanoseconds total_{0};
  std::size_t connections_ = 0;
  std::uint64_t evictions_ = 0;
};

}  // namespace aws_refresh_session::server
