// Credentials, errors and warnings: what prints, what compares, what is wiped.

#include <aws_refresh_session/credentials.hpp>
#include <aws_refresh_session/exceptions.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <sstream>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

namespace aws_refresh_session {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

const Credentials kSet{"ASIAKEY", "SECRETCANARY-key", "SECRETCANARY-token", WallTime{1'767'225'600s}, "123456789012",
                       "sts"};

TEST(CredentialsValue, EveryPrintingPathIsRedacted) {
  std::ostringstream out;
  out << kSet << to_string(kSet) << kSet.secret_access_key() << kSet.session_token();
  EXPECT_THAT(out.str(), Not(HasSubstr("SECRETCANARY")));
  EXPECT_THAT(out.str(), HasSubstr("ASIAKEY"));
  EXPECT_THAT(out.str(), HasSubstr("2026-01-01T00:00:00Z"));
  EXPECT_THAT(out.str(), HasSubstr("***"));
  EXPECT_THAT(::testing::PrintToString(kSet), Not(HasSubstr("SECRETCANARY")));
}

TEST(CredentialsValue, MovedFromSetIsEmpty) {
  Credentials first = kSet;
  const Credentials second = std::move(first);
  EXPECT_EQ(second, kSet);
  EXPECT_TRUE(first.secret_access_key().empty());  // NOLINT(bugprone-use-after-move): the promise under test
  EXPECT_TRUE(first.session_token().empty());
}

TEST(CredentialsValue, ComparesByAllFields) {
  EXPECT_EQ(kSet, Credentials{kSet});
  EXPECT_NE(kSet, (Credentials{"ASIAKEY", "SECRETCANARY-kex", "SECRETCANARY-token", kSet.expiration(), "123456789012",
                               "sts"}));
}

TEST(CredentialsValue, ExpiresAtItsExpirationAndNotBefore) {
  EXPECT_FALSE(kSet.expired(*kSet.expiration() - 1ns));
  EXPECT_TRUE(kSet.expired(*kSet.expiration()));
  EXPECT_FALSE((Credentials{"A", "s"}.expired(WallTime::max())));
}

TEST(CredentialsValue, IsImmutable) {
  static_assert(std::is_same_v<decltype(kSet.access_key_id()), const std::string&>);
  static_assert(std::is_nothrow_move_constructible_v<SecretString>);
  SUCCEED();
}

/// Bytes that were freed must not be read in a test; the spare capacity of a living string may.
TEST(Wiping, LeavesNothingInAStringsMemory) {
  std::string text = "SECRETCANARY-in-a-string-that-is-too-long-for-the-small-buffer";
  text.resize(20);
  const auto* memory = text.data();
  const auto capacity = text.capacity();
  wipe(text);
  EXPECT_TRUE(text.empty());
  ASSERT_EQ(text.data(), memory);
  text.resize(capacity, 'x');
  EXPECT_EQ(text, std::string(capacity, 'x'));
}

TEST(SecretStringValue, AssignmentAndSelfAssignmentKeepTheText) {
  SecretString text{"SECRETCANARY"};
  const auto& same = text;
  text = same;
  EXPECT_EQ(text.reveal(), "SECRETCANARY");
  text = SecretString{};
  EXPECT_TRUE(text.empty());
}

struct ErrorTextCase {
  ErrorFields fields;
  std::string text;
};

TEST(Errors, Row32_TextIsTheMessageAndWhatIsSetInOrder) {
  const std::vector<ErrorTextCase> cases{
      {{.message = "plain"}, "plain"},
      {{.message = "m", .code = "C"}, "m (code='C')"},
      {{.message = "m", .status_code = 403}, "m (status_code=403)"},
      {{.message = "m", .code = "C", .status_code = 403, .param = "p", .value = "v", .details = "d"},
       "m (code='C', status_code=403, param='p', value='v', details='d')"},
      {{.message = "m", .param = "p", .kind = ErrorKind::recoverable, .request_id = "r"}, "m (param='p')"},
  };
  for (const auto& each : cases) {
    EXPECT_EQ(Error{each.fields}.what(), each.text);
  }
}

TEST(Errors, Row31_BaseErrorAndWarningCarryAMessage) {
  EXPECT_EQ(Error{{.message = "m"}}.message(), "m");
  EXPECT_EQ((Warning{.place = "p", .message = "m"}.message), "m");
}

template <typename Derived>
void expect_kind() {
  static_assert(std::is_base_of_v<Error, Derived>);
  const Derived original{{.message = "m", .code = "C"}};
  const Error& base = original;
  EXPECT_THROW(base.raise(), Derived);
  EXPECT_THROW(base.clone()->raise(), Derived);
  EXPECT_EQ(base.clone()->code(), "C");
}

TEST(Errors, Row33_FiveKindsDirectlyBelowTheBaseSurviveRaiseAndClone) {
  expect_kind<ValidationError>();
  expect_kind<ConfigurationError>();
  expect_kind<CredentialError>();
  expect_kind<ConnectionError>();
  expect_kind<RequestError>();
}

TEST(Errors, ForeignExceptionsAreWrappedWithTheirCauseAndWithoutTheirText) {
  try {
    throw std::runtime_error{"SECRETCANARY"};
  } catch (...) {
    const auto error = current_error("It broke.");
    EXPECT_THAT(error->what(), Not(HasSubstr("SECRETCANARY")));
    EXPECT_THROW(std::rethrow_exception(error->cause()), std::runtime_error);
  }
}

TEST(Warnings, HandlerIsReplacedAndReturned) {
  std::vector<std::string> heard;
  const auto before = set_warning_handler([&](const Warning& warning) { heard.push_back(warning.place); });
  warn({.place = "a", .message = "m"});
  warn({.place = "a", .message = "m"});
  EXPECT_THAT(heard, ::testing::ElementsAre("a", "a"));
  set_warning_handler([](const Warning&) { throw std::runtime_error{"no"}; });
  warn({.place = "a", .message = "m"});  // must not throw
  set_warning_handler(before);
}

TEST(Warnings, DefaultHandlerSpeaksOncePerPlace) {
  const auto before = set_warning_handler({});
  ::testing::internal::CaptureStderr();
  warn({.place = "values_test.once", .message = "first"});
  warn({.place = "values_test.once", .message = "second"});
  const auto log = ::testing::internal::GetCapturedStderr();
  EXPECT_THAT(log, HasSubstr("first"));
  EXPECT_THAT(log, Not(HasSubstr("second")));
  set_warning_handler(before);
}

}  // namespace
}  // namespace aws_refresh_session
