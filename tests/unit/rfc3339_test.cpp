#include "core/rfc3339.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aws_refresh_session::core {
namespace {

using namespace std::chrono_literals;

WallTime at(std::int64_t seconds, std::chrono::nanoseconds fraction = 0ns) {
  return WallTime{std::chrono::seconds{seconds} + fraction};
}

struct Accepted {
  std::string_view text;
  WallTime time;
};

// The seconds come from `date -u -d TEXT +%s`.
TEST(Rfc3339, AcceptsWhatTheGrammarAllows) {
  const std::vector<Accepted> cases = {
      {"1970-01-01T00:00:00Z", at(0)},
      {"2026-01-01T00:00:00Z", at(1'767'225'600)},
      {"2026-01-01t00:00:00z", at(1'767'225'600)},
      {"2026-01-01 00:00:00Z", at(1'767'225'600)},
      {"2024-02-29T12:34:56Z", at(1'709'210'096)},
      {"2000-02-29T00:00:00Z", at(951'782'400)},
      {"2026-01-01T05:30:00+05:30", at(1'767'225'600)},
      {"2025-12-31T16:00:00-08:00", at(1'767'225'600)},
      {"2026-01-01T00:00:00-00:00", at(1'767'225'600)},
      {"2026-01-01T23:59:00+23:59", at(1'767'225'600)},
      {"2026-01-01T00:00:00.5Z", at(1'767'225'600, 500ms)},
      {"2026-01-01T00:00:00.123456Z", at(1'767'225'600, 123'456us)},
      {"2026-01-01T00:00:00.123456789Z", at(1'767'225'600, 123'456'789ns)},
      {"2026-01-01T00:00:00.1234567899999999999999999999Z", at(1'767'225'600, 123'456'789ns)},
      {"2016-12-31T23:59:60Z", at(1'483'228'800)},
      {"2016-12-31T15:59:60.5-08:00", at(1'483'228'800, 500ms)},
      {"2261-12-31T23:59:59.999999999Z", at(9'214'646'399, 999'999'999ns)},
  };
  for (const auto& each : cases) {
    const auto time = parse_rfc3339(each.text);
    ASSERT_TRUE(time.has_value()) << each.text;
    EXPECT_EQ(*time, each.time) << each.text;
  }
}

TEST(Rfc3339, RefusesWhatIsMalformedOrOutOfRange) {
  const std::vector<std::string_view> cases = {
      "",
      "2026",
      "2026-01-01",
      "2026-01-01Z",
      "2026-01-01T00:00Z",
      "2026-01-01T00:00:00",
      "2026-01-01T00:00:00 Z",
      "2026-01-01T00:00:00Z ",
      " 2026-01-01T00:00:00Z",
      "2026-01-01T00:00:00ZZ",
      "2026-01-01T00:00:00.Z",
      "2026-01-01T00:00:00,5Z",
      "2026-01-01T00:00:00.-5Z",
      "2026-01-01_00:00:00Z",
      "2026-1-01T00:00:00Z",
      "26-01-01T00:00:00Z",
      "+2026-01-01T00:00:00Z",
      "12026-01-01T00:00:00Z",
      "2026-00-01T00:00:00Z",
      "2026-13-01T00:00:00Z",
      "2026-01-00T00:00:00Z",
      "2026-01-32T00:00:00Z",
      "2026-02-29T00:00:00Z",
      "1900-02-29T00:00:00Z",
      "2026-04-31T00:00:00Z",
      "2026-01-01T24:00:00Z",
      "2026-01-01T00:60:00Z",
      "2026-01-01T00:00:61Z",
      "2026-01-01T12:00:60Z",
      "2016-12-31T23:59:60-08:00",
      "2026-01-01T00:00:00+0530",
      "2026-01-01T00:00:00+05",
      "2026-01-01T00:00:00+24:00",
      "2026-01-01T00:00:00+00:60",
      "2026-01-01T00:00:00+5:30",
      "2026-01-01T00:00:00GMT",
      "20260101T000000Z",
      "0000-01-01T00:00:00Z",
      "0001-01-01T00:00:00Z",
      "1969-12-31T23:59:59Z",
      "1970-01-01T00:00:00+00:01",
      "2262-01-01T00:00:00Z",
      "2261-12-31T23:59:60Z",
      "9999-12-31T23:59:59Z",
      "\xd9\xa2\xd9\xa0\xd9\xa2\xd9\xa6-01-01T00:00:00Z",
  };
  for (const auto& each : cases) {
    EXPECT_FALSE(parse_rfc3339(each).has_value()) << each;
  }
  EXPECT_FALSE(parse_rfc3339(std::string_view{"2026-01-01T00:00:00Z\0", 21}).has_value());
}

TEST(Rfc3339, EveryProperPrefixIsRefused) {
  const std::string_view whole = "2026-01-01T00:00:00.25+01:00";
  ASSERT_TRUE(parse_rfc3339(whole));
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_FALSE(parse_rfc3339(whole.substr(0, length))) << length;
  }
}

TEST(Rfc3339, ATextThatOnlyLacksItsZoneIsRecognised) {
  EXPECT_TRUE(is_rfc3339_without_zone("2026-01-01T00:00:00"));
  EXPECT_TRUE(is_rfc3339_without_zone("2026-01-01 00:00:00.5"));
  EXPECT_FALSE(is_rfc3339_without_zone("2026-01-01T00:00:00Z"));
  EXPECT_FALSE(is_rfc3339_without_zone("2026-01-01T00:00:00+01:00"));
  EXPECT_FALSE(is_rfc3339_without_zone("2026-02-30T00:00:00"));
  EXPECT_FALSE(is_rfc3339_without_zone("2026-01-01"));
  EXPECT_FALSE(is_rfc3339_without_zone(""));
}

TEST(Rfc3339, FormattingDropsFractionsTowardsThePast) {
  EXPECT_EQ(format_rfc3339(at(1'767'225'600, 999'999'999ns)), "2026-01-01T00:00:00Z");
  EXPECT_EQ(format_rfc3339(at(0)), "1970-01-01T00:00:00Z");
  EXPECT_EQ(format_rfc3339(at(0) - 1ns), "1969-12-31T23:59:59Z");
  EXPECT_EQ(format_basic_iso8601(at(1'709'210'096)), "20240229T123456Z");
}

TEST(Rfc3339, TheEndsOfTheClockCanBeFormatted) {
  EXPECT_EQ(format_rfc3339(WallTime::min()), "1677-09-21T00:12:43Z");
  EXPECT_EQ(format_rfc3339(WallTime::max()), "2262-04-11T23:47:16Z");
}

TEST(Rfc3339, WhatIsFormattedParsesBackForEveryDayOfFourCenturies) {
  for (auto time = at(1); time < at(9'214'646'400); time += 24h + 61s) {
    const auto text = format_rfc3339(time);
    const auto back = parse_rfc3339(text);
    ASSERT_TRUE(back.has_value()) << text;
    ASSERT_EQ(*back, time) << text;
  }
}

TEST(HttpDate, AcceptsThePreferredForm) {
  EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), std::optional{at(784'111'777)});
  EXPECT_EQ(parse_http_date("Thu, 01 Jan 2026 00:00:00 GMT"), std::optional{at(1'767'225'600)});
  EXPECT_EQ(parse_http_date("Sat, 31 Dec 2016 23:59:60 GMT"), std::optional{at(1'483'228'800)});
}

TEST(HttpDate, RefusesEverythingElse) {
  const std::vector<std::string_view> cases = {
      "",
      "Sunday, 06-Nov-94 08:49:37 GMT",
      "Sun Nov  6 08:49:37 1994",
      "Sun, 06 Nov 1994 08:49:37",
      "Sun, 06 Nov 1994 08:49:37 UTC",
      "Sun, 06 Nov 1994 08:49:37 GMT ",
      "Sun, 6 Nov 1994 08:49:37 GMT",
      "sun, 06 nov 1994 08:49:37 gmt",
      "Xxx, 06 Nov 1994 08:49:37 GMT",
      "Sun, 06 Xxx 1994 08:49:37 GMT",
      "Sun, 31 Nov 1994 08:49:37 GMT",
      "Sun, 06 Nov 1994 24:49:37 GMT",
      "Sun, 06 Nov 9999 08:49:37 GMT",
  };
  for (const auto& each : cases) {
    EXPECT_FALSE(parse_http_date(each).has_value()) << each;
  }
}

}  // namespace
}  // namespace aws_refresh_session::core
