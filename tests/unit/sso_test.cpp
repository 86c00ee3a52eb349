// What is asked of the portal with a token that is good, and what is said about one that is not.

#include "unit/sso_support.hpp"

#include <gmock/gmock.h>

#include <string>
#include <utility>
#include <vector>

namespace aws_refresh_session {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// ---- the token that is still good

TEST_F(Sso, GoodTokenAsksThePortalAndMillisecondsBecomeTheExpiration) {
  write(token_text("2026-01-01T08:00:00Z"));
  transport_->then(200, kRoleCredentials);
  EXPECT_TRUE(provider()->resolve({}) ==
              (Credentials{"ASIASSO", "SECRETCANARY/key", "SECRETCANARY/token",
                           WallTime{std::chrono::seconds{1'767'229'200}}, "123456789012", "sso"}));
  const auto requests = transport_->requests();
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_EQ(requests[0].method, "GET");
  EXPECT_EQ(
      requests[0].url,
      "https://portal.sso.eu-west-1.amazonaws.com/federation/credentials?account_id=123456789012&role_name=Admin");
  EXPECT_TRUE(bearer(0) == "SECRETCANARY-access");
}

TEST_F(Sso, NamesAreEncodedInTheQuery) {
  options_.role_name = "A b+&/";
  write(token_text("2026-01-01T08:00:00Z"));
  transport_->then(200, kRoleCredentials);
  static_cast<void>(provider()->resolve({}));
  EXPECT_THAT(transport_->requests()[0].url, HasSubstr("&role_name=A%20b%2B%26%2F"));
}

TEST_F(Sso, FileIsNamedByTheSha1OfTheSessionOrTheStartUrl) {
  // By coreutils' sha1sum.
  EXPECT_EQ(providers::sso_token_file_name("admin"), "d033e22ae348aeb5660fc2140aec35850c4da997.json");
  EXPECT_EQ(providers::sso_token_file_name(""), "da39a3ee5e6b4b0d3255bfef95601890afd80709.json");
  options_.session_name.clear();
  write(R"({"accessToken":"SECRETCANARY-old","expiresAt":"2026-01-01T08:00:00UTC","region":"eu-west-1"})");
  transport_->then(200, kRoleCredentials);
  EXPECT_EQ(provider()->resolve({}).access_key_id(), "ASIASSO");
  EXPECT_TRUE(bearer(0) == "SECRETCANARY-old");
}

TEST_F(Sso, CacheIsBelowTheHomeDirectory) {
  options_.cache_directory.clear();
  variables_["HOME"] = directory_.string();
  const auto cache = directory_ / ".aws/sso/cache";
  std::filesystem::create_directories(cache);
  std::ofstream{cache / providers::sso_token_file_name("work")} << token_text("2026-01-01T08:00:00Z");
  transport_->then(200, kRoleCredentials);
  EXPECT_EQ(provider()->resolve({}).access_key_id(), "ASIASSO");
}

TEST_F(Sso, EndpointsCanBeConfigured) {
  write(token_text("2026-01-01T00:01:00Z"));
  options_.portal_endpoint_url = "http://127.0.0.1:1/portal";
  variables_["AWS_ENDPOINT_URL_SSO_OIDC"] = "http://127.0.0.1:2";
  transport_->then(200, kCreatedToken).then(200, kRoleCredentials);
  static_cast<void>(provider()->resolve({}));
  EXPECT_EQ(transport_->requests()[0].url, "http://127.0.0.1:2/token");
  EXPECT_THAT(transport_->requests()[1].url, StartsWith("http://127.0.0.1:1/portal/federation/credentials?"));
}

TEST_F(Sso, MissingOptionsAreRefusedAtOnce) {
  for (auto SsoOptions::*member :
       {&SsoOptions::account_id, &SsoOptions::role_name, &SsoOptions::region, &SsoOptions::start_url}) {
    auto options = options_;
    options.*member = " ";
    EXPECT_THROW(static_cast<void>(make_sso_provider(options)), ValidationError);
  }
  options_.region = "eu.evil.example/";
  EXPECT_THROW(static_cast<void>(provider()), ValidationError);
}

// ---- the token that is not there, or cannot be read

TEST_F(Sso, MissingTokenSaysWhichCommandToRun) {
  EXPECT_EQ(failure().code(), "SsoTokenMissing");
  EXPECT_THAT(failure().message(), HasSubstr("run `aws sso login --sso-session work`"));
  options_.profile = "my profile";
  EXPECT_THAT(failure().message(), HasSubstr("run `aws sso login --profile 'my profile'`"));
  EXPECT_EQ(failure().kind(), ErrorKind::non_recoverable);
}

TEST_F(Sso, TokenFileThatIsNoTokenIsMalformedAndNamesTheField) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", ""},
      {"SECRETCANARY", ""},
      {"[]", ""},
      {"\"SECRETCANARY\"", ""},
      {R"({"expiresAt":"2026-01-01T08:00:00Z"})", "accessToken"},
      {R"({"accessToken":" ","expiresAt":"2026-01-01T08:00:00Z"})", "accessToken"},
      {R"({"accessToken":["SECRETCANARY"],"expiresAt":"2026-01-01T08:00:00Z"})", "accessToken"},
      {R"({"accessToken":"SECRETCANARY\r\nx","expiresAt":"2026-01-01T08:00:00Z"})", "accessToken"},
      {R"({"accessToken":"SECRETCANARY"})", "expiresAt"},
      {R"({"accessToken":"SECRETCANARY","expiresAt":1767229200})", "expiresAt"},
      {R"({"accessToken":"SECRETCANARY","expiresAt":"SECRETCANARY"})", "expiresAt"},
      {R"({"accessToken":"SECRETCANARY","expiresAt":"2026-01-01T08:00:00Z","refreshToken":7})", "refreshToken"},
      {R"({"accessToken":"SECRETCANARY","expiresAt":"2026-01-01T08:00:00Z","registrationExpiresAt":"x"})",
       "registrationExpiresAt"},
  };
  for (const auto& [text, field] : cases) {
    write(text);
    const auto error = failure();
    EXPECT_EQ(error.code(), "SsoTokenMalformed") << text.size();
    EXPECT_EQ(error.param(), field) << text.size();
    EXPECT_THAT(error.message(), HasSubstr("aws sso login")) << text.size();
  }
  EXPECT_EQ(transport_->request_count(), 0U);
}

TEST_F(Sso, HugeFileAndDirectoryAreRefused) {
  write(std::string(300'000, ' '));
  EXPECT_EQ(failure().code(), "TokenFileUnreadable");
  std::filesystem::remove(file());
  std::filesystem::create_directory(file());
  EXPECT_EQ(failure().code(), "TokenFileUnreadable");
}

// ---- the portal's refusals

TEST_F(Sso, RefusalsOfThePortalSayWhatToDo) {
  struct Case {
    int status;
    std::string body;
    std::string code;
    std::string words;
  };
  const std::vector<Case> cases = {
      {401,
       R"({"message":"Session token SECRETCANARY-access not found","__type":"com.amazonaws.x#UnauthorizedException"})",
       "UnauthorizedException", "run `aws sso login --sso-session work`"},
      {403, R"({"message":"No access","__type":"com.amazonaws.switchboard.portal#ForbiddenException"})",
       "ForbiddenException", "the role Admin of the account 123456789012"},
      {404, R"({"message":"none","__type":"ResourceNotFoundException"})", "ResourceNotFoundException", "check both"},
      {400, R"({"message":"bad","__type":"InvalidRequestException"})", "InvalidRequestException", "bad"},
      {403, "<html>SECRETCANARY</html>", "MalformedResponse", "proxy"},
      {302, "", "MalformedResponse", "proxy"},
  };
  for (const auto& [status, body, code, words] : cases) {
    write(token_text("2026-01-01T08:00:00Z"));
    transport_->then(status, body, {{"x-amzn-requestid", "request-1"}});
    const auto error = failure<RequestError>();
    EXPECT_EQ(error.code(), code);
    EXPECT_EQ(error.status_code(), status);
    EXPECT_EQ(error.request_id(), "request-1");
    EXPECT_THAT(error.message(), HasSubstr(words));
  }
  EXPECT_EQ(transport_->request_count(), cases.size());
}

TEST_F(Sso, ThrottlingAndServerErrorsAreRepeated) {
  write(token_text("2026-01-01T08:00:00Z"));
  transport_->then(429, R"({"message":"slow","__type":"TooManyRequestsException"})")
      .then_fail("ConnectionReset")
      .then(200, kRoleCredentials);
  EXPECT_EQ(provider()->resolve({}).access_key_id(), "ASIASSO");
  transport_->then(500, "").then(502, "").then(503, "");
  const auto error = failure<RequestError>();
  EXPECT_EQ(error.kind(), ErrorKind::recoverable);
  EXPECT_THAT(error.details(), HasSubstr("after 3 attempts"));
  variables_["AWS_MAX_ATTEMPTS"] = "1";
  transport_->then(500, "");
  EXPECT_EQ(failure<RequestError>().details(), "");
}

TEST_F(Sso, NothingIsRepeatedBeyondTheDeadlineOrAfterAStop) {
  write(token_text("2026-01-01T08:00:00Z"));
  transport_->then(500, "");
  EXPECT_EQ(failure<RequestError>(*provider(), {.deadline = clock_->steady_now() + 400ms}).status_code(), 500);
  EXPECT_EQ(failure<ConnectionError>(*provider(), {.deadline = clock_->steady_now()}).code(), "Timeout");
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(failure<ConnectionError>(*provider(), {.stop = stop.get_token()}).kind(), ErrorKind::cancelled);
  EXPECT_EQ(transport_->request_count(), 1U);
}

TEST_F(Sso, AnswerOfThePortalThatCannotBeUsedIsMalformed) {
  for (
      const auto* const answer :
      {"", "SECRETCANARY", "{}", R"({"roleCredentials":[]})",
       R"({"roleCredentials":{"accessKeyId":"A","secretAccessKey":"SECRETCANARY","sessionToken":"SECRETCANARY"}})",
       R"({"roleCredentials":{"accessKeyId":"A","secretAccessKey":"SECRETCANARY","sessionToken":"t","expiration":"x"}})",
       R"({"roleCredentials":{"accessKeyId":"A","secretAccessKey":"SECRETCANARY","sessionToken":"t","expiration":1e300}})",
       R"({"roleCredentials":{"accessKeyId":"A","secretAccessKey":"SECRETCANARY","sessionToken":"t",
            "expiration":99999999999999999}})",
       R"({"roleCredentials":{"accessKeyId":"","secretAccessKey":"SECRETCANARY","sessionToken":"t","expiration":1}})"}) {
    write(token_text("2026-01-01T08:00:00Z"));
    transport_->then(200, answer);
    EXPECT_EQ(failure().code(), "MalformedResponse");
  }
}

TEST_F(Sso, ExpiredAnswerIsAnError) {
  write(token_text("2026-01-01T08:00:00Z"));
  clock_->advance(1h);
  transport_->then(200, kRoleCredentials);
  EXPECT_EQ(failure().code(), "ExpiredCredentials");
}

}  // namespace
}  // namespace aws_refresh_session
