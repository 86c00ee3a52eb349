#include "providers/login.hpp"
#include "core/private_file.hpp"
#include "providers/login_token.hpp"
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
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace aws_refresh_session {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

const std::string kSession = "arn:aws:iam::123456789012:user/alice";
// Made for this test alone.
const std::string kKey = R"(-----BEGIN EC PRIVATE KEY-----
MHcCAQEEIABU0gm1bDnanFx2Kmq2RKcnL1MBoVKHNEX8OBbhDvg5oAoGCCqGSM49
AwEHoUQDQgAEZlb5chBs8NPLGlPLNk/413Y02G3B7JeLisvzutdrzREyN7Ps209/
XdZVS11NobPQylYOs2KDV32O3BfxyZeCAQ==
-----END EC PRIVATE KEY-----
)";
// As the service writes it: the sets of keys are those of accessToken.
const std::string kAnswer =
    R"({"accessToken":{"accessKeyId":"ASIANEW","secretAccessKey":"SECRETCANARY/new","sessionToken":"SECRETCANARY/t2"},
        "tokenType":"aws_sigv4","expiresIn":900,"refreshToken":"SECRETCANARY-next"})";

nlohmann::json token_json(const std::string& expires_at, const std::string& access_key_id = "ASIAOLD") {
  return {{"accessToken",
           {{"accessKeyId", access_key_id},
            {"secretAccessKey", "SECRETCANARY/old"},
            {"sessionToken", "SECRETCANARY/t1"},
            {"accountId", "123456789012"},
            {"expiresAt", expires_at}}},
          {"tokenType", "aws_sigv4"},
          {"refreshToken", "SECRETCANARY-refresh"},
          {"idToken", "SECRETCANARY-id"},
          {"clientId", "arn:aws:signin:::devtools/same-device"},
          {"dpopKey", kKey},
          {"unknown", 7}};
}

/// The faked clock stands at 2026-01-01T00:00:00Z.
class Login : public ::testing::Test {
 protected:
  Login() {
    directory_ =
        std::filesystem::path{::testing::TempDir()} /
        ("login-" + std::to_string(::getpid()) + "-" + ::testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::create_directories(directory_);
    options_ = {.login_session = kSession, .region = "eu-west-1", .cache_directory = directory_.string()};
  }
  ~Login() override { std::filesystem::remove_all(directory_); }

  [[nodiscard]] std::shared_ptr<CredentialsProvider> provider() {
    return providers::make_login_provider(options_,
                                          {.clock = clock_,
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
  [[nodiscard]] std::filesystem::path file() const { return directory_ / providers::login_token_file_name(kSession); }
  void write(const nlohmann::json& token) const { std::ofstream{file()} << token; }
  [[nodiscard]] nlohmann::json read() const {
    std::ifstream in{file()};
    return nlohmann::json::parse(in);
  }

  /// The error that asking throws; its text must hold no secret.
  template <typename E = CredentialError>
  E failure(CredentialsProvider& asked) {
    try {
      static_cast<void>(asked.resolve({}));
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
  LoginOptions options_;
  std::map<std::string, std::string, std::less<>> variables_{{"HOME", "/nonexistent"}};
  std::shared_ptr<testing::FakeClock> clock_ = std::make_shared<testing::FakeClock>();
  std::shared_ptr<testing::FakeHttpTransport> transport_ = std::make_shared<testing::FakeHttpTransport>();
  std::shared_ptr<ClockSkew> skew_ = std::make_shared<ClockSkew>();
};

TEST_F(Login, ValidCredentialsAreHandedOutAsTheyAre) {
  write(token_json("2026-01-01T00:05:00Z"));
  EXPECT_TRUE(provider()->resolve({}) ==
              (Credentials{"ASIAOLD", "SECRETCANARY/old", "SECRETCANARY/t1",
                           WallTime{std::chrono::seconds{1'767'225'900}}, "123456789012", "login"}));
  EXPECT_EQ(transport_->request_count(), 0U);
}

TEST_F(Login, FileIsReadAgainEachTime) {
  const auto asked = provider();
  write(token_json("2026-01-01T08:00:00Z"));
  EXPECT_EQ(asked->resolve({}).access_key_id(), "ASIAOLD");
  write(token_json("2026-01-01T08:00:00Z", "ASIAOTHERPROCESS"));
  EXPECT_EQ(asked->resolve({}).access_key_id(), "ASIAOTHERPROCESS");
}

TEST_F(Login, FileIsNamedByTheSha256OfTheTrimmedSession) {
  // By coreutils' sha256sum.
  EXPECT_EQ(providers::login_token_file_name("admin"),
            "8c6976e5b5410415bde908bd4dee15dfb167a9c873fc4bb8a81f6f2ab448a918.json");
  EXPECT_EQ(providers::login_token_file_name(" admin\n"), providers::login_token_file_name("admin"));
}

TEST_F(Login, CacheDirectoryComesFromTheVariableElseTheHomeDirectory) {
  write(token_json("2026-01-01T08:00:00Z"));
  options_.cache_directory.clear();
  variables_["AWS_LOGIN_CACHE_DIRECTORY"] = directory_.string();
  EXPECT_EQ(provider()->resolve({}).access_key_id(), "ASIAOLD");
  variables_.erase("AWS_LOGIN_CACHE_DIRECTORY");
  const auto cache = directory_ / ".aws/login/cache";
  std::filesystem::create_directories(cache);
  std::filesystem::rename(file(), cache / file().filename());
  variables_["HOME"] = directory_.string();
  EXPECT_EQ(provider()->resolve({}).access_key_id(), "ASIAOLD");
}

TEST_F(Login, CredentialsThatEndSoonAreRefreshedAndWrittenBackWithWhatIsUnknown) {
  write(token_json("2026-01-01T00:04:59Z"));
  transport_->then(200, kAnswer);
  EXPECT_TRUE(provider()->resolve({}) ==
              (Credentials{"ASIANEW", "SECRETCANARY/new", "SECRETCANARY/t2",
                           WallTime{std::chrono::seconds{1'767'226'500}}, "123456789012", "login"}));
  const auto request = transport_->requests().at(0);
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.url, "https://eu-west-1.signin.aws.amazon.com/v1/token");
  EXPECT_TRUE(nlohmann::json::parse(request.body) ==
              nlohmann::json::parse(R"({"clientId":"arn:aws:signin:::devtools/same-device",
                  "grantType":"refresh_token","refreshToken":"SECRETCANARY-refresh"})"));
  const std::map<std::string, std::string> headers{request.headers.begin(), request.headers.end()};
  EXPECT_EQ(headers.at("Content-Type"), "application/json");
  EXPECT_THAT(headers.at("DPoP"), ::testing::MatchesRegex("[A-Za-z0-9_-]+[.][A-Za-z0-9_-]+[.][A-Za-z0-9_-]+"));
  auto expected = token_json("2026-01-01T00:15:00Z", "ASIANEW");
  expected["accessToken"]["secretAccessKey"] = "SECRETCANARY/new";
  expected["accessToken"]["sessionToken"] = "SECRETCANARY/t2";
  expected["refreshToken"] = "SECRETCANARY-next";
  EXPECT_TRUE(read() == expected);
  struct stat status {};
  ASSERT_EQ(::stat(file().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_F(Login, EachAttemptHasAProofOfItsOwn) {
  write(token_json("2025-12-31T00:00:00Z"));
  transport_->then(503, "").then_fail("ConnectionReset").then(200, kAnswer);
  EXPECT_EQ(provider()->resolve({}).access_key_id(), "ASIANEW");
  std::set<std::string> proofs;
  for (const auto& request : transport_->requests()) {
    proofs.insert(request.headers.at(1).second);
  }
  EXPECT_EQ(proofs.size(), 3U);
}

/// When the proof of that request says it was made, in seconds.
std::int64_t issued_at(const HttpRequest& request) {
  const std::map<std::string, std::string> headers{request.headers.begin(), request.headers.end()};
  auto payload = headers.at("DPoP");
  payload = payload.substr(payload.find('.') + 1);
  payload = payload.substr(0, payload.find('.'));
  std::string json;
  unsigned bits = 0;
  unsigned count = 0;
  for (const char c : payload) {
    constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    bits = (bits << 6U) | static_cast<unsigned>(kAlphabet.find(c));
    count += 6;
    if (count >= 8) {
      count -= 8;
      json += static_cast<char>((bits >> count) & 0xffU);
    }
  }
  return nlohmann::json::parse(json)["iat"].get<std::int64_t>();
}

const HttpHeaders kTwoMinutesAhead{{"x-amzn-errortype", "ValidationException"},
                                   {"date", "Thu, 01 Jan 2026 00:02:00 GMT"}};
constexpr const char* kInvalidRequest = R"({"error":"INVALID_REQUEST","message":"no"})";

TEST_F(Login, ProofThatAWrongClockDatedIsRefusedOnceAndMadeAnewByTheServicesClock) {
  write(token_json("2025-12-31T00:00:00Z"));
  transport_->then(400, kInvalidRequest, kTwoMinutesAhead).then(200, kAnswer);
  EXPECT_EQ(provider()->resolve({}).access_key_id(), "ASIANEW");
  const auto requests = transport_->requests();
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(issued_at(requests[0]), 1'767'225'600);
  EXPECT_EQ(issued_at(requests[1]), 1'767'225'720);
  EXPECT_EQ(skew_->get(), 120'500ms);
  EXPECT_EQ(clock_->steady_now(), testing::FakeClock{}.steady_now()) << "without a pause";
}

TEST_F(Login, RefusalByACorrectedClockIsNotRepeatedAgain) {
  write(token_json("2025-12-31T00:00:00Z"));
  transport_->then(400, kInvalidRequest, kTwoMinutesAhead).then(400, kInvalidRequest, kTwoMinutesAhead);
  EXPECT_EQ(failure().code(), "LoginTokenExpired");
  EXPECT_EQ(transport_->request_count(), 2U);
}

TEST_F(Login, RefusalForTheClockWithoutAnotherAttemptIsRecoverable) {
  write(token_json("2025-12-31T00:00:00Z"));
  options_.client.max_attempts = 1;
  transport_->then(400, kInvalidRequest, kTwoMinutesAhead);
  EXPECT_EQ(failure<RequestError>().kind(), ErrorKind::recoverable);
  transport_->then(200, kAnswer);
  EXPECT_EQ(provider()->resolve({}).access_key_id(), "ASIANEW");
}

TEST_F(Login, ClockIsNotCorrectedByAGatewayOrBySeconds) {
  write(token_json("2025-12-31T00:00:00Z"));
  transport_->then(400, "<html></html>", {{"date", "Thu, 01 Jan 2026 00:02:00 GMT"}});
  EXPECT_EQ(failure<RequestError>().code(), "MalformedResponse");
  EXPECT_EQ(skew_->get(), 0ms);
  transport_->then(400, kInvalidRequest, {{"date", "Thu, 01 Jan 2026 00:00:05 GMT"}});
  EXPECT_EQ(failure().code(), "LoginTokenExpired");
  EXPECT_EQ(transport_->request_count(), 2U);
}

TEST_F(Login, EndpointAndRegionCanBeConfigured) {
  write(token_json("2025-12-31T00:00:00Z"));
  options_.client.endpoint_url = "http://127.0.0.1:1";
  transport_->then(200, kAnswer);
  static_cast<void>(provider()->resolve({}));
  EXPECT_EQ(transport_->requests()[0].url, "http://127.0.0.1:1/v1/token");
  write(token_json("2025-12-31T00:00:00Z"));
  options_.client.endpoint_url.clear();
  options_.region.clear();
  EXPECT_EQ(failure<ConfigurationError>().code(), "MissingRegion");
  variables_["AWS_REGION"] = "us-west-2";
  transport_->then(200, kAnswer);
  static_cast<void>(provider()->resolve({}));
  EXPECT_EQ(transport_->requests()[1].url, "https://us-west-2.signin.aws.amazon.com/v1/token");
}

TEST_F(Login, RefusalsSayWhyAndWhichCommandToRun) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"TOKEN_EXPIRED", "has expired"},
      {"USER_CREDENTIALS_CHANGED", "password was changed"},
      {"INSUFFICIENT_PERMISSIONS", "signin:CreateOAuth2Token"},
      {"AUTHCODE_EXPIRED", "cannot be refreshed"},
  };
  options_.profile = "work";
  for (const auto& [reason, words] : cases) {
    write(token_json("2025-12-31T00:00:00Z"));
    transport_->then(400, R"({"error":")" + reason + R"(","message":"no: SECRETCANARY-refresh"})",
                     {{"x-amzn-errortype", "AccessDeniedException"}});
    const auto error = failure();
    EXPECT_EQ(error.code(), "LoginTokenExpired");
    EXPECT_THAT(error.message(), HasSubstr(words));
    EXPECT_THAT(error.message(), HasSubstr("run `aws login --profile work`"));
    EXPECT_EQ(error.details(), "AccessDeniedException; " + reason);
    EXPECT_EQ(error.kind(), ErrorKind::non_recoverable);
  }
}

TEST_F(Login, FailedRefreshKeepsCredentialsThatAreStillValidAndIsNotRepeatedForHalfAMinute) {
  write(token_json("2026-01-01T00:04:00Z"));
  options_.client.max_attempts = 1;
  transport_->then(500, "");
  const auto asked = provider();
  EXPECT_EQ(asked->resolve({}).access_key_id(), "ASIAOLD");
  EXPECT_EQ(asked->resolve({}).access_key_id(), "ASIAOLD");
  EXPECT_EQ(transport_->request_count(), 1U);
  clock_->advance(30s);
  transport_->then(200, kAnswer);
  EXPECT_EQ(asked->resolve({}).access_key_id(), "ASIANEW");
}

TEST_F(Login, OutageAfterTheEndIsRecoverable) {
  write(token_json("2025-12-31T00:00:00Z"));
  transport_->then(503, "").then(503, "").then(503, "");
  EXPECT_EQ(failure<RequestError>().kind(), ErrorKind::recoverable);
}

TEST_F(Login, MissingFileSaysWhichCommandToRun) {
  EXPECT_EQ(failure().code(), "LoginTokenMissing");
  EXPECT_THAT(failure().message(), HasSubstr("run `aws login`"));
  options_.login_session = " ";
  EXPECT_THROW(static_cast<void>(provider()), ValidationError);
}

TEST_F(Login, FileThatIsNoTokenIsMalformedAndNamesTheField) {
  for (const auto* const text : {"", "SECRETCANARY", "[]", "7"}) {
    std::ofstream{file()} << text;
    EXPECT_EQ(failure().code(), "LoginTokenMalformed");
  }
  for (const auto* const field : {"accessToken", "clientId", "refreshToken", "dpopKey"}) {
    for (const auto& value : {nlohmann::json{}, nlohmann::json{7}, nlohmann::json{""}}) {
      auto token = token_json("2026-01-01T08:00:00Z");
      token[field] = value;
      write(token);
      const auto error = failure();
      EXPECT_EQ(error.code(), "LoginTokenMalformed");
      EXPECT_EQ(error.param(), field);
    }
  }
  for (const auto* const field : {"accessKeyId", "secretAccessKey", "sessionToken", "accountId", "expiresAt"}) {
    auto token = token_json("2026-01-01T08:00:00Z");
    token["accessToken"][field] = nlohmann::json::array({"SECRETCANARY"});
    write(token);
    EXPECT_EQ(failure().param(), std::string{"accessToken."} + field);
  }
}

TEST_F(Login, KeyThatCannotSignIsMalformed) {
  auto token = token_json("2025-12-31T00:00:00Z");
  token["dpopKey"] = "SECRETCANARY";
  write(token);
  const auto error = failure();
  EXPECT_EQ(error.code(), "LoginTokenMalformed");
  EXPECT_EQ(error.param(), "dpopKey");
  EXPECT_EQ(transport_->request_count(), 0U);
}

TEST_F(Login, AnswerThatCannotBeUsedIsMalformedAndLeavesTheFileAsItWas) {
  const auto good = nlohmann::json::parse(kAnswer);
  std::vector<std::string> answers = {"", "SECRETCANARY", "{}"};
  for (const auto* const field : {"accessToken", "expiresIn", "refreshToken"}) {
    auto answer = good;
    answer.erase(field);
    answers.push_back(answer.dump());
    answer[field] = nlohmann::json::array({"SECRETCANARY"});
    answers.push_back(answer.dump());
  }
  auto answer = good;
  answer["expiresIn"] = 1e18;
  answers.push_back(answer.dump());
  answer["expiresIn"] = 0;
  answers.push_back(answer.dump());
  for (const auto& each : answers) {
    write(token_json("2025-12-31T00:00:00Z"));
    transport_->then(200, each);
    EXPECT_EQ(failure().code(), "MalformedResponse");
    EXPECT_TRUE(read() == token_json("2025-12-31T00:00:00Z"));
  }
}

TEST_F(Login, WriteThatFailsKeepsTheTokenInMemory) {
  write(token_json("2025-12-31T00:00:00Z"));
  const support::RecordedWarnings warnings;
  const auto hidden = directory_.string() + "-hidden";
  transport_->then([&](const HttpRequest&, const std::stop_token&) {
    std::filesystem::rename(directory_, hidden);
    return HttpResponse{200, {}, kAnswer};
  });
  const auto asked = provider();
  EXPECT_EQ(asked->resolve({}).access_key_id(), "ASIANEW");
  std::filesystem::rename(hidden, directory_);
  EXPECT_EQ(asked->resolve({}).access_key_id(), "ASIANEW");
  EXPECT_EQ(warnings.places(), std::vector<std::string>{"token_file.save"});
}

}  // namespace
}  // namespace aws_refresh_session
