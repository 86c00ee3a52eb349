#include "cli/option_values.hpp"
#include "cli/usage_error.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace aws_refresh_session::cli {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

std::string refusal(const std::function<void()>& call) {
  try {
    call();
  } catch (const UsageError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(OptionValues, SecondsTakeAWholeNumberAndNothingElse) {
  EXPECT_EQ(parse_seconds("--duration-seconds", "3600"), 3600s);
  EXPECT_EQ(refusal([] { static_cast<void>(parse_seconds("--duration-seconds", "12x")); }),
            "--duration-seconds: '12x' is not a number of seconds. Give a whole number such as 3600.");
  for (const char* bad : {"", " 1", "1 ", "0", "-1", "+1", "1.5", "1e3", "0x10", "99999999999999999999", "1h"}) {
    EXPECT_NE(refusal([&] { static_cast<void>(parse_seconds("--duration-seconds", bad)); }), "accepted") << bad;
  }
}

TEST(OptionValues, SpansTakeUnitsAndDecimals) {
  const std::vector<std::pair<std::string, std::chrono::milliseconds>> cases{
      {"3", 3s},      {"3s", 3s},   {"2.5", 2500ms}, {"500ms", 500ms},
      {"10m", 10min}, {"24h", 24h}, {".5s", 500ms},  {"1.", 1s}};
  for (const auto& [text, expected] : cases) {
    EXPECT_EQ(parse_span("--connect-timeout", text), expected) << text;
  }
  for (const char* bad : {"", "s", "ms", "-1", "+1", "1 s", "1d", "1S", "1e3", "inf", "nan", "0x1", "1.2.3", "0", "0ms",
                          "0.0001", "25h", "99999999999999999999999999999h", "1ms2"}) {
    EXPECT_NE(refusal([&] { static_cast<void>(parse_span("--connect-timeout", bad)); }), "accepted") << bad;
  }
}

TEST(OptionValues, CountsStayInTheirRange) {
  EXPECT_EQ(parse_count("--max-attempts", "1", 1, 10), 1);
  EXPECT_EQ(parse_count("--max-attempts", "10", 1, 10), 10);
  EXPECT_EQ(refusal([] { static_cast<void>(parse_count("--max-attempts", "11", 1, 10)); }),
            "--max-attempts: '11' will not do. Give a whole number from 1 to 10.");
}

TEST(OptionValues, TagsAreSplitAtTheFirstEqualsSign) {
  EXPECT_EQ(parse_tag("--tag", "a=b=c").key, "a");
  EXPECT_EQ(parse_tag("--tag", "a=b=c").value, "b=c");
  EXPECT_EQ(parse_tag("--tag", "a=").value, "");
  for (const char* bad : {"", "a", "=b", "="}) {
    EXPECT_NE(refusal([&] { static_cast<void>(parse_tag("--tag", bad)); }), "accepted") << bad;
  }
}

TEST(OptionValues, ProvidedContextIsNeverRepeatedInAnError) {
  EXPECT_EQ(parse_provided_context("--provided-context", "arn:x=a.b==").context_assertion, "a.b==");
  for (const char* bad : {"SECRETCANARY", "=SECRETCANARY", "arn:x="}) {
    const auto text = refusal([&] { static_cast<void>(parse_provided_context("--provided-context", bad)); });
    EXPECT_NE(text, "accepted");
    EXPECT_THAT(text, Not(HasSubstr("SECRETCANARY")));
  }
}

TEST(OptionValues, ShownValuesAreShortAndWithoutControlCharacters) {
  const auto text = refusal([] { static_cast<void>(parse_seconds("--x", "\x1b[31m\n" + std::string(500, 'a'))); });
  EXPECT_LT(text.size(), 200U);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_EQ(text.find('\n'), std::string::npos);
}

class PolicyFile : public ::testing::Test {
 protected:
  PolicyFile() : path_(std::filesystem::temp_directory_path() / ("policy-" + std::to_string(::getpid()))) {}
  ~PolicyFile() override { std::filesystem::remove(path_); }
  void write(const std::string& content) const { std::ofstream{path_} << content; }
  [[nodiscard]] std::string url() const { return "file://" + path_.string(); }

  std::filesystem::path path_;
};

TEST_F(PolicyFile, TextIsTakenAsItIsAndAFileIsRead) {
  write("{\"a\": 1}\n");
  EXPECT_EQ(text_or_file("--policy", "{}"), "{}");
  EXPECT_EQ(text_or_file("--policy", url()), "{\"a\": 1}\n");
}

TEST_F(PolicyFile, FileThatCannotBeReadIsNamed) {
  EXPECT_EQ(refusal([] { static_cast<void>(text_or_file("--policy", "file:///no/such/policy.json")); }),
            "--policy: cannot read '/no/such/policy.json': No such file or directory.");
  EXPECT_THAT(refusal([] { static_cast<void>(text_or_file("--policy", "file:///")); }), HasSubstr("Is a directory"));
}

TEST_F(PolicyFile, FileLargerThanOneMebibyteIsRefused) {
  write(std::string((std::size_t{1} << 20) + 1, 'x'));
  EXPECT_THAT(refusal([&] { static_cast<void>(text_or_file("--policy", url())); }), HasSubstr("larger than 1 MiB"));
}

}  // namespace
}  // namespace aws_refresh_session::cli
