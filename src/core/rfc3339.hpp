#pragma once

#include <aws_refresh_session/clock.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace aws_refresh_session::core {

/// Reads an RFC 3339 date-time: `T`, `t` or a space between, fractions of any length (kept to the nanosecond),
/// `Z` or an offset, leap seconds as the second after. Without a zone, out of range or malformed: nullopt.
[[nodiscard]] std::optional<WallTime> parse_rfc3339(std::string_view text) noexcept;

/// True if the text would parse with a zone appended: lets an error say what is missing.
[[nodiscard]] bool is_rfc3339_without_zone(std::string_view text) noexcept;

/// `YYYY-MM-DDTHH:MM:SSZ`; fractions are dropped.
[[nodiscard]] std::string format_rfc3339(WallTime time);

/// `YYYYMMDDTHHMMSSZ`, as AWS Signature Version 4 wants it.
[[nodiscard]] std::string format_basic_iso8601(WallTime time);

/// Reads an HTTP date in its preferred form (RFC 9110, 5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`.
[[nodiscard]] std::optional<WallTime> parse_http_date(std::string_view text) noexcept;

}  // namespace aws_refresh_session::core
