#pragma once

/// \file
/// A login of IAM Identity Center in a directory of its own, and a portal that answers what it is told to.

#include "providers/sso.hpp"
#include "providers/sso_token.hpp"

#include <aws_refresh_session/exceptions.hpp>
#include <aws_refresh_session/testing/fake_clock.hpp>
#include <aws_refresh_session/testing/fake_http_transport.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <unistd.h>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <stop_token>
#include <string>

namespace aws_refresh_session {

// The faked clock stands at 2026-01-01T00:00:00Z.
inline const std::string kRoleCredentials =
    R"({"roleCredentials":{"accessKeyId":"ASIASSO","secretAccessKey":"SECRETCANARY/key",
        "sessionToken":"SECRETCANARY/token","expiration":1767229200000}})";
inline const std::string kCreatedToken =
    R"({"accessToken":"SECRETCANARY-new","tokenType":"Bearer","expiresIn":3600,"refreshToken":"SECRETCANARY-next"})";

inline std::string token_text(const std::string& expires_at, const std::string& access_token = "SECRETCANARY-access",
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

}  // namespace aws_refresh_session
