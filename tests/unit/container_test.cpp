#include "providers/container.hpp"

#include "providers/container_host.hpp"
#include "secret_registry.hpp"

#include <aws_refresh_session/exceptions.hpp>
#include <aws_refresh_session/testing/fake_clock.hpp>
#include <aws_refresh_session/testing/fake_http_transport.hpp>

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace aws_refresh_session {
namespace {

using std::chrono::milliseconds;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

const std::string kAnswer =
    R"({"RoleArn":"r","AccessKeyId":"ASIACONTAINER","SecretAccessKey":"SECRETCANARY/container",)"
    R"("Token":"SECRETCANARYtoken","Expiration":"2026-01-01T06:00:00Z"})";

/// A file of this test alone.
class TokenFile {
 public:
  TokenFile() : path_(std::filesystem::path{::testing::TempDir()} / unique_name()) {}
  ~TokenFile() { std::filesystem::remove_all(path_); }
  TokenFile(const TokenFile&) = delete;
  TokenFile& operator=(const TokenFile&) = delete;

  void write(const std::string& content) const { std::ofstream{path_, std::ios::binary} << content; }
  [[nodiscard]] std::string path() const { return path_.string(); }

 private:
  static std::string unique_name() {
    const auto* const test = ::testing::UnitTest::GetInstance()->current_test_info();
    return std::string{"container_"} + test->name() + "_" + std::to_string(::getpid());
  }
  std::filesystem::path path_;
};

class ContainerTest : public ::testing::Test {
 protected:
  std::shared_ptr<testing::FakeClock> clock = std::make_shared<testing::FakeClock>();
  std::shared_ptr<testing::FakeHttpTransport> transport = std::make_shared<testing::FakeHttpTransport>();
  std::map<std::string, std::string, std::less<>> variables{
      {"AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:4000/creds"}};
  ContainerOptions options;
  ResolveContext context;
  std::vector<milliseconds> waits;

  Credentials resolve() {
    const auto provider = providers::make_container_provider(
        options, {clock, transport, std::make_shared<FixedEnvironment>(variables), nullptr},
        {.wait =
             [this](milliseconds duration, const std::stop_token& stop) {
               waits.push_back(duration);
               clock->advance(duration);
               return !stop.stop_requested();
             },
         .random = [] { return 0.5; }});
    EXPECT_EQ(provider->name(), "container");
    return provider->resolve(context);
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

  /// The header of the only request.
  [[nodiscard]] std::string sent(std::string_view name) const {
    const auto requests = transport->requests();
    for (const auto& [each, value] : requests.at(0).headers) {
      if (each == name) {
        return value;
      }
    }
    return {};
  }
};

TEST_F(ContainerTest, TheAnswerBecomesASet) {
  transport->then(200, kAnswer);
  const auto set = resolve();
  EXPECT_EQ(set.access_key_id(), "ASIACONTAINER");
  EXPECT_EQ(set.provider_name(), "container");
  EXPECT_EQ(set.expiration(), clock->now() + std::chrono::hours{6});
  const auto requests = transport->requests();
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_EQ(requests[0].method, "GET");
  EXPECT_EQ(requests[0].url, "http://127.0.0.1:4000/creds");
  EXPECT_TRUE(requests[0].bypass_proxy);
  EXPECT_EQ(requests[0].timeout, milliseconds{2'000});
  EXPECT_EQ(requests[0].connect_timeout, milliseconds{1'000});
  EXPECT_EQ(sent("Accept"), "application/json");
  EXPECT_EQ(sent("Authorization"), "");
}

TEST_F(ContainerTest, TheRelativeUriWinsAndLeadsToEcs) {
  variables["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/v2/credentials/id?x=1";
  transport->then(200, kAnswer);
  static_cast<void>(resolve());
  EXPECT_EQ(transport->requests().at(0).url, "http://169.254.170.2/v2/credentials/id?x=1");
  EXPECT_TRUE(transport->requests().at(0).bypass_proxy);
}

TEST_F(ContainerTest, AUriInCodeWinsOverBothVariables) {
  variables["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/from/environment";
  options.full_uri = "http://[::1]:99/";
  transport->then(200, kAnswer);
  static_cast<void>(resolve());
  EXPECT_EQ(transport->requests().at(0).url, "http://[::1]:99/");
}

TEST_F(ContainerTest, WithoutAUriItIsNotConfigured) {
  variables = {{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", " "}, {"AWS_CONTAINER_AUTHORIZATION_TOKEN", "SECRETCANARY"}};
  const auto fields = failure<CredentialError>();
  EXPECT_EQ(fields.kind, ErrorKind::not_configured);
  EXPECT_EQ(fields.code, "NoCredentials");
  EXPECT_EQ(transport->request_count(), 0U);
}

TEST_F(ContainerTest, PathsThatAreNoneAreRefused) {
  for (const char* const path : {"v2/id", "@example.com/", ".example.com/", ":81/x", "/a b", "/a\x01"}) {
    variables["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = path;
    const auto fields = failure<ConfigurationError>();
    EXPECT_EQ(fields.code, "ContainerUriInvalid") << path;
    EXPECT_EQ(fields.kind, ErrorKind::non_recoverable);
  }
  EXPECT_EQ(transport->request_count(), 0U);
}

TEST_F(ContainerTest, FullUrisOfOtherHostsNeedHttps) {
  struct Case {
    const char* uri;
    const char* code;
  };
  for (const auto& each : std::vector<Case>{{"http://example.com/", "ContainerHostNotAllowed"},
                                            {"http://169.254.169.254/", "ContainerHostNotAllowed"},
                                            {"http://localhost.example.com/", "ContainerHostNotAllowed"},
                                            {"http://127.0.0.1.example.com/", "ContainerHostNotAllowed"},
                                            {"http://10.0.0.1/", "ContainerHostNotAllowed"},
                                            {"http://user:SECRETCANARY@127.0.0.1/", "ContainerUriInvalid"},
                                            {"http://127.0.0.1@example.com/", "ContainerUriInvalid"},
                                            {"ftp://127.0.0.1/", "ContainerUriInvalid"},
                                            {"/creds", "ContainerUriInvalid"},
                                            {"http:///creds", "ContainerUriInvalid"}}) {
    options.full_uri = each.uri;
    EXPECT_EQ(failure<ConfigurationError>().code, each.code) << each.uri;
  }
  EXPECT_EQ(transport->request_count(), 0U);
}

TEST_F(ContainerTest, HttpsGoesAnywhereAndThroughTheProxy) {
  variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "https://creds.example.com/x";
  variables["AWS_CA_BUNDLE"] = "/ca.pem";
  transport->then(200, kAnswer);
  static_cast<void>(resolve());
  EXPECT_FALSE(transport->requests().at(0).bypass_proxy);
  EXPECT_EQ(transport->requests().at(0).ca_bundle, "/ca.pem");
  EXPECT_TRUE(transport->requests().at(0).verify_tls);
}

TEST(ContainerHost, OnlyThisMachineAndItsLinkAreLocal) {
  for (const char* const host : {"localhost", "127.0.0.1", "127.255.0.9", "::1", "0:0:0:0:0:0:0:1", "169.254.170.2",
                                 "169.254.170.23", "fd00:ec2::23", "fd00:0ec2:0::0023"}) {
    EXPECT_TRUE(providers::is_local_container_host(host)) << host;
  }
  for (const char* const host :
       {"", "127.1", "2130706433", "0177.0.0.1", "0x7f.0.0.1", "127.0.0.1.", "localhost.", "127.0.0.256",
        "169.254.170.3", "169.254.169.254", "fd00:ec2::254", "fd00:ec2::24", "::", "::ffff:127.0.0.1", "::2",
        "0000000000000000000000000000000000000000000000000000127.0.0.1"}) {
    EXPECT_FALSE(providers::is_local_container_host(host)) << host;
  }
}

TEST_F(ContainerTest, TheTokenIsSentAsItStands) {
  variables["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "Basic SECRETCANARY=";
  transport->then(200, kAnswer);
  static_cast<void>(resolve());
  EXPECT_TRUE(sent("Authorization") == "Basic SECRETCANARY=");
}

TEST_F(ContainerTest, TheTokenFileWinsAndIsReadEachTime) {
  const TokenFile file;
  variables["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "SECRETCANARYvariable";
  variables["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = file.path();
  for (const auto& [content, token] :
       std::vector<std::pair<std::string, std::string>>{{"SECRETCANARYone", "SECRETCANARYone"},
                                                        {"SECRETCANARYtwo\n", "SECRETCANARYtwo"},
                                                        {"SECRETCANARYthree\r\n", "SECRETCANARYthree"}}) {
    file.write(content);
    transport->then(200, kAnswer);
    static_cast<void>(resolve());
    EXPECT_TRUE((transport->requests().back().headers.back() == std::pair{std::string{"Authorization"}, token}));
  }
}

TEST_F(ContainerTest, ATokenWithALineBreakIsRefused) {
  const TokenFile file;
  for (const auto& content : {"SECRETCANARY\n\n", "SECRETCANARY\nX: 1", "SECRETCANARY\rX", "\nSECRETCANARY"}) {
    file.write(content);
    options.authorization_token_file = file.path();
    EXPECT_EQ(failure<ConfigurationError>().code, "ContainerTokenInvalid");
    options.authorization_token_file.clear();
    options.authorization_token = SecretString{content};
    EXPECT_EQ(failure<ConfigurationError>().code, "ContainerTokenInvalid");
    options.authorization_token = {};
    variables["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = content;
    EXPECT_EQ(failure<ConfigurationError>().code, "ContainerTokenInvalid");
  }
  EXPECT_EQ(transport->request_count(), 0U);
}

TEST_F(ContainerTest, ATokenFileThatCannotBeUsedIsNamed) {
  const TokenFile file;
  variables["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = file.path();
  auto fields = failure<ConfigurationError>();
  EXPECT_EQ(fields.code, "ContainerTokenFile");
  EXPECT_EQ(fields.value, file.path());
  EXPECT_FALSE(fields.details.empty());
  for (const auto& content : {std::string{}, std::string{"\n"}, std::string{" \n"}}) {
    file.write(content);
    fields = failure<ConfigurationError>();
    EXPECT_EQ(fields.code, "ContainerTokenFile");
    EXPECT_EQ(fields.kind, ErrorKind::recoverable);
  }
  file.write(std::string(16 * 1024 + 1, 'x'));
  EXPECT_EQ(failure<ConfigurationError>().code, "ContainerTokenFile");
  std::filesystem::remove(file.path());
  std::filesystem::create_directory(file.path());
  EXPECT_EQ(failure<ConfigurationError>().code, "ContainerTokenFile");
  EXPECT_EQ(transport->request_count(), 0U);
}

TEST_F(ContainerTest, ServerErrorsAndSilenceAreAskedAgainAfterShortPauses) {
  transport->then(503, "").then_fail("ConnectionReset").then(200, kAnswer);
  EXPECT_EQ(resolve().access_key_id(), "ASIACONTAINER");
  EXPECT_THAT(waits, ElementsAre(milliseconds{125}, milliseconds{250}));
}

TEST_F(ContainerTest, ATimeOutWasItsOwnPause) {
  transport->then_fail("Timeout").then(200, kAnswer);
  static_cast<void>(resolve());
  EXPECT_THAT(waits, ElementsAre(milliseconds{0}));
}

TEST_F(ContainerTest, ABrokenAnswerIsAskedAgain) {
  transport->then(200, kAnswer.substr(0, 40)).then(200, kAnswer);
  EXPECT_EQ(resolve().access_key_id(), "ASIACONTAINER");
}

TEST_F(ContainerTest, AttemptsEndWithWhatTheLastOneSaid) {
  options.max_attempts = 2;
  transport->then_fail("ConnectionRefused").then(429, R"({"code":"Busy","message":"later"})");
  const auto fields = failure<RequestError>();
  EXPECT_EQ(fields.code, "Busy");
  EXPECT_EQ(fields.status_code, 429);
  EXPECT_EQ(fields.kind, ErrorKind::recoverable);
  EXPECT_THAT(fields.message, HasSubstr("later"));
  EXPECT_EQ(transport->request_count(), 2U);
}

TEST_F(ContainerTest, RefusalsAreNotAskedAgain) {
  variables["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "SECRETCANARYtoken";
  struct Case {
    int status;
    std::string body;
    std::string code;
  };
  for (const auto& each : std::vector<Case>{
           {401, R"({"code":"Unauthorized","message":"bad token SECRETCANARYtoken\u001b"})", "Unauthorized"},
           {400, R"({"Code":"com.x#NoRole:y","Message":"no"})", "NoRole"},
           {404, "<html>SECRETCANARY", "UnexpectedStatus"},
           {403, "[1]", "UnexpectedStatus"},
           {302, "", "UnexpectedStatus"},
           {204, "", "UnexpectedStatus"}}) {
    transport->then(each.status, each.body);
    const auto before = transport->request_count();
    const auto fields = failure<RequestError>();
    EXPECT_EQ(fields.code, each.code);
    EXPECT_EQ(fields.status_code, each.status);
    EXPECT_EQ(fields.kind, ErrorKind::non_recoverable);
    EXPECT_EQ(transport->request_count(), before + 1);
    EXPECT_EQ(fields.message.find('\x1b'), std::string::npos);
  }
}

TEST_F(ContainerTest, TheDeadlineShortensAttemptsAndEndsRepeating) {
  context.deadline = clock->steady_now() + milliseconds{600};
  transport->set_handler([this](const HttpRequest&, const std::stop_token&) -> HttpResponse {
    clock->advance(milliseconds{400});
    return {500, {}, ""};
  });
  EXPECT_EQ(failure<RequestError>().status_code, 500);
  EXPECT_EQ(transport->requests().at(0).timeout, milliseconds{600});
  EXPECT_EQ(transport->requests().at(1).timeout, milliseconds{75});
  EXPECT_EQ(transport->request_count(), 2U);
}

TEST_F(ContainerTest, AStopEndsItBeforeAndBetweenAttempts) {
  std::stop_source stop;
  context.stop = stop.get_token();
  transport->then([&](const HttpRequest&, const std::stop_token&) -> HttpResponse {
    stop.request_stop();
    return {500, {}, ""};
  });
  EXPECT_EQ(failure<ConnectionError>().kind, ErrorKind::cancelled);
  EXPECT_EQ(failure<ConnectionError>().code, "Cancelled");
  EXPECT_EQ(transport->request_count(), 1U);
}

TEST_F(ContainerTest, OptionsThatCannotBeUsedAreRefusedAtOnce) {
  for (const auto& bad :
       {ContainerOptions{.max_attempts = 0}, ContainerOptions{.max_attempts = 11},
        ContainerOptions{.connect_timeout = milliseconds{0}}, ContainerOptions{.attempt_timeout = milliseconds{-1}}}) {
    EXPECT_THROW(static_cast<void>(make_container_provider(bad)), ValidationError);
  }
}

}  // namespace
}  // namespace aws_refresh_session
