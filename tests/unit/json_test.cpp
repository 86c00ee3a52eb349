#include "core/json.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aws_refresh_session::core {
namespace {

std::string nested(std::size_t levels) {
  return std::string(levels, '[') + std::string(levels, ']');
}

TEST(Json, WellFormedTextWithinTheLimitsParses) {
  for (const std::string_view each : {"{}", "[]", "null", "1", "1e400", "\"a\"", " {\"a\": [1, 2.5, true, null]} ",
                                      "{\"a\":1,\"a\":2}", "\"\\ud83d\\ude00\"", "{\"a\":{\"b\":{\"c\":[[[]]]}}}"}) {
    EXPECT_EQ(parse_json(each).has_value(), each != "1e400") << each;
  }
  EXPECT_EQ((*parse_json(R"({"a":1,"a":2})"))["a"], 2);
}

TEST(Json, MalformedTextIsRefusedWithoutAnException) {
  for (const std::string_view each :
       {"", " ", "{", "}", "[1,]", "{\"a\"}", "{a:1}", "{'a':1}", "nul", "01", "1 2", "{} x", "\"\x01\"", "\"\\x\"",
        "\"\xff\"", "\"\\ud83d\"", "// c\n{}", "NaN", "\xef\xbb\xbf"}) {
    EXPECT_FALSE(parse_json(each).has_value()) << each;
  }
  EXPECT_FALSE(parse_json(std::string_view{"{}\0", 3}).has_value());
}

TEST(Json, NestingIsBounded) {
  EXPECT_TRUE(parse_json(nested(32)).has_value());
  EXPECT_FALSE(parse_json(nested(33)).has_value());
  EXPECT_FALSE(parse_json(nested(200'000)).has_value());
  EXPECT_FALSE(parse_json(std::string(500'000, '[')).has_value());
  std::string objects;
  for (int level = 0; level < 33; ++level) {
    objects += "{\"a\":";
  }
  EXPECT_FALSE(parse_json(objects + "1" + std::string(33, '}')).has_value());
}

TEST(Json, SizeIsBounded) {
  const std::string most(1'048'576 - 2, 'x');
  EXPECT_TRUE(parse_json("\"" + most + "\"").has_value());
  EXPECT_FALSE(parse_json("\"" + most + "x\"").has_value());
}

TEST(Json, OnlyAnObjectCanBeAPolicy) {
  EXPECT_TRUE(is_json_object(R"({"Version":"2012-10-17","Statement":[]})"));
  for (const std::string_view each : {"", "[]", "\"{}\"", "1", "{", "{} {}"}) {
    EXPECT_FALSE(is_json_object(each)) << each;
  }
}

TEST(Json, TextMembersAreFoundByNameAndType) {
  const auto value = *parse_json(R"({"a":"x","b":1,"c":null})");
  EXPECT_EQ(json_text(value, "a"), std::optional<std::string>{"x"});
  EXPECT_EQ(json_text(value, "b"), std::nullopt);
  EXPECT_EQ(json_text(value, "c"), std::nullopt);
  EXPECT_EQ(json_text(value, "d"), std::nullopt);
  EXPECT_EQ(json_text(*parse_json("[]"), "a"), std::nullopt);
}

struct ErrorCase {
  std::string_view text;
  std::string_view code;
  std::string_view message;
};

TEST(Json, ErrorsAreReadInEverySpellingAwsUses) {
  const std::vector<ErrorCase> cases = {
      {R"({"__type":"AccessDeniedException","message":"no"})", "AccessDeniedException", "no"},
      {R"({"__type":"com.amazonaws.sts#AccessDenied","Message":"no"})", "AccessDenied", "no"},
      {R"({"code":"aws.x#Throttling:http://internal/","message":"slow"})", "Throttling", "slow"},
      {R"({"Code":"AssumeRoleUnauthorizedAccess","Message":"EC2 cannot assume"})", "AssumeRoleUnauthorizedAccess",
       "EC2 cannot assume"},
      {R"({"message":"only"})", "", "only"},
      {R"({"code":"only","message":5})", "only", ""},
      {R"({"code":":","message":"m"})", "", "m"},
  };
  for (const auto& each : cases) {
    const auto error = parse_json_error(each.text);
    ASSERT_TRUE(error.has_value()) << each.text;
    EXPECT_EQ(error->code, each.code) << each.text;
    EXPECT_EQ(error->message, each.message) << each.text;
  }
  for (const std::string_view each : {"", "{}", "[]", "{\"code\":5}", "<Error/>", "\"message\""}) {
    EXPECT_FALSE(parse_json_error(each).has_value()) << each;
  }
}

TEST(Json, WipingEmptiesEveryTextAndLeavesTheRest) {
  auto value = *parse_json(R"({"a":"SECRETCANARY","b":[{"c":"SECRETCANARY"},"SECRETCANARY",7,null]})");
  wipe_texts(value);
  EXPECT_TRUE(value == nlohmann::json::parse(R"({"a":"","b":[{"c":""},"",7,null]})"));
}

}  // namespace
}  // namespace aws_refresh_session::core
