#include "server/served_json.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

namespace aws_refresh_session::server {
namespace {

/// SDKs that find no expiration take the answer for broken; one hour is what a role's set lives.
constexpr std::chrono::hours kLifeOfLastingKeys{1};
/// Longer than any answer but the longest session tokens: they would be copied while the text grows.
constexpr std::size_t kUsualSize = 4'096;

struct CivilTime {
  std::chrono::year_month_day date{};
  std::chrono::hh_mm_ss<std::chrono::seconds> time{};
  unsigned weekday = 0;
};

CivilTime civil(WallTime time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const auto day = std::chrono::floor<std::chrono::days>(seconds);
  return {std::chrono::year_month_day{day}, std::chrono::hh_mm_ss{seconds - day},
          std::chrono::weekday{day}.c_encoding()};
}

/// The length of the well-formed UTF-8 sequence at the start (Unicode 3.9, table 3-7); 0 if there is none.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const auto continues = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xBF) {
    return byte(i) >= low && byte(i) <= high;
  };
  const unsigned first = byte(0);
  if (first < 0x80) {
    return 1;
  }
  if (first >= 0xC2 && first <= 0xDF) {
    return continues(1) ? 2 : 0;
  }
  if (first >= 0xE0 && first <= 0xEF) {
    const bool second = continues(1, first == 0xE0 ? 0xA0 : 0x80, first == 0xED ? 0x9F : 0xBF);
    return second && continues(2) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const bool second = continues(1, first == 0xF0 ? 0x90 : 0x80, first == 0xF4 ? 0x8F : 0xBF);
    return second && continues(2) && continues(3) ? 4 : 0;
  }
  return 0;
}

void append_member(WipedText& json, std::string_view name, std::string_view value) {
  json += json.empty() ? '{' : ',';
  append_json_string(json, name);
  json += ':';
  append_json_string(json, value);
}

void append_set(WipedText& json, const Credentials& credentials, WallTime now) {
  append_member(json, "AccessKeyId", credentials.access_key_id());
  append_member(json, "SecretAccessKey", credentials.secret_access_key().reveal());
  append_member(json, "Token", credentials.session_token().reveal());
  append_member(json, "Expiration", utc_text(credentials.expiration().value_or(now + kLifeOfLastingKeys)));
}

WipedText started() {
  WipedText json;
  json.reserve(kUsualSize);
  return json;
}

}  // namespace

std::string utc_text(WallTime time) {
  const auto [date, clock, weekday] = civil(time);
  std::array<char, 40> text{};
  const int size = std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ",
                                 static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                                 static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
                                 static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()));
  return {text.data(), static_cast<std::size_t>(std::max(size, 0))};
}

std::string http_date(WallTime time) {
  constexpr std::array kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto [date, clock, weekday] = civil(time);
  std::array<char, 48> text{};
  const int size = std::snprintf(text.data(), text.size(), "%s, %02u %s %04d %02d:%02d:%02d GMT", kDays.at(weekday),
                                 static_cast<unsigned>(date.day()), kMonths.at(static_cast<unsigned>(date.month()) - 1),
                                 static_cast<int>(date.year()), static_cast<int>(clock.hours().count()),
                                 static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()));
  return {text.data(), static_cast<std::size_t>(std::max(size, 0))};
}

void append_json_string(WipedText& json, std::string_view text) {
  constexpr unsigned kFirstPlain = 0x20;
  constexpr std::string_view kHexDigits = "0123456789abcdef";
  json += '"';
  while (!text.empty()) {
    const auto length = sequence_length(text);
    const char first = text.front();
    const auto code = static_cast<unsigned char>(first);
    if (length == 0) {
      json += "\xEF\xBF\xBD";
    } else if (first == '"' || first == '\\') {
      json += '\\';
      json += first;
    } else if (code < kFirstPlain) {
      json += "\\u00";
      json += kHexDigits[code >> 4U];
      json += kHexDigits[code & 0xFU];
    } else {
      json += text.substr(0, length);
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  json += '"';
}

WipedText container_json(const Credentials& credentials, std::string_view role_arn, WallTime now) {
  auto json = started();
  append_set(json, credentials, now);
  if (!credentials.account_id().empty()) {
    append_member(json, "AccountId", credentials.account_id());
  }
  if (!role_arn.empty()) {
    append_member(json, "RoleArn", role_arn);
  }
  json += '}';
  return json;
}

WipedText metadata_json(const Credentials& credentials, WallTime now) {
  auto json = started();
  append_member(json, "Code", "Success");
  append_member(json, "LastUpdated", utc_text(now));
  append_member(json, "Type", "AWS-HMAC");
  append_set(json, credentials, now);
  json += '}';
  return json;
}

WipedText error_json(std::string_view code, std::string_view message) {
  auto json = started();
  append_member(json, "code", code);
  append_member(json, "message", message);
  json += '}';
  return json;
}

}  // namespace aws_refresh_session::server
