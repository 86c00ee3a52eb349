#pragma once

/// \file
/// What the demo saw, and whether it is good.

#include "cli/demo_load.hpp"
#include "cli/demo_options.hpp"
#include "cli/json_text.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace aws_refresh_session::cli {

struct DemoReport {
  DemoOptions options;
  /// How long it ran, and whether it was stopped early.
  std::chrono::milliseconds ran{0};
  bool interrupted = false;

  ReadTotals reads;
  std::string first_read_error;
  RequestTotals requests;
  std::string first_request_error;

  /// Sets received after the first, and attempts that failed.
  std::uint64_t refreshes = 0;
  std::uint64_t failed_attempts = 0;

  int failures_injected = 0;
  int failures_recovered = 0;
  std::uint64_t requests_hit = 0;

  /// The emulator's own counts.
  std::uint64_t sets_issued = 0;
  std::uint64_t requests_with_expired_sets = 0;

  [[nodiscard]] double reads_per_second() const;
  /// One sentence for each thing that is not as it must be; empty: the demo passed.
  [[nodiscard]] std::vector<std::string> complaints() const;
};

/// For a person; several lines.
[[nodiscard]] std::string summary_text(const DemoReport& report);
/// For a program.
void describe(const DemoReport& report, JsonObject& json);

/// `1,234,567`
[[nodiscard]] std::string grouped(std::uint64_t number);
/// `850 ns`, `12.3 us`, `1.50 ms`, `2.10 s`
[[nodiscard]] std::string span_text(std::chrono::nanoseconds span);

}  // namespace aws_refresh_session::cli
