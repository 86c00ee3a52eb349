#include "providers/web_identity.hpp"

#include "secret_registry.hpp"
#include "support/sts_answers.hpp"
#include "support/warnings.hpp"

#include <aws_refresh_session/exceptions.hpp>
#include <aws_refresh_session/testing/fake_clock.hpp>
#include <aws_refresh_session/testing/fake_http_transport.hpp>

#include <gmock/gmock.h>

#include <unistd.h>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace aws_refresh_session {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using support::error_answer;
using ::testing::HasSubstr;

constexpr const char* kRole = "arn:aws:iam::123456789012:role/web";
/// Three parts, as a JWT has.
const std::string kToken = "SECRETCANARYheader0.SECRETCANARYpayload0.SECRETCANARYsignature";

std::string answer() {
  auto text = support::assume_role_answer();
  for (auto at = text.find("AssumeRoleRes"); at != std::string::npos; at = text.find("AssumeRoleRes", at + 20)) {
    text.insert(at + 10, "WithWebIdentity");
  }
  return text;
}

class WebIdentityTest : public ::testing::Test {
 protected:
  WebIdentityTest()
      : directory(std::filesystem::path{::testing::TempDir()} /
                  (std::string{"web_identity_"} + ::testing::UnitTest::GetInstance()->current_test_info()->name() +
                   std::to_string(::getpid()))) {
    std::filesystem::create_directories(directory);
    variables = {{"AWS_REGION", "eu-west-1"},
                 {"AWS_ROLE_ARN", kRole},
                 {"AWS_WEB_IDENTITY_TOKEN_FILE", (directory / "token").string()},
                 {"HOME", directory.string()}};
    write(kToken);
  }
  ~WebIdentityTest() override { std::filesystem::remove_all(directory); }

  std::shared_ptr<testing::FakeClock> clock = std::make_shared<testing::FakeClock>();
  std::shared_ptr<testing::FakeHttpTransport> transport = std::make_shared<testing::FakeHttpTransport>();
  std::map<std::string, std::string, std::less<>> variables;
  WebIdentityOptions options;
  std::vector<milliseconds> waits;
  std::filesystem::path directory;

  void write(const std::string& content) const {
    std::ofstream{directory / "token", std::ios::binary | std::ios::trunc} << content;
  }

  Credentials resolve() {
    const auto provider = providers::make_web_identity_provider(
        options, {clock, transport, std::make_shared<FixedEnvironment>(variables), nullptr},
        {.wait =
             [this](milliseconds duration, const std::stop_token& stop) {
               waits.push_back(duration);
               clock->advance(duration);
               return !stop.stop_requested();
             },
         .random = [] { return 0.5; }});
    return provider->resolve({});
  }

  template <typename Thrown>
  ErrorFields failure() {
    try {
      static_cast<void>(resolve());
    } catch (const Thrown& error) {
      EXPECT_TRUE(std::string{error.what()}.find(testing::kCanary) == std::string::npos);
      return error.fields();
    } catch (const std::exception& error) {
      ADD_FAILURE() << "another type: " << error.what();
      return {};
    }
    ADD_FAILURE() << "nothing was thrown";
    return {};
  }
};

TEST_F(WebIdentityTest, TheCallIsNotSignedAndTheAnswerBecomesASet) {
  transport->then(200, answer());
  const auto set = resolve();
  EXPECT_EQ(set.access_key_id(), "ASIAANSWER");
  EXPECT_EQ(set.provider_name(), "web_identity");
  EXPECT_EQ(set.account_id(), "123456789012");
  const auto requests = transport->requests();
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_EQ(requests[0].url, "https://sts.eu-west-1.amazonaws.com/");
  EXPECT_TRUE(requests[0].body ==
              "Action=AssumeRoleWithWebIdentity&Version=2011-06-15"
              "&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fweb&RoleSessionName=aws-refresh-session"
              "&WebIdentityToken=" +
                  kToken);
  for (const auto& [name, value] : requests[0].headers) {
    EXPECT_NE(name, "Authorization");
    EXPECT_NE(name, "X-Amz-Date");
  }
}

TEST_F(WebIdentityTest, OptionsWinOverVariables) {
  const support::RecordedWarnings warnings;
  variables["AWS_ROLE_SESSION_NAME"] = "from-environment";
  options.role_arn = "arn:aws:iam::123456789012:role/other";
  options.role_session_name = "me";
  options.duration = seconds{3};
  options.policy = "{}";
  options.policy_arns = {"arn:aws:iam::aws:policy/A"};
  options.web_identity_token_file = "~/token";
  variables.erase("AWS_WEB_IDENTITY_TOKEN_FILE");
  transport->then(200, answer());
  static_cast<void>(resolve());
  const auto body = transport->requests().at(0).body;
  for (const char* const part :
       {"role%2Fother", "&RoleSessionName=me&", "&DurationSeconds=3&", "&Policy=%7B%7D", "&PolicyArns.member.1.arn="}) {
    EXPECT_TRUE(body.find(part) != std::string::npos) << part;
  }
  EXPECT_THAT(warnings.places(), ::testing::ElementsAre("sts.duration"));
}

TEST_F(WebIdentityTest, TheFileIsReadAtEveryRefresh) {
  for (const std::string token : {"SECRETCANARYone", "SECRETCANARYtwo\n"}) {
    write(token);
    transport->then(200, answer());
    static_cast<void>(resolve());
    EXPECT_TRUE(transport->requests().back().body.ends_with("&WebIdentityToken=" + token.substr(0, 15)));
  }
}

TEST_F(WebIdentityTest, WithoutATokenFileItIsNotConfigured) {
  variables["AWS_WEB_IDENTITY_TOKEN_FILE"] = " ";
  const auto fields = failure<CredentialError>();
  EXPECT_EQ(fields.kind, ErrorKind::not_configured);
  EXPECT_EQ(fields.code, "NoCredentials");
}

TEST_F(WebIdentityTest, ATokenWithoutARoleIsAnError) {
  variables.erase("AWS_ROLE_ARN");
  EXPECT_EQ(failure<ConfigurationError>().code, "MissingRoleArn");
  EXPECT_EQ(transport->request_count(), 0U);
}

TEST_F(WebIdentityTest, RoleAndNameAreCheckedBeforeAnythingIsSent) {
  variables["AWS_ROLE_ARN"] = "role/web";
  EXPECT_EQ(failure<ValidationError>().param, "RoleArn");
  variables["AWS_ROLE_ARN"] = kRole;
  variables["AWS_ROLE_SESSION_NAME"] = "a b";
  EXPECT_EQ(failure<ValidationError>().param, "RoleSessionName");
  EXPECT_EQ(transport->request_count(), 0U);
}

TEST_F(WebIdentityTest, AFileThatCannotBeUsedIsNamed) {
  for (const auto& content : {std::string{}, std::string{" \n"}, std::string(64 * 1024 + 1, 'x')}) {
    write(content);
    const auto fields = failure<ConfigurationError>();
    EXPECT_EQ(fields.code, "WebIdentityTokenFile");
    EXPECT_EQ(fields.value, (directory / "token").string());
    EXPECT_EQ(fields.kind, content.size() > 2 ? ErrorKind::non_recoverable : ErrorKind::recoverable);
  }
  variables["AWS_WEB_IDENTITY_TOKEN_FILE"] = directory.string();
  EXPECT_EQ(failure<ConfigurationError>().code, "WebIdentityTokenFile");
  variables["AWS_WEB_IDENTITY_TOKEN_FILE"] = "/nonexistent/token";
  EXPECT_EQ(failure<ConfigurationError>().code, "WebIdentityTokenFile");
  EXPECT_EQ(transport->request_count(), 0U);
}

TEST_F(WebIdentityTest, WhatMayPassIsAskedAgainAndWhatMayNotIsNot) {
  for (const char* const code : {"IDPCommunicationError", "InvalidIdentityToken", "Throttling"}) {
    waits.clear();
    transport->then(400, error_answer(code)).then(200, answer());
    EXPECT_EQ(resolve().access_key_id(), "ASIAANSWER") << code;
    EXPECT_EQ(waits.size(), 1U) << code;
  }
  for (const char* const code :
       {"ExpiredTokenException", "AccessDenied", "IDPRejectedClaim", "SignatureDoesNotMatch"}) {
    const auto before = transport->request_count();
    transport->then(400, error_answer(code), {{"date", "Thu, 01 Jan 2026 03:00:00 GMT"}});
    const auto fields = failure<RequestError>();
    EXPECT_EQ(fields.code, code);
    EXPECT_EQ(fields.kind, ErrorKind::non_recoverable) << code;
    EXPECT_EQ(transport->request_count(), before + 1) << code;
  }
}

TEST_F(WebIdentityTest, AnInvalidTokenIsFinalAfterAllAttempts) {
  for (int i = 0; i < 3; ++i) {
    transport->then(400, error_answer("InvalidIdentityToken", "No provider"));
  }
  const auto fields = failure<RequestError>();
  EXPECT_EQ(fields.kind, ErrorKind::non_recoverable);
  EXPECT_THAT(fields.message, HasSubstr("issuer and audience"));
  EXPECT_THAT(fields.details, HasSubstr("3 attempts"));
}

TEST_F(WebIdentityTest, ATokenThatTheServiceRepeatsIsNotShown) {
  const std::string padding(990, '.');
  for (const auto& message : std::vector<std::string>{"token " + kToken + " is bad", "payload SECRETCANARYpayload0",
                                                      padding + "SECRETCANARYsignature and more, cut off",
                                                      padding + ". SECRETCANARYsignature and more, cut off"}) {
    transport->then(400, error_answer("AccessDenied", message));
    const auto fields = failure<RequestError>();
    EXPECT_EQ(fields.code, "AccessDenied");
    EXPECT_TRUE(fields.message.find("payload0") == std::string::npos);
    EXPECT_TRUE(fields.message.find("signat") == std::string::npos);
  }
}

TEST_F(WebIdentityTest, AnotherActionsAnswerIsMalformed) {
  transport->then(200, support::assume_role_answer());
  EXPECT_EQ(failure<CredentialError>().code, "MalformedResponse");
}

TEST_F(WebIdentityTest, AnExpiredSetIsRefused) {
  clock->advance(std::chrono::hours{2});
  transport->then(200, answer());
  EXPECT_EQ(failure<CredentialError>().code, "ExpiredCredentials");
}

}  // namespace
}  // namespace aws_refresh_session
