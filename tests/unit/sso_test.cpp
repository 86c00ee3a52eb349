#include "providers/sso.hpp"
#include "core/private_file.hpp"
#include "providers/sso_token.hpp"
#include "support/warnings.hpp"

#include <aws_refresh_session/exceptions.hpp>
#include <aws_refresh_session/testing/fake_clock.hpp>
#include <aws_refresh_session/testing/fake_http_transport.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <sys/stat.h>
#include <unistd.h>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace aws_refresh_session {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// The faked clock stands at 2026-01-01T00:00:00Z.
const std::string kRoleCredentials =
    R"({"roleCredentials":{"accessKeyId":"ASIASSO","secretAccessKey":"SECRETCANARY/key",
        "sessionToken":"SECRETCANARY/token","expiration":1767229200000}})";
const std::string kCreatedToken =
    R"({"accessToken":"SECRETCANARY-new","tokenType":"Bearer","expiresIn":3600,"refreshToken":"SECRETCANARY-next"})";

std::string token_text(const std::string& expires_at, const std::string& access_token = "SECRETCANARY-access",
                       const std::string& registration = "2026-03-01T00:00:00Z") {
  return R"({"startUrl":"https://example.awsapps.com/start","region":"eu-west-1","accessToken":")" + access_token +
         R"(","expiresAt":")" + expires_at +
         R"(","clientId":"client","clientSecret":"SECRETCANARY-client","refreshToken":"SECRETCANARY-refresh",)"
         R"("registrationExpiresAt":")" +
         registration + R"(","unknown":{"kept":[1,2]}})";
}

class Sso : public ::testing::Test {
 protected:
  Sso() {
    directory_ =
        std::filesystem::path{::testing::TempDir()} /
        ("sso-" + std::to_string(::getpid()) + "-" + ::testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::create_directories(directory_);
    options_ = {.account_id = "123456789012",
                .role_name = "Admin",
                .region = "eu-west-1",
                .start_url = "https://example.awsapps.com/start",
                .session_name = "work",
                .cache_directory = directory_.string()};
  }
  ~Sso() override {
    std::filesystem::permissions(directory_, std::filesystem::perms::owner_all);
    std::filesystem::remove_all(directory_);
  }

  [[nodiscard]] std::shared_ptr<CredentialsProvider> provider() {
    return providers::make_sso_provider(options_,
                                        {.clock = lock_clock_ ? lock_clock_ : clock_,
                                         .transport = transport_,
                                         .environment = std::make_shared<FixedEnvironment>(variables_),
                                         .skew = skew_},
                                        {.wait =
                                             [this](std::chrono::milliseconds delay, const std::stop_token&) {
                                               clock_->advance(delay);
                                               return true;
                                             },
                                         .random = [] { return 0.5; }});
  }
  [[nodiscard]] std::filesystem::path file() const {
    return directory_ /
           providers::sso_token_file_name(options_.session_name.empty() ? options_.start_url : options_.session_name);
  }
  void write(const std::string& text) const { std::ofstream{file()} << text; }
  [[nodiscard]] nlohmann::json read() const {
    std::ifstream in{file()};
    return nlohmann::json::parse(in);
  }
  /// The header of the request with that number.
  [[nodiscard]] std::string bearer(std::size_t request) const {
    const auto all = transport_->requests();
    for (const auto& [name, value] : all.at(request).headers) {
      if (name == "x-amz-sso_bearer_token") {
        return value;
      }
    }
    return {};
  }

  /// The error that asking throws; its text must hold no secret.
  template <typename E = CredentialError>
  E failure(CredentialsProvider& asked, const ResolveContext& context = {}) {
    try {
      static_cast<void>(asked.resolve(context));
      ADD_FAILURE() << "nothing was thrown";
    } catch (const E& error) {
      EXPECT_TRUE(std::string{error.what()}.find("SECRETCANARY") == std::string::npos);
      return error;
    }
    return E{ErrorFields{}};
  }
  template <typename E = CredentialError>
  E failure() {
    return failure<E>(*provider());
  }

  std::filesystem::path directory_;
  SsoOptions options_;
  std::map<std::string, std::string, std::less<>> variables_{{"HOME", "/nonexistent"}};
  std::shared_ptr<testing::FakeClock> clock_ = std::make_shared<testing::FakeClock>();
  /// The provider's clock, if it is not the one above.
  std::shared_ptr<const Clock> lock_clock_;
  std::shared_ptr<testing::FakeHttpTransport> transport_ = std::make_shared<testing::FakeHttpTransport>();
  std::shared_ptr<ClockSkew> skew_ = std::make_shared<ClockSkew>();
};

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

// ---- refresh

TEST_F(Sso, TokenThatEndsSoonIsRefreshedAndWrittenBackWithWhatIsUnknown) {
  write(token_text("2026-01-01T00:04:59Z"));
  transport_->then(200, kCreatedToken).then(200, kRoleCredentials);
  EXPECT_EQ(provider()->resolve({}).access_key_id(), "ASIASSO");
  const auto request = transport_->requests()[0];
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.url, "https://oidc.eu-west-1.amazonaws.com/token");
  EXPECT_TRUE(nlohmann::json::parse(request.body) ==
              nlohmann::json::parse(R"({"clientId":"client","clientSecret":"SECRETCANARY-client",
                  "grantType":"refresh_token","refreshToken":"SECRETCANARY-refresh"})"));
  EXPECT_TRUE(bearer(1) == "SECRETCANARY-new");
  const auto written = read();
  EXPECT_TRUE(written["accessToken"] == "SECRETCANARY-new");
  EXPECT_TRUE(written["refreshToken"] == "SECRETCANARY-next");
  EXPECT_EQ(written["expiresAt"], "2026-01-01T01:00:00Z");
  EXPECT_EQ(written["unknown"], nlohmann::json::parse(R"({"kept":[1,2]})"));
  EXPECT_EQ(written["startUrl"], "https://example.awsapps.com/start");
  struct stat status {};
  ASSERT_EQ(::stat(file().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_F(Sso, TokenWithFiveMinutesLeftIsNotRefreshed) {
  write(token_text("2026-01-01T00:05:00Z"));
  transport_->then(200, kRoleCredentials);
  static_cast<void>(provider()->resolve({}));
  EXPECT_EQ(transport_->request_count(), 1U);
}

TEST_F(Sso, AnswerWithoutARefreshTokenKeepsTheOldOne) {
  write(token_text("2025-12-31T00:00:00Z"));
  transport_->then(200, R"({"accessToken":"SECRETCANARY-new","expiresIn":600})").then(200, kRoleCredentials);
  static_cast<void>(provider()->resolve({}));
  EXPECT_TRUE(read()["refreshToken"] == "SECRETCANARY-refresh");
}

TEST_F(Sso, RefusedRefreshOfAnExpiredTokenSaysToLogInAgain) {
  write(token_text("2025-12-31T00:00:00Z"));
  transport_->then(400, R"({"error":"invalid_grant","error_description":"SECRETCANARY-refresh is invalid"})",
                   {{"x-amzn-errortype", "InvalidGrantException:http://internal/"}});
  const auto error = failure();
  EXPECT_EQ(error.code(), "SsoTokenExpired");
  EXPECT_THAT(error.message(), HasSubstr("aws sso login --sso-session work"));
  EXPECT_EQ(error.details(), "InvalidGrantException; invalid_grant");
  EXPECT_EQ(error.status_code(), 400);
  EXPECT_TRUE(read()["refreshToken"] == "SECRETCANARY-refresh");
}

TEST_F(Sso, FailedRefreshKeepsATokenThatIsStillValidAndIsNotRepeatedForHalfAMinute) {
  write(token_text("2026-01-01T00:04:00Z"));
  transport_->then(400, R"({"error":"invalid_request"})");
  const auto asked = provider();
  for (int round = 0; round < 3; ++round) {
    transport_->then(200, kRoleCredentials);
    EXPECT_EQ(asked->resolve({}).access_key_id(), "ASIASSO");
  }
  EXPECT_EQ(transport_->request_count(), 4U);
  clock_->advance(30s);
  transport_->then(200, kCreatedToken).then(200, kRoleCredentials);
  static_cast<void>(asked->resolve({}));
  EXPECT_EQ(transport_->request_count(), 6U);
}

TEST_F(Sso, FailedRefreshOfAnExpiredTokenIsRememberedForHalfAMinute) {
  write(token_text("2025-12-31T00:00:00Z"));
  options_.client.max_attempts = 1;
  transport_->then(503, "busy");
  const auto asked = provider();
  EXPECT_EQ(failure<RequestError>(*asked).kind(), ErrorKind::recoverable);
  EXPECT_EQ(failure<RequestError>(*asked).status_code(), 503);
  EXPECT_EQ(transport_->request_count(), 1U);
  // The user logs in: nothing stands in the way.
  write(token_text("2026-01-01T08:00:00Z"));
  transport_->then(200, kRoleCredentials);
  EXPECT_EQ(asked->resolve({}).access_key_id(), "ASIASSO");
}

TEST_F(Sso, TokenThatCannotBeRefreshedSaysToLogInAgain) {
  write(token_text("2025-12-31T00:00:00Z", "SECRETCANARY-access", "2025-12-31T00:00:00Z"));
  EXPECT_EQ(failure().code(), "SsoTokenExpired");
  write(R"({"accessToken":"SECRETCANARY","expiresAt":"2025-12-31T00:00:00Z"})");
  EXPECT_EQ(failure().code(), "SsoTokenExpired");
  options_.session_name.clear();
  write(token_text("2025-12-31T00:00:00Z"));
  EXPECT_EQ(failure().code(), "SsoTokenExpired");
  EXPECT_THAT(failure().message(), HasSubstr("run `aws sso login`"));
  EXPECT_EQ(transport_->request_count(), 0U);
}

TEST_F(Sso, AnswerOfTheOidcServiceThatCannotBeUsedIsMalformed) {
  for (const auto* const answer :
       {"", "SECRETCANARY", R"({"accessToken":"SECRETCANARY"})", R"({"accessToken":"SECRETCANARY","expiresIn":-5})",
        R"({"accessToken":"SECRETCANARY","expiresIn":18446744073709551615})",
        R"({"accessToken":"SECRETCANARY","expiresIn":"600"})", R"({"accessToken":7,"expiresIn":600})"}) {
    write(token_text("2025-12-31T00:00:00Z"));
    transport_->then(200, answer);
    EXPECT_EQ(failure().code(), "MalformedResponse");
    EXPECT_TRUE(read()["accessToken"] == "SECRETCANARY-access");
  }
}

/// A fake clock that does something when somebody begins to wait by it, and then lets that wait end.
class HookedClock final : public Clock {
 public:
  HookedClock(std::shared_ptr<testing::FakeClock> clock, std::function<void()> hook)
      : clock_(std::move(clock)), hook_(std::move(hook)) {}
  [[nodiscard]] WallTime now() const noexcept override { return clock_->now(); }
  [[nodiscard]] SteadyTime steady_now() const noexcept override { return clock_->steady_now(); }
  bool wait_until(std::condition_variable& /*condition*/, std::unique_lock<std::mutex>& /*lock*/,
                  SteadyTime deadline) const override {
    hook_();
    clock_->advance(deadline - clock_->steady_now());
    return true;
  }

 private:
  std::shared_ptr<testing::FakeClock> clock_;
  std::function<void()> hook_;
};

TEST_F(Sso, TokenThatAnotherProcessRefreshedMeanwhileIsTaken) {
  write(token_text("2025-12-31T00:00:00Z"));
  std::optional<core::FileLock> other;
  other.emplace(file().string() + ".lock", 1s, *clock_, std::stop_token{});
  ASSERT_TRUE(other->held());
  // While this process waits for the lock, the other one writes and lets it go.
  lock_clock_ = std::make_shared<HookedClock>(clock_, [&] {
    write(token_text("2026-01-01T08:00:00Z", "SECRETCANARY-others"));
    other.reset();
  });
  transport_->then(200, kRoleCredentials);
  static_cast<void>(provider()->resolve({}));
  EXPECT_EQ(transport_->request_count(), 1U);
  EXPECT_TRUE(bearer(0) == "SECRETCANARY-others");
}

TEST_F(Sso, LockThatIsNeverGivenBackBoundsTheWait) {
  write(token_text("2025-12-31T00:00:00Z"));
  const core::FileLock other{file().string() + ".lock", 1s, *clock_, std::stop_token{}};
  lock_clock_ = std::make_shared<HookedClock>(clock_, [] {});
  const auto error = failure();
  EXPECT_EQ(error.code(), "TokenFileLocked");
  EXPECT_EQ(error.kind(), ErrorKind::recoverable);
  EXPECT_LE(clock_->steady_now() - testing::FakeClock{}.steady_now(), 16s);
  // A token that is still valid is used meanwhile.
  write(token_text("2026-01-01T00:04:00Z"));
  transport_->then(200, kRoleCredentials);
  EXPECT_EQ(provider()->resolve({}).access_key_id(), "ASIASSO");
}

TEST_F(Sso, SecondProviderFindsWhatTheFirstRefreshed) {
  write(token_text("2025-12-31T00:00:00Z"));
  transport_->then(200, kCreatedToken).then(200, kRoleCredentials).then(200, kRoleCredentials);
  static_cast<void>(provider()->resolve({}));
  static_cast<void>(provider()->resolve({}));
  EXPECT_EQ(transport_->request_count(), 3U);
  EXPECT_TRUE(bearer(2) == "SECRETCANARY-new");
}

TEST_F(Sso, WhereNoLockCanBeMadeTheTokenIsRefreshedWithoutOne) {
  write(token_text("2025-12-31T00:00:00Z"));
  std::filesystem::create_directory(file().string() + ".lock");
  transport_->then(200, kCreatedToken).then(200, kRoleCredentials);
  EXPECT_EQ(provider()->resolve({}).access_key_id(), "ASIASSO");
}

TEST_F(Sso, WriteThatFailsKeepsTheTokenInMemoryAndTheNextRefreshUsesIt) {
  write(token_text("2025-12-31T00:00:00Z"));
  const support::RecordedWarnings warnings;
  // While the service answers, the directory goes away and comes back: what is there after is the old file.
  const auto hidden = directory_.string() + "-hidden";
  transport_->then([&](const HttpRequest&, const std::stop_token&) {
    std::filesystem::rename(directory_, hidden);
    return HttpResponse{200, {}, kCreatedToken};
  });
  transport_->then(200, kRoleCredentials);
  const auto asked = provider();
  static_cast<void>(asked->resolve({}));
  EXPECT_EQ(warnings.places(), std::vector<std::string>{"token_file.save"});
  std::filesystem::rename(hidden, directory_);
  transport_->then(200, kRoleCredentials);
  static_cast<void>(asked->resolve({}));
  EXPECT_TRUE(bearer(2) == "SECRETCANARY-new");
  clock_->advance(1h);
  skew_->set(-1h);
  transport_->then([&](const HttpRequest& request, const std::stop_token&) {
    EXPECT_TRUE(request.body.find("SECRETCANARY-next") != std::string::npos);
    return HttpResponse{200, {}, kCreatedToken};
  });
  transport_->then(200, kRoleCredentials);
  static_cast<void>(asked->resolve({}));
  EXPECT_EQ(read()["expiresAt"], "2026-01-01T02:00:00Z");
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
