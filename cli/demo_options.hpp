#pragma once

#include "cli/command_line.hpp"

#include <aws_refresh_session/refreshing_provider.hpp>

#include <chrono>

namespace aws_refresh_session::cli {

struct DemoOptions {
  std::chrono::seconds run{20};
  std::chrono::seconds lifetime{4};
  int readers = 2;
  int requests_per_second = 20;
  /// Back-off and the patience of readers scaled to the lifetime: the defaults are made for hours.
  RefreshOptions refresh;

  /// How long one call to the emulator may take: short enough that a call that hangs leaves time for another.
  [[nodiscard]] std::chrono::milliseconds attempt_timeout() const;
  /// How long before the end of a set that lived `life` when it came the refresh begins; less exact than the engine's,
  /// which moves it by a few percent.
  [[nodiscard]] std::chrono::milliseconds advisory_window(std::chrono::milliseconds life) const;
};

/// \throws UsageError
[[nodiscard]] DemoOptions demo_options(const DemoArguments& demo, const RefreshArguments& refresh);

}  // namespace aws_refresh_session::cli
