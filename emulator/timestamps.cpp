#include "emulator/timestamps.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>

namespace aws_refresh_session::emulator {
namespace {

using std::chrono::sys_days;

constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

struct Parts {
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
  int millisecond = 0;
  unsigned weekday = 0;
};

Parts split(TimePoint time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{std::chrono::floor<std::chrono::milliseconds>(time - day)};
  return {.year = static_cast<int>(date.year()),
          .month = static_cast<unsigned>(date.month()),
          .day = static_cast<unsigned>(date.day()),
          .hour = static_cast<int>(clock.hours().count()),
          .minute = static_cast<int>(clock.minutes().count()),
          .second = static_cast<int>(clock.seconds().count()),
          .millisecond = static_cast<int>(clock.subseconds().count()),
          .weekday = std::chrono::weekday{day}.c_encoding()};
}

std::optional<TimePoint> join(const Parts& parts) {
  const std::chrono::year_month_day date{std::chrono::year{parts.year}, std::chrono::month{parts.month},
                                         std::chrono::day{parts.day}};
  // The years that a nanosecond count of 64 bits holds.
  if (!date.ok() || parts.year < 1970 || parts.year > 2261 || parts.hour > 23 || parts.minute > 59 ||
      parts.second > 60) {
    return std::nullopt;
  }
  return sys_days{date} + std::chrono::hours{parts.hour} + std::chrono::minutes{parts.minute} +
         std::chrono::seconds{parts.second};
}

/// Exactly `count` digits at `from`; false leaves `out` alone.
template <typename Number>
bool digits(std::string_view text, std::size_t from, std::size_t count, Number& out) {
  const auto part = text.substr(from, count);
  if (part.size() != count || part.find_first_not_of("0123456789") != std::string_view::npos) {
    return false;
  }
  return std::from_chars(part.data(), part.data() + part.size(), out).ec == std::errc{};
}

}  // namespace

std::optional<TimePoint> parse_amz_date(std::string_view text) {
  Parts parts;
  if (text.size() != 16 || text[8] != 'T' || text[15] != 'Z' || !digits(text, 0, 4, parts.year) ||
      !digits(text, 4, 2, parts.month) || !digits(text, 6, 2, parts.day) || !digits(text, 9, 2, parts.hour) ||
      !digits(text, 11, 2, parts.minute) || !digits(text, 13, 2, parts.second)) {
    return std::nullopt;
  }
  return join(parts);
}

std::string format_amz_date(TimePoint time) {
  const Parts parts = split(time);
  return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}Z", parts.year, parts.month, parts.day, parts.hour, parts.minute,
                     parts.second);
}

std::optional<TimePoint> parse_http_date(std::string_view text) {
  Parts parts;
  if (text.size() != 29 || text.substr(25) != " GMT" || !digits(text, 5, 2, parts.day) ||
      !digits(text, 12, 4, parts.year) || !digits(text, 17, 2, parts.hour) || !digits(text, 20, 2, parts.minute) ||
      !digits(text, 23, 2, parts.second)) {
    return std::nullopt;
  }
  const auto month = std::ranges::find(kMonths, text.substr(8, 3));
  if (month == kMonths.end()) {
    return std::nullopt;
  }
  parts.month = static_cast<unsigned>(month - kMonths.begin()) + 1;
  return join(parts);
}

std::string format_http_date(TimePoint time) {
  const Parts parts = split(time);
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", kDays.at(parts.weekday), parts.day,
                     kMonths.at(parts.month - 1), parts.year, parts.hour, parts.minute, parts.second);
}

std::string format_rfc3339(TimePoint time, bool milliseconds) {
  const Parts parts = split(time);
  const auto text = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", parts.year, parts.month, parts.day, parts.hour,
                                parts.minute, parts.second);
  return milliseconds ? fmt::format("{}.{:03}Z", text, parts.millisecond) : text + 'Z';
}

}  // namespace aws_refresh_session::emulator
