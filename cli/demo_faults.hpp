#pragma once

/// \file
/// The demo's failures: which, when, and for how long.

#include "cli/demo_options.hpp"

#include "emulator/emulator.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace aws_refresh_session::cli {

/// Decides from times alone, so that it can be tested without any.
class FaultPlan {
 public:
  enum class Step { none, begin, end };

  explicit FaultPlan(const DemoOptions& options);

  /// \param elapsed since the start of the run
  /// \param remaining life of the set in use
  /// \param life it had when it was received
  [[nodiscard]] Step next(std::chrono::milliseconds elapsed, std::chrono::milliseconds remaining,
                          std::chrono::milliseconds life);

  [[nodiscard]] bool active() const noexcept { return ends_.has_value(); }
  /// How many have begun.
  [[nodiscard]] int begun() const noexcept { return begun_; }

 private:
  DemoOptions options_;
  std::chrono::milliseconds last_start_;
  std::chrono::milliseconds pause_;
  std::chrono::milliseconds not_before_;
  std::optional<std::chrono::milliseconds> ends_;
  int begun_ = 0;
};

/// Carries the plan out on an emulator.
class FaultInjector {
 public:
  /// What there is to say when something changed; empty otherwise.
  using Note = std::string;

  FaultInjector(emulator::Emulator& emulator, const DemoOptions& options);

  /// To be called often.
  /// \param key_id of the set in use; another one after a failure means that the session recovered
  [[nodiscard]] Note update(std::chrono::milliseconds elapsed, std::chrono::milliseconds remaining,
                            std::chrono::milliseconds life, std::string_view key_id);

  [[nodiscard]] int injected() const noexcept { return plan_.begun(); }
  [[nodiscard]] int recovered() const noexcept { return recovered_; }
  /// What fails now; empty if nothing does.
  [[nodiscard]] const std::string& active() const noexcept { return active_; }
  /// How many requests were hit.
  [[nodiscard]] std::uint64_t hits() const;

 private:
  emulator::Emulator& emulator_;
  FaultPlan plan_;
  std::chrono::milliseconds hang_;
  std::string active_;
  std::optional<emulator::FaultId> fault_;
  /// The set that was in use when the last failure began, until another one is.
  std::string waiting_for_successor_of_;
  std::chrono::milliseconds ended_{0};
  int recovered_ = 0;
};

}  // namespace aws_refresh_session::cli
