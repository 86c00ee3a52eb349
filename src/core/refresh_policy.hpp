#pragma once

#include "core/snapshot_cell.hpp"

#include <aws_refresh_session/clock.hpp>
#include <aws_refresh_session/refreshing_provider.hpp>

#include <chrono>
#include <random>

namespace aws_refresh_session::core {

/// The questions of the refresh rule, without state: what the engine asks, tests can ask in a table.
class RefreshPolicy {
 public:
  explicit RefreshPolicy(RefreshOptions options) : options_(std::move(options)) {}

  /// When a set received `now` leaves each state. `expires_at` is on the local clock.
  [[nodiscard]] Milestones milestones(WallTime now, WallTime expires_at, std::minstd_rand& random) const;

  /// Until the source is asked again after a success. A source whose sets are never fresh (a window as long as the
  /// lifetime, or the same old set again) is asked again after a quarter of what is left of them.
  [[nodiscard]] std::chrono::milliseconds pause_after_success(WallTime now, const Milestones& milestones) const;

  /// What is known when an attempt has failed.
  struct Failure {
    /// In a row, this one included.
    unsigned count = 1;
    /// What is left of the current set; zero or less for none.
    std::chrono::milliseconds remaining{0};
    /// The last set's, at receipt; zero if there was none, or it had no end.
    std::chrono::milliseconds lifetime{0};
    std::optional<std::chrono::seconds> retry_after{};
  };

  /// Until the source is asked again after a failure.
  [[nodiscard]] std::chrono::milliseconds pause_after_failure(const Failure& failure, std::minstd_rand& random) const;

  /// How long a non-recoverable error is raised without asking again.
  [[nodiscard]] std::chrono::milliseconds error_ttl(std::minstd_rand& random) const;

  [[nodiscard]] const RefreshOptions& options() const noexcept { return options_; }

 private:
  [[nodiscard]] std::chrono::milliseconds advisory_window(std::chrono::milliseconds lifetime,
                                                          std::minstd_rand& random) const;

  RefreshOptions options_;
};

}  // namespace aws_refresh_session::core
