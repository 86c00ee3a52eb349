// What the program prints: help, completion, JSON, attempts.
#include "cli/command_tree.hpp"
#include "cli/help_topics.hpp"
#include "cli/json_text.hpp"
#include "cli/logging_transport.hpp"
#include "cli/output.hpp"
#include "cli/process.hpp"
#include "cli/suggestion.hpp"
#include "cli/time_text.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace aws_refresh_session::cli {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(Help, EveryPageFitsEightyColumnsAndNamesEveryOption) {
  const CommandNode program = command_tree();
  std::vector<std::string> pages{help_text(program, "")};
  ASSERT_EQ(program.subcommands.size(), 11U);
  for (const CommandNode& command : program.subcommands) {
    pages.push_back(help_text(program, command.name));
    EXPECT_THAT(pages.front(), HasSubstr("\n  " + command.name + " "));
    for (const OptionNode& option : command.options) {
      for (const std::string& name : option.names) {
        EXPECT_THAT(pages.back(), HasSubstr(name)) << command.name;
      }
      EXPECT_FALSE(option.help.empty()) << command.name;
    }
    EXPECT_THAT(pages.back(), HasSubstr("Example"));
    EXPECT_THAT(pages.back(), HasSubstr("Exit codes:"));
  }
  for (const std::string& page : pages) {
    std::istringstream lines{page};
    for (std::string line; std::getline(lines, line);) {
      EXPECT_LE(line.size(), 80U) << line;
      EXPECT_TRUE(line.empty() || line.back() != ' ') << line;
    }
  }
}

TEST(Help, SourcesNameTheEnvironmentTheyRead) {
  const CommandNode program = command_tree();
  EXPECT_THAT(help_text(program, "whoami"), HasSubstr("AWS_SECRET_ACCESS_KEY"));
  EXPECT_THAT(help_text(program, "whoami"), HasSubstr("process list"));
  EXPECT_THAT(help_text(program, "demo"), Not(HasSubstr("AWS_SECRET_ACCESS_KEY")));
}

TEST(Completion, EveryScriptKnowsEveryCommandAndOption) {
  const CommandNode program = command_tree();
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const std::string script = completion_script(program, shell);
    for (const CommandNode& command : program.subcommands) {
      EXPECT_THAT(script, HasSubstr(command.name));
      for (const OptionNode& option : command.options) {
        for (const std::string& name : option.names) {
          const std::string_view bare{name};
          EXPECT_THAT(script, HasSubstr(std::string{bare.substr(bare.find_first_not_of('-'))})) << shell;
        }
      }
    }
  }
}

TEST(Json, TextIsEscapedAndOrderKept) {
  JsonObject inner;
  inner.number("n", std::uint64_t{18'446'744'073'709'551'615U});
  JsonObject json;
  EXPECT_EQ(json.str(), "{}");
  json.text("a", "x\"\\\n\x01/\u00e9");
  json.number("b", 1.5);
  json.boolean("c", true);
  json.object("d", inner);
  EXPECT_EQ(
      json.str(),
      "{\"a\": \"x\\\"\\\\\\u000a\\u0001/\u00e9\", \"b\": 1.500, \"c\": true, \"d\": {\"n\": 18446744073709551615}}");
}

TEST(Json, BytesThatAreNotUtf8AreReplaced) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"\xff", "\uFFFD"},
      {"\xc0\xaf", "\uFFFD\uFFFD"},
      {"\xed\xa0\x80", "\uFFFD\uFFFD\uFFFD"},
      {"\xe2\x82", "\uFFFD\uFFFD"},
      {"\xf5\x80\x80\x80", "\uFFFD\uFFFD\uFFFD\uFFFD"},
      {"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},
      {"\xe2\x82\xac", "\xe2\x82\xac"},
  };
  for (const auto& [bytes, expected] : cases) {
    JsonObject json;
    json.text("a", bytes);
    EXPECT_EQ(json.str(), "{\"a\": \"" + expected + "\"}");
  }
}

TEST(Process, JsonHasTheFieldsOfCredentialProcess) {
  JsonObject json;
  describe_for_sdk(Credentials{"AKID", "key", "token", WallTime{1'767'225'599s + 999ms}, "123456789012"}, json);
  EXPECT_EQ(json.str(), R"({"Version": 1, "AccessKeyId": "AKID", "SecretAccessKey": "key", "SessionToken": "token", )"
                        R"("Expiration": "2025-12-31T23:59:59Z", "AccountId": "123456789012"})");
}

TEST(Process, WhatThereIsNotIsLeftOut) {
  JsonObject json;
  describe_for_sdk(Credentials{"AKID", "key"}, json);
  EXPECT_EQ(json.str(), R"({"Version": 1, "AccessKeyId": "AKID", "SecretAccessKey": "key"})");
}

TEST(TimeText, IsUtcInWholeSeconds) {
  EXPECT_EQ(utc_text(WallTime{0s}), "1970-01-01T00:00:00Z");
  EXPECT_EQ(utc_text(WallTime{1'709'208'000s}), "2024-02-29T12:00:00Z");
}

TEST(Suggestion, OnlyCloseWordsAreOffered) {
  const std::vector<std::string> names{"demo", "whoami", "--region", "--role-arn"};
  EXPECT_EQ(closest("deom", names), "");
  EXPECT_EQ(closest("dema", names), "demo");
  EXPECT_EQ(closest("whoam", names), "whoami");
  EXPECT_EQ(closest("--role_arn", names), "--role-arn");
  EXPECT_EQ(closest("serve", names), "");
  EXPECT_EQ(closest("", names), "");
}

TEST(OneLine, TakesOutWhatATerminalWouldActOn) {
  EXPECT_EQ(one_line("a\r\n\x1b[31mb\n"), "a [31mb");
  EXPECT_EQ(one_line("\n"), "");
}

TEST(BareUrl, DropsWhatMayHoldASecret) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"https://sts.amazonaws.com/", "https://sts.amazonaws.com/"},
      {"https://user:SECRETCANARY@host/p?X-Amz-Signature=SECRETCANARY", "https://host/p"},
      {"http://host:1/a@b#f", "http://host:1/a@b"},
      {"http://a@b@host", "http://host"},
      {"nonsense?x", "nonsense"},
  };
  for (const auto& [url, bare] : cases) {
    EXPECT_EQ(bare_url(url), bare);
  }
}

class OneAnswer final : public HttpTransport {
 public:
  HttpResponse send(const HttpRequest& request, const std::stop_token&) override {
    if (request.method == "GET") {
      throw ConnectionError{{.message = "No answer.", .code = "Timeout", .kind = ErrorKind::recoverable}};
    }
    return {200, {{"x-amzn-requestid", "id-1"}, {"set-cookie", "SECRETCANARY"}}, "SECRETCANARY"};
  }
};

TEST(LoggingTransport, SaysEachAttemptAndNoSecret) {
  Messages messages{{.json = false, .verbose = true, .quiet = false}};
  LoggingTransport transport{std::make_shared<OneAnswer>(), messages};
  HttpRequest request;
  request.method = "POST";
  request.url = "http://SECRETCANARY@127.0.0.1/?t=SECRETCANARY";
  request.headers = {{"authorization", "SECRETCANARY"}};
  request.body = "TokenCode=SECRETCANARY";
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(transport.send(request, {}).status, 200);
  request.method = "GET";
  EXPECT_THROW(static_cast<void>(transport.send(request, {})), ConnectionError);
  const std::string said = ::testing::internal::GetCapturedStderr();
  EXPECT_THAT(said, HasSubstr("POST http://127.0.0.1/: 200 in "));
  EXPECT_THAT(said, HasSubstr("request id id-1"));
  EXPECT_THAT(said, HasSubstr("GET http://127.0.0.1/: No answer. (code='Timeout') after "));
  EXPECT_TRUE(said.find("SECRETCANARY") == std::string::npos);
}

TEST(Messages, QuietSaysErrorsOnlyAndWarningsComeOnce) {
  const auto said = [](const OutputArguments& output) {
    Messages messages{output};
    ::testing::internal::CaptureStderr();
    messages.error("e");
    messages.warning("w");
    messages.warning("w");
    messages.notice("n");
    messages.detail("d");
    return ::testing::internal::GetCapturedStderr();
  };
  EXPECT_EQ(said({}), "aws-refresh-session: e\naws-refresh-session: warning: w\nn\n");
  EXPECT_EQ(said({.json = false, .verbose = false, .quiet = true}), "aws-refresh-session: e\n");
  EXPECT_THAT(said({.json = false, .verbose = true, .quiet = false}), HasSubstr(" d\n"));
}

}  // namespace
}  // namespace aws_refresh_session::cli
