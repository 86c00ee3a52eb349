#include "providers/one_time_code.hpp"

#include <aws_refresh_session/exceptions.hpp>
#include <aws_refresh_session/sts.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <chrono>
#include <csignal>
#include <exception>
#include <filesystem>
#include <fstream>
#include <future>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace aws_refresh_session {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;
using CommandOptions = MfaTokenProvider::CommandOptions;

MfaTokenProvider shell(std::string script, CommandOptions options = {}) {
  return MfaTokenProvider::from_command({"/bin/sh", "-c", std::move(script)}, std::move(options));
}

std::string token(const MfaTokenProvider& provider, MfaRequest request = {}) {
  return std::string{provider.token(request).reveal()};
}

/// The error that `act` throws, whose text must not show the command or what it printed.
template <typename Act>
ConfigurationError failure(const Act& act) {
  try {
    act();
    ADD_FAILURE() << "nothing was thrown";
  } catch (const ConfigurationError& error) {
    EXPECT_THAT(error.what(), Not(HasSubstr("SECRETCANARY")));
    EXPECT_EQ(error.param(), "mfa_token_provider");
    return error;
  }
  return ConfigurationError{ErrorFields{}};
}

ConfigurationError failure_of(const MfaTokenProvider& provider, MfaRequest request = {}) {
  return failure([&] { static_cast<void>(provider.token(request)); });
}

// ---- row 25: where the code is

struct CodeCase {
  std::string_view output;
  std::optional<std::string_view> code;
};

TEST(Mfa, Row25_TheLastStandaloneSixAsciiDigitsAreTheCode) {
  const std::vector<CodeCase> cases = {
      {"123456", "123456"},
      {"123456\n", "123456"},
      {"000000", "000000"},
      {"id=123456", "123456"},
      {"code: 123456.", "123456"},
      {"(123456)", "123456"},
      {"123456,654321", "654321"},
      {"first 111111\nsecond 222222\n", "222222"},
      {"123456 then 12345", "123456"},
      {"123456 otp654321", "123456"},
      {"+123456", "123456"},
      {"-123456-", "123456"},
      {"123456.789", "123456"},
      {"0.123456", "123456"},
      {"\t123456\r\n", "123456"},
      {"12-123456-12", "123456"},
      {"", std::nullopt},
      {" \n", std::nullopt},
      {"otp123456", std::nullopt},
      {"123456otp", std::nullopt},
      {"_123456_", std::nullopt},
      {"_123456", std::nullopt},
      {"123456_", std::nullopt},
      {"12345", std::nullopt},
      {"1234567", std::nullopt},
      {"123 456", std::nullopt},
      {"0x123456", std::nullopt},
      // Digits of other scripts, alone, and next to ASCII digits (with which they would make a longer number).
      {"\xd9\xa1\xd9\xa2\xd9\xa3\xd9\xa4\xd9\xa5\xd9\xa6", std::nullopt},
      {"\xef\xbc\x91\xef\xbc\x92\xef\xbc\x93\xef\xbc\x94\xef\xbc\x95\xef\xbc\x96", std::nullopt},
      {"\xd9\xa1"
       "123456",
       std::nullopt},
      {"123456\xc3\xa9", std::nullopt},
      {"\xff"
       "123456",
       std::nullopt},
      {"\xc3\xa9 123456", "123456"},
  };
  for (const auto& each : cases) {
    EXPECT_EQ(providers::find_one_time_code(each.output), each.code) << each.output;
  }
}

// ---- row 22: callable, argument list, command line

TEST(Mfa, Row22_ACallableIsAskedOnceAndToldWhatItIsFor) {
  int calls = 0;
  const auto provider = MfaTokenProvider::from_callable([&](const MfaRequest& request) {
    ++calls;
    return request.serial_number == "arn:aws:iam::123456789012:mfa/me" ? "123456" : "";
  });
  MfaRequest request;
  request.serial_number = "arn:aws:iam::123456789012:mfa/me";
  EXPECT_EQ(token(provider, request), "123456");
  EXPECT_EQ(calls, 1);
}

TEST(Mfa, Row22_ACallablesAnswerIsExactlySixAsciiDigitsAfterTrimming) {
  for (const auto* const good : {"123456", " 123456", "123456\r\n", "\t123456 "}) {
    EXPECT_EQ(token(MfaTokenProvider::from_callable([good](const MfaRequest&) { return good; })), "123456");
  }
  for (const auto* const bad :
       {"", " ", "12345", "1234567", "12345a", "123 456", "code 123456", "123456 654321",
        "\xd9\xa1\xd9\xa2\xd9\xa3\xd9\xa4\xd9\xa5\xd9\xa6", "SECRETCANARY", "+12345", "-12345"}) {
    const auto error = failure_of(MfaTokenProvider::from_callable([bad](const MfaRequest&) { return bad; }));
    EXPECT_EQ(error.code(), "MfaTokenInvalid") << bad;
  }
}

TEST(Mfa, Row22_AnArgumentListReachesTheProgramWithoutAShell) {
  EXPECT_EQ(token(MfaTokenProvider::from_command({"/bin/echo", "id=123456"})), "123456");
  // A shell would print 123456.
  EXPECT_EQ(failure_of(MfaTokenProvider::from_command({"/bin/echo", "$((99999 + 23457))"})).code(), "MfaTokenNotFound");
}

TEST(Mfa, Row22_ACommandLineIsSplitByShellWordsAndNothingIsExpanded) {
  EXPECT_EQ(token(MfaTokenProvider::from_command_line("/bin/echo 'code is' \"123456\"")), "123456");
  EXPECT_EQ(token(MfaTokenProvider::from_command_line("/bin/echo 123456 | cat 654321 ; false")), "654321");
  EXPECT_EQ(token(MfaTokenProvider::from_command_line("sh -c 'echo $((123000 + 456))'")), "123456");
}

TEST(Mfa, Row22_NoProviderIsNone) {
  const MfaTokenProvider none;
  EXPECT_FALSE(static_cast<bool>(none));
  EXPECT_FALSE(none.interactive());
  EXPECT_EQ(failure_of(none).code(), "MissingParameter");
  EXPECT_EQ(failure([] { static_cast<void>(MfaTokenProvider::from_callable({})); }).code(), "MissingParameter");
}

TEST(Mfa, OnlyACallableCanBeInteractive) {
  const auto callable = [](const MfaRequest&) { return std::string{"123456"}; };
  EXPECT_FALSE(MfaTokenProvider::from_callable(callable).interactive());
  EXPECT_TRUE(MfaTokenProvider::from_callable(callable, true).interactive());
  EXPECT_FALSE(MfaTokenProvider::from_command({"/bin/true"}).interactive());
}

// ---- row 24: what can be set

TEST(Mfa, Row24_EnvironmentDirectoryAndInputCanBeSet) {
  CommandOptions options;
  options.environment.emplace().emplace("CODE", "123456");
  options.working_directory = "/usr";
  options.input = "input";
  EXPECT_EQ(token(shell("test \"$(pwd)-$(cat)-$HOME\" = /usr-input- && echo $CODE", options)), "123456");
}

TEST(Mfa, Row24_TheDefaultTimeLimitIsThirtySeconds) {
  EXPECT_EQ(CommandOptions{}.timeout, 30s);
}

TEST(Mfa, Row24_AtTheTimeLimitTheWholeProcessGroupIsKilled) {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);  // orphans become our children, so that their end can be waited for
  const auto pids = std::filesystem::path{::testing::TempDir()} / ("mfa-pids-" + std::to_string(::getpid()));
  CommandOptions options;
  options.timeout = 300ms;
  const auto error = failure_of(
      shell("trap '' TERM; sleep 60 & echo $$ $! > " + pids.string() + "; echo 123456; wait", std::move(options)));
  EXPECT_EQ(error.code(), "MfaCommandTimeout");
  EXPECT_THAT(error.details(), HasSubstr("300 ms"));
  EXPECT_EQ(error.kind(), ErrorKind::recoverable);
  pid_t program = 0;
  pid_t background = 0;
  std::ifstream{pids} >> program >> background;
  std::filesystem::remove(pids);
  ASSERT_GT(program, 0);
  ASSERT_GT(background, 0);
  EXPECT_EQ(::kill(program, 0), -1);
  int status = 0;
  EXPECT_EQ(::waitpid(background, &status, 0), background);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  ::prctl(PR_SET_CHILD_SUBREAPER, 0);
}

TEST(Mfa, StoppingEndsTheCommandPromptly) {
  std::stop_source stop;
  MfaRequest request;
  request.stop = stop.get_token();
  auto error = std::async(std::launch::async, [&] { return failure_of(shell("sleep 60"), request); });
  EXPECT_EQ(error.wait_for(20ms), std::future_status::timeout);
  stop.request_stop();
  const auto cancelled = error.get();
  EXPECT_EQ(cancelled.code(), "Cancelled");
  EXPECT_EQ(cancelled.kind(), ErrorKind::cancelled);
}

// ---- row 26: every failure by its own name

struct ErrorCase {
  std::string name;
  MfaTokenProvider provider;
  std::string code;
  std::string details;
};

TEST(Mfa, Row26_EveryFailureOfACommandHasItsOwnCodeAndShowsNeitherCommandNorOutput) {
  CommandOptions elsewhere;
  elsewhere.working_directory = "/nonexistent-SECRETCANARY";
  const auto script = std::filesystem::path{::testing::TempDir()} / ("mfa-SECRETCANARY-" + std::to_string(::getpid()));
  std::ofstream{script} << "echo 123456\n";
  const auto not_executable = MfaTokenProvider::from_command({script});
  const std::vector<ErrorCase> cases = {
      {"not found", MfaTokenProvider::from_command({"/nonexistent/SECRETCANARY"}), "MfaCommandNotFound",
       "No such file"},
      {"not found in PATH", MfaTokenProvider::from_command({"SECRETCANARY"}), "MfaCommandNotFound", "No such file"},
      {"not permitted", not_executable, "MfaCommandNotPermitted", "Permission denied"},
      {"a directory", MfaTokenProvider::from_command({"/usr", "SECRETCANARY"}), "MfaCommandNotPermitted", "denied"},
      {"no such directory", shell("echo 123456", elsewhere), "MfaCommandError", "No such file"},
      {"status", shell("echo 123456 SECRETCANARY; exit 7"), "MfaCommandFailed", "exit status 7"},
      {"signal", shell("echo 123456 SECRETCANARY; kill -TERM $$"), "MfaCommandFailed", "signal 15"},
      {"no code", shell("echo otp123456 SECRETCANARY"), "MfaTokenNotFound", ""},
      {"code on stderr only", shell("echo 'this line stands on stderr on purpose' >&2"), "MfaTokenNotFound", ""},
      {"endless output", MfaTokenProvider::from_command({"yes", "123456"}), "MfaCommandError", "65536 bytes"},
  };
  for (const auto& each : cases) {
    const auto error = failure_of(each.provider);
    EXPECT_EQ(error.code(), each.code) << each.name;
    EXPECT_THAT(error.details(), HasSubstr(each.details)) << each.name;
    EXPECT_THAT(error.what(), Not(HasSubstr("123456"))) << each.name;
  }
  std::filesystem::permissions(script, std::filesystem::perms::owner_all);
  EXPECT_EQ(failure_of(not_executable).code(), "MfaCommandError") << "no interpreter named: never a shell";
  std::filesystem::remove(script);
}

TEST(Mfa, Row26_AnEmptyCommandOrBadQuotingIsRefusedAtOnce) {
  for (const auto* const empty : {"", "  \n", "''", "'' SECRETCANARY"}) {
    EXPECT_EQ(failure([&] { static_cast<void>(MfaTokenProvider::from_command_line(empty)); }).code(), "MfaCommandEmpty")
        << empty;
  }
  for (const auto* const bad : {"echo 'SECRETCANARY", "echo \"SECRETCANARY", "echo SECRETCANARY\\"}) {
    EXPECT_EQ(failure([&] { static_cast<void>(MfaTokenProvider::from_command_line(bad)); }).code(),
              "MfaCommandMalformed")
        << bad;
  }
  EXPECT_EQ(failure([] { static_cast<void>(MfaTokenProvider::from_command({})); }).code(), "MfaCommandEmpty");
  EXPECT_EQ(failure([] { static_cast<void>(MfaTokenProvider::from_command({""})); }).code(), "MfaCommandEmpty");
}

TEST(Mfa, Row26_WhatExecCannotPassOnIsRefusedAtOnce) {
  const std::string nul{"SECRETCANARY\0x", 14};
  EXPECT_EQ(failure([&] {
              static_cast<void>(MfaTokenProvider::from_command({"echo", nul}));
            }).code(),
            "MfaCommandMalformed");
  for (const auto& [name, value] : std::vector<std::pair<std::string, std::string>>{
           {"", "SECRETCANARY"}, {"A=B", "SECRETCANARY"}, {"A", nul}, {nul, ""}}) {
    CommandOptions options;
    options.environment.emplace().emplace(name, value);
    EXPECT_EQ(failure([&] { static_cast<void>(shell("true", options)); }).code(), "MfaCommandMalformed");
  }
  CommandOptions options;
  options.timeout = 0ms;
  EXPECT_EQ(failure([&] { static_cast<void>(shell("true", options)); }).code(), "MfaCommandMalformed");
}

TEST(Mfa, ACallablesExceptionIsKeptAsTheCauseAndAnErrorComesOutAsItIs) {
  const auto foreign = MfaTokenProvider::from_callable(
      [](const MfaRequest&) -> std::string { throw std::runtime_error{"SECRETCANARY"}; });
  const auto error = failure_of(foreign);
  EXPECT_EQ(error.code(), "MfaTokenProviderFailed");
  EXPECT_THROW(std::rethrow_exception(error.cause()), std::runtime_error);

  const auto own = MfaTokenProvider::from_callable([](const MfaRequest&) -> std::string {
    ErrorFields fields;
    fields.message = "no device";
    fields.code = "NoDevice";
    throw ConnectionError{std::move(fields)};
  });
  EXPECT_THROW(static_cast<void>(own.token({})), ConnectionError);
}

}  // namespace
}  // namespace aws_refresh_session
