#include <aws_refresh_session/exceptions.hpp>
#include <aws_refresh_session/providers/process.hpp>
#include <aws_refresh_session/testing/fake_clock.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace aws_refresh_session {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

/// A directory of this test alone, gone with it.
class ProcessProvider : public ::testing::Test {
 protected:
  ProcessProvider() {
    directory_ =
        std::filesystem::path{::testing::TempDir()} / ("process_provider-" + std::to_string(::getpid()) + "-" +
                                                       ::testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::create_directories(directory_);
  }
  ~ProcessProvider() override { std::filesystem::remove_all(directory_); }

  [[nodiscard]] std::string file(const std::string& name, const std::string& text, unsigned mode = 0644) const {
    const auto path = directory_ / name;
    std::ofstream{path} << text;
    std::filesystem::permissions(path, std::filesystem::perms{mode});
    return path;
  }

  /// A program that prints the text.
  [[nodiscard]] std::shared_ptr<CredentialsProvider> printing(const std::string& text) const {
    return provider("cat '" + file("answer.json", text) + "'");
  }
  [[nodiscard]] std::shared_ptr<CredentialsProvider> provider(std::string command,
                                                              std::chrono::milliseconds timeout = 60s) const {
    return make_process_provider({.command = std::move(command), .timeout = timeout}, {.clock = clock_});
  }

  std::filesystem::path directory_;
  std::shared_ptr<testing::FakeClock> clock_ = std::make_shared<testing::FakeClock>();
};

/// The error that asking throws; its text must show neither the command's arguments nor what it printed.
CredentialError failure_of(CredentialsProvider& provider, const ResolveContext& context = {}) {
  try {
    static_cast<void>(provider.resolve(context));
    ADD_FAILURE() << "nothing was thrown";
  } catch (const CredentialError& error) {
    EXPECT_TRUE(std::string{error.what()}.find("SECRETCANARY") == std::string::npos);
    return error;
  }
  return CredentialError{ErrorFields{}};
}

std::string code_of_command(const std::string& command) {
  try {
    static_cast<void>(make_process_provider({.command = command}));
  } catch (const ConfigurationError& error) {
    EXPECT_TRUE(std::string{error.what()}.find("SECRETCANARY") == std::string::npos);
    return error.code();
  }
  return {};
}

const std::string kAnswer =
    R"({"Version": 1, "AccessKeyId": "ASIAPROCESS", "SecretAccessKey": "SECRETCANARY/key",
        "SessionToken": "SECRETCANARY/token", "Expiration": "2026-01-01T01:00:00Z", "AccountId": "123456789012"})";

TEST_F(ProcessProvider, WholeAnswerIsTaken) {
  EXPECT_TRUE(printing(kAnswer)->resolve({}) ==
              (Credentials{"ASIAPROCESS", "SECRETCANARY/key", "SECRETCANARY/token",
                           WallTime{std::chrono::seconds{1'767'229'200}}, "123456789012", "process"}));
}

TEST_F(ProcessProvider, KeysAloneAreASetThatDoesNotExpire) {
  const auto credentials =
      printing(R"({"Version": 1, "AccessKeyId": "AKIA", "SecretAccessKey": "SECRETCANARY/key", "Other": [1]})")
          ->resolve({});
  EXPECT_FALSE(credentials.expiration());
  EXPECT_TRUE(credentials.session_token().empty());
  EXPECT_EQ(credentials.account_id(), "");
}

TEST_F(ProcessProvider, OptionsAccountIdFillsAMissingOneOnly) {
  const auto keys = file("keys.json", R"({"Version": 1, "AccessKeyId": "AKIA", "SecretAccessKey": "SECRETCANARY/k"})");
  const auto whole = file("whole.json", kAnswer);
  const auto account = [&](const std::string& path) {
    return make_process_provider({.command = "cat " + path, .account_id = "999999999999"}, {.clock = clock_})
        ->resolve({})
        .account_id();
  };
  EXPECT_EQ(account(keys), "999999999999");
  EXPECT_EQ(account(whole), "123456789012");
}

TEST_F(ProcessProvider, CommandIsSplitByShellQuotingAndNothingIsExpanded) {
  const auto program =
      file("print",
           "#!/bin/sh\n[ \"$1\" = 'a b' ] && [ \"$2\" = '$HOME' ] && [ \"$3\" = '~' ] && [ $# = 3 ] "
           "&& echo '{\"Version\":1,\"AccessKeyId\":\"AKIA\",\"SecretAccessKey\":\"SECRETCANARY/k\"}'\n",
           0755);
  EXPECT_EQ(provider("\"" + program + "\" 'a b' $HOME ~")->resolve({}).access_key_id(), "AKIA");
}

TEST_F(ProcessProvider, EachResolveRunsTheProgramAgain) {
  const auto path = file("answer.json", kAnswer);
  const auto asked = provider("cat " + path);
  EXPECT_EQ(asked->resolve({}).access_key_id(), "ASIAPROCESS");
  static_cast<void>(
      file("answer.json", R"({"Version": 1, "AccessKeyId": "ASIANEXT", "SecretAccessKey": "SECRETCANARY/k"})"));
  EXPECT_EQ(asked->resolve({}).access_key_id(), "ASIANEXT");
}

TEST_F(ProcessProvider, AnswerThatCannotBeUsedNamesTheField) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", ""},
      {"SECRETCANARY is not JSON", ""},
      {"[1]", ""},
      {R"({"AccessKeyId": "A", "SecretAccessKey": "SECRETCANARY"})", "Version"},
      {R"({"Version": 2, "AccessKeyId": "A", "SecretAccessKey": "SECRETCANARY"})", "Version"},
      {R"({"Version": "1", "AccessKeyId": "A", "SecretAccessKey": "SECRETCANARY"})", "Version"},
      {R"({"Version": 1, "SecretAccessKey": "SECRETCANARY"})", "AccessKeyId"},
      {R"({"Version": 1, "AccessKeyId": "", "SecretAccessKey": "SECRETCANARY"})", "AccessKeyId"},
      {R"({"Version": 1, "AccessKeyId": "A"})", "SecretAccessKey"},
      {R"({"Version": 1, "AccessKeyId": "A", "SecretAccessKey": 7})", "SecretAccessKey"},
      {R"({"Version": 1, "AccessKeyId": "A", "SecretAccessKey": "SECRETCANARY", "SessionToken": {}})", "SessionToken"},
      {R"({"Version": 1, "AccessKeyId": "A", "SecretAccessKey": "SECRETCANARY", "Expiration": "tomorrow"})",
       "Expiration"},
      {R"({"Version": 1, "AccessKeyId": "A", "SecretAccessKey": "SECRETCANARY", "Expiration": "2026-01-01T01:00:00"})",
       "Expiration"},
  };
  for (const auto& [answer, field] : cases) {
    const auto error = failure_of(*printing(answer));
    EXPECT_EQ(error.code(), "ProcessOutputMalformed") << answer.size();
    EXPECT_EQ(error.param(), field) << answer.size();
    EXPECT_EQ(error.kind(), ErrorKind::non_recoverable);
  }
}

TEST_F(ProcessProvider, AnExpiredAnswerIsAnError) {
  const auto asked = printing(kAnswer);
  clock_->advance(1h);
  const auto error = failure_of(*asked);
  EXPECT_EQ(error.code(), "ExpiredCredentials");
  EXPECT_EQ(error.kind(), ErrorKind::recoverable);
}

TEST_F(ProcessProvider, ExpiryIsMeasuredByTheServicesClock) {
  const auto skew = std::make_shared<ClockSkew>();
  skew->set(2h);
  const auto asked =
      make_process_provider({.command = "cat " + file("a.json", kAnswer)}, {.clock = clock_, .skew = skew});
  EXPECT_EQ(failure_of(*asked).code(), "ExpiredCredentials");
}

TEST_F(ProcessProvider, CommandThatCannotBeSplitIsRefusedAtOnce) {
  EXPECT_EQ(code_of_command(""), "ProcessCommandEmpty");
  EXPECT_EQ(code_of_command("  \t"), "ProcessCommandEmpty");
  EXPECT_EQ(code_of_command("'' SECRETCANARY"), "ProcessCommandEmpty");
  EXPECT_EQ(code_of_command("print 'SECRETCANARY"), "ProcessCommandMalformed");
  EXPECT_EQ(code_of_command("print SECRETCANARY\\"), "ProcessCommandMalformed");
  EXPECT_THROW(static_cast<void>(make_process_provider({.command = "true", .timeout = 0ms})), ValidationError);
}

TEST_F(ProcessProvider, WhatCannotBeStartedSaysWhy) {
  EXPECT_EQ(failure_of(*provider((directory_ / "none").string() + " SECRETCANARY")).code(), "ProcessNotFound");
  EXPECT_EQ(failure_of(*provider("~/none SECRETCANARY")).code(), "ProcessNotFound");
  EXPECT_EQ(failure_of(*provider(file("plain", "x"))).code(), "ProcessNotPermitted");
}

TEST_F(ProcessProvider, FailureSaysTheStatusAndShowsNothingOfTheCommand) {
  const auto error = failure_of(*provider("sh -c 'echo SECRETCANARY; exit 3' SECRETCANARY"));
  EXPECT_EQ(error.code(), "ProcessFailed");
  EXPECT_EQ(error.details(), "exit status 3");
  EXPECT_EQ(error.kind(), ErrorKind::recoverable);
  EXPECT_EQ(failure_of(*provider("sh -c 'kill -TERM $$'")).details(), "ended by signal 15");
}

TEST_F(ProcessProvider, OneThatAsksForItselfEndsAfterAFewTimes) {
  const auto program =
      file("again", "#!/bin/sh\necho \"$AWS_REFRESH_SESSION_PROCESS_DEPTH\" >\"$0.depth\"\nexit 1\n", 0755);
  const auto resolve_at = [&](const char* depth) {
    try {
      static_cast<void>(
          make_process_provider(
              {.command = program},
              {.clock = clock_,
               .environment = std::make_shared<FixedEnvironment>(
                   std::map<std::string, std::string, std::less<>>{{"AWS_REFRESH_SESSION_PROCESS_DEPTH", depth}})})
              ->resolve({}));
    } catch (const Error& error) {
      return error.code();
    }
    return std::string{};
  };
  EXPECT_EQ(resolve_at(""), "ProcessFailed");
  std::string depth;
  std::getline(std::ifstream{program + ".depth"} >> std::ws, depth);
  EXPECT_EQ(depth, "1");
  EXPECT_EQ(resolve_at("3"), "ProcessFailed");
  for (const auto* deep : {"4", "9", "10", "nonsense"}) {
    EXPECT_EQ(resolve_at(deep), "ProcessLoop") << deep;
  }
}

TEST_F(ProcessProvider, TooMuchOutputIsRefused) {
  EXPECT_EQ(failure_of(*provider("head -c 1000000 /dev/zero")).code(), "ProcessOutputTooLarge");
}

TEST_F(ProcessProvider, AHangingProgramIsKilledAtTheTimeLimit) {
  const auto error = failure_of(*provider("sleep 600", 50ms));
  EXPECT_EQ(error.code(), "ProcessTimeout");
  EXPECT_EQ(error.kind(), ErrorKind::recoverable);
}

TEST_F(ProcessProvider, DeadlineOfTheCallerBoundsTheProgram) {
  EXPECT_EQ(failure_of(*provider("sleep 600"), {.deadline = clock_->steady_now() + 50ms}).details(), "after 50 ms");
  EXPECT_EQ(failure_of(*provider("sleep 600"), {.deadline = clock_->steady_now()}).code(), "ProcessTimeout");
}

TEST_F(ProcessProvider, StopEndsTheProgram) {
  std::stop_source stop;
  const auto asked = provider("sleep 600");
  auto failed = std::async(std::launch::async, [&] { return failure_of(*asked, {.stop = stop.get_token()}); });
  stop.request_stop();
  const auto error = failed.get();
  EXPECT_EQ(error.code(), "Cancelled");
  EXPECT_EQ(error.kind(), ErrorKind::cancelled);
}

}  // namespace
}  // namespace aws_refresh_session
