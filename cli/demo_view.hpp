#pragma once

/// \file
/// The demo's progress: frames of the live view, and plain lines.

#include "cli/demo_load.hpp"

#include <aws_refresh_session/credentials.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aws_refresh_session::cli {

/// Everything there is to show at one moment.
struct DemoFrame {
  std::chrono::milliseconds elapsed{0};
  std::chrono::milliseconds run{0};
  std::chrono::milliseconds lifetime{0};
  std::string key_id;
  Freshness state = Freshness::none;
  std::chrono::milliseconds remaining{0};
  ReadTotals reads;
  double reads_per_second = 0;
  RequestTotals requests;
  std::uint64_t refreshes = 0;
  std::uint64_t failed_attempts = 0;
  std::optional<std::chrono::milliseconds> next_attempt;
  /// What fails now; empty if nothing does.
  std::string failing;
  int failures_injected = 0;
  int failures_recovered = 0;
  /// Oldest first.
  std::vector<std::string> events;
};

/// Lines of at most `columns` columns, at most `rows` of them; the events fill what is left.
[[nodiscard]] std::vector<std::string> live_lines(const DemoFrame& frame, std::size_t columns, std::size_t rows,
                                                  bool colour);

/// The same in one line, for logs.
[[nodiscard]] std::string plain_line(const DemoFrame& frame);

/// Redraws lines in place on standard error. Restores the cursor when it goes.
class LiveScreen {
 public:
  LiveScreen();
  ~LiveScreen();
  LiveScreen(const LiveScreen&) = delete;
  LiveScreen& operator=(const LiveScreen&) = delete;

  /// \param columns of the terminal now: when it changed, what was drawn has moved and the screen is cleared
  void draw(const std::vector<std::string>& lines, std::size_t columns);

 private:
  std::size_t drawn_ = 0;
  std::size_t columns_ = 0;
};

}  // namespace aws_refresh_session::cli
