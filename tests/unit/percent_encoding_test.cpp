#include "core/percent_encoding.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aws_refresh_session::core {
namespace {

struct Case {
  std::string_view plain;
  std::string_view encoded;
};

TEST(PercentEncoding, EverythingButTheUnreservedCharactersIsEncodedInUpperCase) {
  const std::vector<Case> cases = {
      {"", ""},
      {"ABCXYZabcxyz0189-._~", "ABCXYZabcxyz0189-._~"},
      {"a b", "a%20b"},
      {"a+b", "a%2Bb"},
      {"a/b", "a%2Fb"},
      {"arn:aws:iam::123456789012:role/app", "arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fapp"},
      {"*", "%2A"},
      {"%", "%25"},
      {"\xc3\xa4\xe2\x82\xac", "%C3%A4%E2%82%AC"},
      {"\xff\x7f\x01", "%FF%7F%01"},
      {"=&?#\"'()", "%3D%26%3F%23%22%27%28%29"},
  };
  for (const auto& each : cases) {
    EXPECT_EQ(percent_encode(each.plain), each.encoded);
    EXPECT_EQ(percent_decode(each.encoded), std::optional{std::string{each.plain}});
  }
}

TEST(PercentEncoding, SlashesStayOnRequest) {
  EXPECT_EQ(percent_encode("/a b//c/", true), "/a%20b//c/");
}

TEST(PercentEncoding, EveryByteSurvivesTheRoundTrip) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) {
    all.push_back(static_cast<char>(byte));
  }
  EXPECT_EQ(percent_decode(percent_encode(all)), std::optional{all});
  EXPECT_EQ(percent_decode(percent_encode(all, true)), std::optional{all});
}

TEST(PercentEncoding, DecodingTakesBothCasesAndKeepsPlus) {
  EXPECT_EQ(percent_decode("%2f%2F+a"), std::optional<std::string>{"//+a"});
}

TEST(PercentEncoding, ABrokenSequenceIsRefused) {
  for (const std::string_view each : {"%", "%2", "a%", "%zz", "%2g", "%g2", "%%20", "% 2", "%-1"}) {
    EXPECT_EQ(percent_decode(each), std::nullopt) << each;
  }
}

}  // namespace
}  // namespace aws_refresh_session::core
