#include "core/rfc3339.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace aws_refresh_session::core {
namespace {

using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::sys_seconds;

// Years that may come out. Nanoseconds in 64 bits reach from 1677 to 2262; this narrower range makes the difference of
// any two results fit as well, so that no caller has to guard `expiration - now` against overflow.
constexpr sys_seconds kEarliest = sys_days{std::chrono::year{1970} / 1 / 1};
constexpr sys_seconds kAfterLatest = sys_days{std::chrono::year{2262} / 1 / 1};

constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> kWeekdays = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};

/// What is left of the text being read; every step fails once one did.
class Reader {
 public:
  explicit Reader(std::string_view text) noexcept : rest_(text) {}

  [[nodiscard]] bool failed() const noexcept { return failed_; }
  [[nodiscard]] bool at_end() const noexcept { return rest_.empty(); }

  /// Exactly `count` ASCII digits.
  unsigned digits(std::size_t count) noexcept {
    if (failed_ || rest_.size() < count) {
      failed_ = true;
      return 0;
    }
    unsigned value = 0;
    for (const char each : rest_.substr(0, count)) {
      if (each < '0' || each > '9') {
        failed_ = true;
        return 0;
      }
      value = value * 10 + static_cast<unsigned>(each - '0');
    }
    rest_.remove_prefix(count);
    return value;
  }

  /// One of the characters, which it returns.
  char one_of(std::string_view characters) noexcept {
    if (failed_ || rest_.empty() || characters.find(rest_.front()) == std::string_view::npos) {
      failed_ = true;
      return '\0';
    }
    const char found = rest_.front();
    rest_.remove_prefix(1);
    return found;
  }

  void literal(std::string_view text) noexcept {
    if (failed_ || !rest_.starts_with(text)) {
      failed_ = true;
      return;
    }
    rest_.remove_prefix(text.size());
  }

  /// The position of the name that comes next.
  template <std::size_t Count>
  unsigned name(const std::array<std::string_view, Count>& names) noexcept {
    for (unsigned index = 0; index < Count; ++index) {
      if (!failed_ && rest_.starts_with(names[index])) {
        rest_.remove_prefix(names[index].size());
        return index;
      }
    }
    failed_ = true;
    return 0;
  }

  /// A point and at least one digit, or nothing. What is finer than a nanosecond is cut off.
  nanoseconds fraction() noexcept {
    if (failed_ || rest_.empty() || rest_.front() != '.') {
      return nanoseconds{0};
    }
    rest_.remove_prefix(1);
    std::int64_t value = 0;
    std::int64_t scale = 1'000'000'000;
    std::size_t length = 0;
    while (length < rest_.size() && rest_[length] >= '0' && rest_[length] <= '9') {
      if (scale > 1) {
        scale /= 10;
        value += scale * (rest_[length] - '0');
      }
      ++length;
    }
    failed_ = length == 0;
    rest_.remove_prefix(length);
    return nanoseconds{value};
  }

 private:
  std::string_view rest_;
  bool failed_ = false;
};

struct Fields {
  unsigned year = 0;
  unsigned month = 0;
  unsigned day = 0;
  unsigned hour = 0;
  unsigned minute = 0;
  unsigned second = 0;
  nanoseconds fraction{0};
  minutes offset{0};
};

void read_time_of_day(Reader& reader, Fields& fields) noexcept {
  fields.hour = reader.digits(2);
  reader.literal(":");
  fields.minute = reader.digits(2);
  reader.literal(":");
  fields.second = reader.digits(2);
}

Fields read_date_time(Reader& reader) noexcept {
  Fields fields;
  fields.year = reader.digits(4);
  reader.literal("-");
  fields.month = reader.digits(2);
  reader.literal("-");
  fields.day = reader.digits(2);
  reader.one_of("Tt ");
  read_time_of_day(reader, fields);
  fields.fraction = reader.fraction();
  return fields;
}

/// False also for an offset out of range.
bool read_zone(Reader& reader, Fields& fields) noexcept {
  const char sign = reader.one_of("Zz+-");
  if (sign != '+' && sign != '-') {
    return !reader.failed();
  }
  const unsigned hours = reader.digits(2);
  reader.literal(":");
  const unsigned minute = reader.digits(2);
  if (reader.failed() || hours > 23 || minute > 59) {
    return false;
  }
  fields.offset = minutes{hours * 60 + minute} * (sign == '-' ? -1 : 1);
  return true;
}

std::optional<WallTime> to_time(const Fields& fields) noexcept {
  const std::chrono::year_month_day date{std::chrono::year{static_cast<int>(fields.year)},
                                         std::chrono::month{fields.month}, std::chrono::day{fields.day}};
  if (!date.ok() || fields.hour > 23 || fields.minute > 59 || fields.second > 60) {
    return std::nullopt;
  }
  const sys_seconds minute = sys_days{date} + std::chrono::hours{fields.hour} + minutes{fields.minute} - fields.offset;
  // A leap second ends a day in UTC, nothing else (RFC 3339, 5.7). Which days had one is not checked.
  if (fields.second == 60 && minute - std::chrono::floor<std::chrono::days>(minute) != minutes{24 * 60 - 1}) {
    return std::nullopt;
  }
  const sys_seconds time = minute + seconds{fields.second};
  if (time < kEarliest || time >= kAfterLatest) {
    return std::nullopt;
  }
  return WallTime{std::chrono::duration_cast<WallTime::duration>(time.time_since_epoch() + fields.fraction)};
}

void append_digits(std::string& text, unsigned value, std::size_t count) {
  std::array<char, 4> digits{};
  for (std::size_t index = count; index > 0; --index) {
    digits[index - 1] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
  text.append(digits.data(), count);
}

std::string format(WallTime time, std::string_view date_separator, std::string_view time_separator) {
  const auto whole = std::chrono::floor<seconds>(time);
  const auto day = std::chrono::floor<std::chrono::days>(whole);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{whole - day};
  std::string text;
  text.reserve(20);
  append_digits(text, static_cast<unsigned>(static_cast<int>(date.year())), 4);
  text.append(date_separator);
  append_digits(text, static_cast<unsigned>(date.month()), 2);
  text.append(date_separator);
  append_digits(text, static_cast<unsigned>(date.day()), 2);
  text.push_back('T');
  append_digits(text, static_cast<unsigned>(clock.hours().count()), 2);
  text.append(time_separator);
  append_digits(text, static_cast<unsigned>(clock.minutes().count()), 2);
  text.append(time_separator);
  append_digits(text, static_cast<unsigned>(clock.seconds().count()), 2);
  text.push_back('Z');
  return text;
}

}  // namespace

std::optional<WallTime> parse_rfc3339(std::string_view text) noexcept {
  Reader reader{text};
  Fields fields = read_date_time(reader);
  if (!read_zone(reader, fields) || reader.failed() || !reader.at_end()) {
    return std::nullopt;
  }
  return to_time(fields);
}

bool is_rfc3339_without_zone(std::string_view text) noexcept {
  Reader reader{text};
  const Fields fields = read_date_time(reader);
  return !reader.failed() && reader.at_end() && to_time(fields).has_value();
}

std::string format_rfc3339(WallTime time) {
  return format(time, "-", ":");
}

std::string format_basic_iso8601(WallTime time) {
  return format(time, "", "");
}

std::optional<WallTime> parse_http_date(std::string_view text) noexcept {
  Reader reader{text};
  Fields fields;
  reader.name(kWeekdays);
  reader.literal(", ");
  fields.day = reader.digits(2);
  reader.literal(" ");
  fields.month = reader.name(kMonths) + 1;
  reader.literal(" ");
  fields.year = reader.digits(4);
  reader.literal(" ");
  read_time_of_day(reader, fields);
  reader.literal(" GMT");
  if (reader.failed() || !reader.at_end()) {
    return std::nullopt;
  }
  return to_time(fields);
}

}  // namespace aws_refresh_session::core
