// The token's refresh, and its file, which several processes read and write.

#include "core/private_file.hpp"
#include "support/aws_home.hpp"
#include "support/warnings.hpp"
#include "unit/sso_support.hpp"

#include <aws_refresh_session/providers/profile.hpp>

#include <gmock/gmock.h>

#include <sys/stat.h>
#include <condition_variable>
#include <filesystem>
#include <functional>
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

using SsoRefresh = Sso;

TEST_F(SsoRefresh, TokenThatEndsSoonIsRefreshedAndWrittenBackWithWhatIsUnknown) {
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

TEST_F(SsoRefresh, TokenWithFiveMinutesLeftIsNotRefreshed) {
  write(token_text("2026-01-01T00:05:00Z"));
  transport_->then(200, kRoleCredentials);
  static_cast<void>(provider()->resolve({}));
  EXPECT_EQ(transport_->request_count(), 1U);
}

TEST_F(SsoRefresh, AnswerWithoutARefreshTokenKeepsTheOldOne) {
  write(token_text("2025-12-31T00:00:00Z"));
  transport_->then(200, R"({"accessToken":"SECRETCANARY-new","expiresIn":600})").then(200, kRoleCredentials);
  static_cast<void>(provider()->resolve({}));
  EXPECT_TRUE(read()["refreshToken"] == "SECRETCANARY-refresh");
}

TEST_F(SsoRefresh, RefusedRefreshOfAnExpiredTokenSaysToLogInAgain) {
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

TEST_F(SsoRefresh, FailedRefreshKeepsATokenThatIsStillValidAndIsNotRepeatedForHalfAMinute) {
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

TEST_F(SsoRefresh, FailedRefreshOfAnExpiredTokenIsRememberedForHalfAMinute) {
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

TEST_F(SsoRefresh, TokenThatCannotBeRefreshedSaysToLogInAgain) {
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

TEST_F(SsoRefresh, AnswerOfTheOidcServiceThatCannotBeUsedIsMalformed) {
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

TEST_F(SsoRefresh, TokenThatAnotherProcessRefreshedMeanwhileIsTaken) {
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

TEST_F(SsoRefresh, LockThatIsNeverGivenBackBoundsTheWait) {
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

TEST_F(SsoRefresh, SecondProviderFindsWhatTheFirstRefreshed) {
  write(token_text("2025-12-31T00:00:00Z"));
  transport_->then(200, kCreatedToken).then(200, kRoleCredentials).then(200, kRoleCredentials);
  static_cast<void>(provider()->resolve({}));
  static_cast<void>(provider()->resolve({}));
  EXPECT_EQ(transport_->request_count(), 3U);
  EXPECT_TRUE(bearer(2) == "SECRETCANARY-new");
}

TEST_F(SsoRefresh, WhereNoLockCanBeMadeTheTokenIsRefreshedWithoutOne) {
  write(token_text("2025-12-31T00:00:00Z"));
  std::filesystem::create_directory(file().string() + ".lock");
  transport_->then(200, kCreatedToken).then(200, kRoleCredentials);
  EXPECT_EQ(provider()->resolve({}).access_key_id(), "ASIASSO");
}

TEST_F(SsoRefresh, WriteThatFailsKeepsTheTokenInMemoryAndTheNextRefreshUsesIt) {
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

TEST_F(SsoRefresh, TokenThatCouldNotBeWrittenBackOutlivesItsProvider) {
  write(token_text("2025-12-31T00:00:00Z"));
  const support::RecordedWarnings warnings;
  const auto hidden = directory_.string() + "-hidden";
  transport_->then([&](const HttpRequest&, const std::stop_token&) {
    std::filesystem::rename(directory_, hidden);
    return HttpResponse{200, {}, kCreatedToken};
  });
  transport_->then(200, kRoleCredentials).then(200, kRoleCredentials);
  static_cast<void>(provider()->resolve({}));
  std::filesystem::rename(hidden, directory_);
  static_cast<void>(provider()->resolve({}));
  EXPECT_EQ(transport_->request_count(), 3U) << "the old refresh token is spent";
  EXPECT_TRUE(bearer(2) == "SECRETCANARY-new");
  // A login since then is newer than what was kept, and that is forgotten, even if the old file comes back.
  write(token_text("2026-01-01T08:00:00Z", "SECRETCANARY-login"));
  transport_->then(200, kRoleCredentials);
  static_cast<void>(provider()->resolve({}));
  EXPECT_TRUE(bearer(3) == "SECRETCANARY-login");
  write(token_text("2025-12-31T00:00:00Z"));
  transport_->then(200, kCreatedToken).then(200, kRoleCredentials);
  static_cast<void>(provider()->resolve({}));
  EXPECT_EQ(transport_->request_count(), 6U);
}

TEST_F(SsoRefresh, TokenThatCouldNotBeWrittenBackOutlivesAChangeOfTheProfile) {
  const support::AwsHome home;
  const std::string profile =
      "[sso-session work]\nsso_region = eu-west-1\nsso_start_url = https://example.awsapps.com/start\n"
      "[profile p]\nsso_session = work\nsso_account_id = 123456789012\nsso_role_name = Admin\n";
  home.config(profile);
  const std::string cache = ".aws/sso/cache";
  home.write(cache + "/" + providers::sso_token_file_name("work"), token_text("2025-12-31T00:00:00Z"));
  const auto asked = make_profile_provider(
      {.profile = "p"}, {.clock = clock_, .transport = transport_, .environment = home.environment(), .skew = skew_});
  const support::RecordedWarnings warnings;
  transport_->then([&](const HttpRequest&, const std::stop_token&) {
    std::filesystem::rename(home.path(cache), home.path("hidden"));
    return HttpResponse{200, {}, kCreatedToken};
  });
  transport_->then(200, kRoleCredentials).then(200, kRoleCredentials);
  static_cast<void>(asked->resolve({}));
  std::filesystem::rename(home.path("hidden"), home.path(cache));
  home.config(profile + "[profile q]\nregion = eu-west-1\n");
  static_cast<void>(asked->resolve({}));
  EXPECT_EQ(transport_->request_count(), 3U);
  EXPECT_TRUE(bearer(2) == "SECRETCANARY-new");
}

}  // namespace
}  // namespace aws_refresh_session
