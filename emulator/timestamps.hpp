#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace aws_refresh_session::emulator {

using TimePoint = std::chrono::system_clock::time_point;

/// Reads `YYYYMMDDTHHMMSSZ`.
[[nodiscard]] std::optional<TimePoint> parse_amz_date(std::string_view text);
[[nodiscard]] std::string format_amz_date(TimePoint time);

/// Reads and writes `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, 5.6.7).
[[nodiscard]] std::optional<TimePoint> parse_http_date(std::string_view text);
[[nodiscard]] std::string format_http_date(TimePoint time);

/// `YYYY-MM-DDTHH:MM:SSZ`, rounded down; with `milliseconds`, `...SS.mmmZ`.
[[nodiscard]] std::string format_rfc3339(TimePoint time, bool milliseconds = false);

}  // namespace aws_refresh_session::emulator
