#include "providers/imds.hpp"

#include "secret_registry.hpp"
#include "support/warnings.hpp"

#include <aws_refresh_session/exceptions.hpp>
#include <aws_refresh_session/testing/fake_clock.hpp>
#include <aws_refresh_session/testing/fake_http_transport.hpp>

#include <gmock/gmock.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace aws_refresh_session {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string kTokenUrl = "PUT http://169.254.169.254/latest/api/token";
const std::string kListUrl = "GET http://169.254.169.254/latest/meta-data/iam/security-credentials/";
const std::string kRoleUrl = kListUrl + "my-role";

std::string set_answer(const std::string& expiration = "2026-01-01T06:00:00Z") {
  return R"({"Code":"Success","LastUpdated":"2026-01-01T00:00:00Z","Type":"AWS-HMAC","AccessKeyId":"ASIAIMDS",)"
         R"("SecretAccessKey":"SECRETCANARY/imds","Token":"SECRETCANARYtoken","Expiration":")" +
         expiration + "\"}";
}

class ImdsTest : public ::testing::Test {
 protected:
  std::shared_ptr<testing::FakeClock> clock = std::make_shared<testing::FakeClock>();
  std::shared_ptr<testing::FakeHttpTransport> transport = std::make_shared<testing::FakeHttpTransport>();
  std::shared_ptr<ClockSkew> skew = std::make_shared<ClockSkew>();
  std::map<std::string, std::string, std::less<>> variables{};
  ImdsOptions options;
  ResolveContext context;
  std::vector<milliseconds> waits;
  std::shared_ptr<CredentialsProvider> provider;

  Credentials resolve() {
    if (!provider) {
      provider = providers::make_imds_provider(options,
                                               {clock, transport, std::make_shared<FixedEnvironment>(variables), skew},
                                               {.wait =
                                                    [this](milliseconds duration, const std::stop_token& stop) {
                                                      waits.push_back(duration);
                                                      clock->advance(duration);
                                                      return !stop.stop_requested();
                                                    },
                                                .random = [] { return 0.5; }});
    }
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

  void give_token(const std::string& token = "SECRETCANARYmetadata==", const std::string& life = "21600") {
    transport->then(200, token, {{"x-aws-ec2-metadata-token-ttl-seconds", life}});
  }
  void give_role_and_set() { transport->then(200, "my-role").then(200, set_answer()); }

  [[nodiscard]] std::vector<std::string> asked() const {
    std::vector<std::string> lines;
    for (const auto& request : transport->requests()) {
      lines.push_back(request.method + " " + request.url);
    }
    return lines;
  }
  [[nodiscard]] std::string header(std::size_t index, std::string_view name) const {
    const auto requests = transport->requests();
    for (const auto& [each, value] : requests.at(index).headers) {
      if (each == name) {
        return value;
      }
    }
    return {};
  }
};

TEST_F(ImdsTest, TokenRoleAndSetAreAskedForInThisOrder) {
  give_token();
  give_role_and_set();
  const auto set = resolve();
  EXPECT_EQ(set.access_key_id(), "ASIAIMDS");
  EXPECT_EQ(set.provider_name(), "imds");
  EXPECT_EQ(set.expiration(), clock->now() + std::chrono::hours{6});
  EXPECT_THAT(asked(), ElementsAre(kTokenUrl, kListUrl, kRoleUrl));
  EXPECT_EQ(header(0, "X-aws-ec2-metadata-token-ttl-seconds"), "21600");
  EXPECT_EQ(header(0, "X-aws-ec2-metadata-token"), "");
  for (const std::size_t index : {1U, 2U}) {
    EXPECT_TRUE(header(index, "X-aws-ec2-metadata-token") == "SECRETCANARYmetadata==");
  }
  for (const auto& request : transport->requests()) {
    EXPECT_TRUE(request.bypass_proxy);
    EXPECT_EQ(request.timeout, seconds{1});
    EXPECT_EQ(request.connect_timeout, seconds{1});
    EXPECT_THAT(request.body, IsEmpty());
  }
}

TEST_F(ImdsTest, TheTokenIsKeptWhileItLives) {
  give_token("SECRETCANARYone", "1000");
  give_role_and_set();
  static_cast<void>(resolve());
  clock->advance(seconds{899});
  give_role_and_set();
  static_cast<void>(resolve());
  EXPECT_EQ(transport->request_count(), 5U);
  clock->advance(seconds{1});
  give_token("SECRETCANARYtwo");
  give_role_and_set();
  static_cast<void>(resolve());
  EXPECT_EQ(asked().at(5), kTokenUrl);
  EXPECT_TRUE(header(7, "X-aws-ec2-metadata-token") == "SECRETCANARYtwo");
}

TEST_F(ImdsTest, ATokenThatIsNotTakenAnyMoreIsReplacedOnce) {
  give_token("SECRETCANARYone");
  give_role_and_set();
  static_cast<void>(resolve());
  transport->then(401, "");
  give_token("SECRETCANARYtwo");
  give_role_and_set();
  EXPECT_EQ(resolve().access_key_id(), "ASIAIMDS");
  EXPECT_EQ(transport->request_count(), 7U);
  transport->then(401, "");
  give_token("SECRETCANARYthree");
  transport->then(401, "");
  const auto fields = failure<RequestError>();
  EXPECT_EQ(fields.code, "ImdsTokenRequired");
  EXPECT_EQ(fields.kind, ErrorKind::recoverable);
  EXPECT_EQ(transport->request_count(), 10U);
}

TEST_F(ImdsTest, AMachineWithoutTheServiceIsNotConfiguredAfterOneAttempt) {
  for (const char* const code : {"ConnectTimeout", "ConnectionRefused", "Network", "ConnectionReset"}) {
    const auto before = transport->request_count();
    transport->then_fail(code);
    const auto fields = failure<CredentialError>();
    EXPECT_EQ(fields.kind, ErrorKind::not_configured) << code;
    EXPECT_EQ(fields.code, "ImdsUnreachable");
    EXPECT_EQ(fields.details, code);
    EXPECT_EQ(transport->request_count(), before + 1) << code;
  }
  EXPECT_THAT(waits, IsEmpty());
}

TEST_F(ImdsTest, AServiceThatHasAnsweredBeforeIsAwayNotAbsent) {
  give_token("SECRETCANARYone", "10");
  give_role_and_set();
  static_cast<void>(resolve());
  clock->advance(seconds{10});
  transport->then_fail("ConnectTimeout");
  const auto fields = failure<ConnectionError>();
  EXPECT_EQ(fields.kind, ErrorKind::recoverable);
  EXPECT_EQ(fields.code, "ConnectTimeout");
}

TEST_F(ImdsTest, WhatHadNoTimeToAnswerIsNotCalledAbsent) {
  context.deadline = clock->steady_now() + milliseconds{300};
  transport->then([this](const HttpRequest& request, const std::stop_token&) -> HttpResponse {
    EXPECT_EQ(request.timeout, milliseconds{300});
    clock->advance(request.timeout);
    throw ConnectionError{{.message = "m", .code = "ConnectTimeout", .kind = ErrorKind::recoverable}};
  });
  EXPECT_EQ(failure<ConnectionError>().kind, ErrorKind::recoverable);
}

TEST_F(ImdsTest, WithoutATokenVersionOneIsAsked) {
  for (const int status : {403, 404, 405}) {
    provider.reset();
    transport->then(status, "");
    give_role_and_set();
    EXPECT_EQ(resolve().access_key_id(), "ASIAIMDS");
  }
  provider.reset();
  transport->then_fail("Timeout");
  give_role_and_set();
  EXPECT_EQ(resolve().access_key_id(), "ASIAIMDS");
  EXPECT_EQ(header(transport->request_count() - 1, "X-aws-ec2-metadata-token"), "");
}

TEST_F(ImdsTest, VersionOneCanBeDisabled) {
  variables["AWS_EC2_METADATA_V1_DISABLED"] = "TRUE";
  transport->then(404, "");
  EXPECT_EQ(failure<CredentialError>().kind, ErrorKind::not_configured);
  transport->then_fail("Timeout");
  EXPECT_EQ(failure<CredentialError>().kind, ErrorKind::not_configured);
  EXPECT_THAT(asked(), ElementsAre(kTokenUrl, kTokenUrl));
  provider.reset();
  options.v1_disabled = false;
  transport->then(404, "");
  give_role_and_set();
  EXPECT_EQ(resolve().access_key_id(), "ASIAIMDS");
}

TEST_F(ImdsTest, AnInstanceThatWantsATokenThatGetsLostIsToldOfTheHopLimit) {
  transport->then_fail("Timeout").then(401, "");
  const auto fields = failure<RequestError>();
  EXPECT_EQ(fields.code, "ImdsTokenRequired");
  EXPECT_THAT(fields.message, HasSubstr("hop limit"));
}

TEST_F(ImdsTest, ABadRequestForATokenIsNotFollowedByVersionOne) {
  transport->then(400, "");
  EXPECT_EQ(failure<RequestError>().status_code, 400);
  EXPECT_EQ(transport->request_count(), 1U);
}

TEST_F(ImdsTest, ATokenThatIsNoneIsRefused) {
  for (const auto& token : {std::string{}, std::string{"SECRETCANARY\r\nX: 1"}, std::string{"SECRET CANARY"},
                            std::string(5'000, 'x'), std::string{"<html>SECRETCANARY</html> "}}) {
    transport->then(200, token);
    EXPECT_EQ(failure<RequestError>().code, "MalformedResponse");
  }
}

TEST_F(ImdsTest, WithoutARoleItIsNotConfigured) {
  struct Case {
    int status;
    std::string body;
    std::string code;
  };
  give_token();
  for (const auto& each : std::vector<Case>{{404, "<html>", "ImdsNoRole"},
                                            {200, "", "ImdsNoRole"},
                                            {200, " \n\n", "ImdsNoRole"},
                                            {403, "", "ImdsUnreachable"}}) {
    transport->then(each.status, each.body);
    const auto fields = failure<CredentialError>();
    EXPECT_EQ(fields.kind, ErrorKind::not_configured);
    EXPECT_EQ(fields.code, each.code);
  }
}

TEST_F(ImdsTest, TheFirstLineNamesTheRole) {
  give_token();
  transport->then(200, "\r\n my-role \r\nother-role\n").then(200, set_answer());
  static_cast<void>(resolve());
  EXPECT_EQ(asked().back(), kRoleUrl);
}

TEST_F(ImdsTest, ARoleThatWouldLeadElsewhereIsRefused) {
  give_token();
  for (const auto& role : {std::string{"../../user-data"}, std::string{"role?x=1"}, std::string{"<html>"},
                           std::string{"a b"}, std::string(65, 'r')}) {
    transport->then(200, role);
    EXPECT_EQ(failure<CredentialError>().code, "MalformedResponse");
  }
}

TEST_F(ImdsTest, AnErrorOfStatus200IsTyped) {
  give_token();
  transport->then(200, "my-role").then(200, R"({"Code":"AssumeRoleUnauthorizedAccess","Message":"EC2 cannot assume"})");
  auto fields = failure<RequestError>();
  EXPECT_EQ(fields.code, "AssumeRoleUnauthorizedAccess");
  EXPECT_EQ(fields.kind, ErrorKind::non_recoverable);
  EXPECT_EQ(fields.value, "my-role");
  EXPECT_THAT(fields.message, HasSubstr("EC2 cannot assume"));
  transport->then(200, "my-role").then(200, R"({"Code":"Failed"})");
  fields = failure<RequestError>();
  EXPECT_EQ(fields.code, "Failed");
  EXPECT_EQ(fields.kind, ErrorKind::recoverable);
}

TEST_F(ImdsTest, AnswersThatCannotBeUsedAreMalformed) {
  give_token();
  for (const auto& body : {std::string{"<html>SECRETCANARY"}, std::string{"{}"},
                           std::string{R"({"Code":"Success","AccessKeyId":"A","SecretAccessKey":"SECRETCANARY"})"},
                           std::string{R"({"AccessKeyId":"A","SecretAccessKey":"SECRETCANARY","Token":"T"})"}}) {
    transport->then(200, "my-role").then(200, body);
    const auto fields = failure<CredentialError>();
    EXPECT_EQ(fields.code, "MalformedResponse");
    EXPECT_EQ(fields.kind, ErrorKind::recoverable);
  }
}

TEST_F(ImdsTest, AttemptsAreTheUsersAndTimeOutsAreRepeatedAtOnce) {
  variables["AWS_METADATA_SERVICE_NUM_ATTEMPTS"] = "3";
  variables["AWS_METADATA_SERVICE_TIMEOUT"] = "0.25";
  transport->then_fail("ConnectTimeout").then_fail("ConnectTimeout").then_fail("ConnectTimeout");
  EXPECT_EQ(failure<CredentialError>().kind, ErrorKind::not_configured);
  EXPECT_EQ(transport->request_count(), 3U);
  EXPECT_THAT(waits, ElementsAre(milliseconds{0}, milliseconds{0}));
  EXPECT_EQ(transport->requests().at(0).timeout, milliseconds{250});
  waits.clear();
  give_token();
  transport->then(500, "").then(200, "my-role").then(200, "{").then(200, set_answer());
  EXPECT_EQ(resolve().access_key_id(), "ASIAIMDS");
  EXPECT_THAT(waits, ElementsAre(milliseconds{125}, milliseconds{125}));
}

TEST_F(ImdsTest, AnExpiredSetLivesOnWithAWarning) {
  const support::RecordedWarnings warnings;
  skew->set(minutes{-1});
  give_token();
  transport->then(200, "my-role").then(200, set_answer("2025-12-31T23:58:59Z"));
  const auto set = resolve();
  EXPECT_EQ(set.expiration(), clock->now() - minutes{1} + seconds{450});
  EXPECT_TRUE(set.session_token().reveal() == "SECRETCANARYtoken");
  EXPECT_THAT(warnings.places(), ElementsAre("imds.static_stability"));
  transport->then(200, "my-role").then(200, set_answer("2025-12-31T23:59:01Z"));
  EXPECT_EQ(resolve().expiration(), clock->now() - seconds{59});
}

TEST_F(ImdsTest, DisabledAsksNothing) {
  variables["AWS_EC2_METADATA_DISABLED"] = "True";
  variables["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = "nonsense";
  const auto fields = failure<CredentialError>();
  EXPECT_EQ(fields.kind, ErrorKind::not_configured);
  EXPECT_EQ(fields.code, "ImdsDisabled");
  EXPECT_EQ(transport->request_count(), 0U);
}

TEST_F(ImdsTest, TheEndpointIsTheUsers) {
  struct Case {
    std::map<std::string, std::string, std::less<>> variables;
    ImdsOptions options;
    std::string url;
  };
  const std::string path = "/latest/api/token";
  for (const auto& each : std::vector<Case>{
           {{{"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "ipv6"}}, {}, "http://[fd00:ec2::254]" + path},
           {{{"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv6"}},
            {.endpoint_mode = "IPV4"},
            "http://169.254.169.254" + path},
           {{{"AWS_EC2_METADATA_SERVICE_ENDPOINT", "https://imds.example.com:8443/base/"},
             {"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv6"}},
            {},
            "https://imds.example.com:8443/base" + path},
           {{{"AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://a"}}, {.endpoint = "http://b"}, "http://b" + path}}) {
    variables = each.variables;
    options = each.options;
    provider.reset();
    transport->then_fail("ConnectionRefused");
    static_cast<void>(failure<CredentialError>());
    EXPECT_EQ(transport->requests().back().url, each.url);
  }
}

TEST_F(ImdsTest, SettingsThatCannotBeUsedAreNamed) {
  struct Case {
    const char* variable;
    const char* value;
    const char* code;
  };
  for (const auto& each :
       std::vector<Case>{{"AWS_EC2_METADATA_SERVICE_ENDPOINT", "169.254.169.254", "InvalidEndpoint"},
                         {"AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://user:SECRETCANARY@h/", "InvalidEndpoint"},
                         {"AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://h/?x", "InvalidEndpoint"},
                         {"AWS_EC2_METADATA_SERVICE_ENDPOINT", "ftp://h/", "InvalidEndpoint"},
                         {"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "dual", "InvalidSetting"},
                         {"AWS_METADATA_SERVICE_TIMEOUT", "0", "InvalidSetting"},
                         {"AWS_METADATA_SERVICE_TIMEOUT", "-1", "InvalidSetting"},
                         {"AWS_METADATA_SERVICE_TIMEOUT", "1s", "InvalidSetting"},
                         {"AWS_METADATA_SERVICE_TIMEOUT", "nan", "InvalidSetting"},
                         {"AWS_METADATA_SERVICE_NUM_ATTEMPTS", "0", "InvalidSetting"},
                         {"AWS_METADATA_SERVICE_NUM_ATTEMPTS", "1.5", "InvalidSetting"},
                         {"AWS_EC2_METADATA_DISABLED", "maybe", "InvalidSetting"},
                         {"AWS_EC2_METADATA_V1_DISABLED", "1", "InvalidSetting"}}) {
    variables = {{each.variable, each.value}};
    provider.reset();
    const auto fields = failure<ConfigurationError>();
    EXPECT_EQ(fields.code, each.code) << each.variable << "=" << each.value;
    EXPECT_EQ(fields.param.empty(), false);
  }
  EXPECT_EQ(transport->request_count(), 0U);
}

TEST_F(ImdsTest, HugeNumbersAreCut) {
  variables = {{"AWS_METADATA_SERVICE_TIMEOUT", "1e300"}, {"AWS_METADATA_SERVICE_NUM_ATTEMPTS", "2147483647"}};
  for (int i = 0; i < 10; ++i) {
    transport->then_fail("ConnectionRefused");
  }
  EXPECT_EQ(failure<CredentialError>().code, "ImdsUnreachable");
  EXPECT_EQ(transport->request_count(), 10U);
  EXPECT_EQ(transport->requests().front().timeout, minutes{1});
}

TEST_F(ImdsTest, AStopEndsIt) {
  std::stop_source stop;
  context.stop = stop.get_token();
  stop.request_stop();
  EXPECT_EQ(failure<ConnectionError>().kind, ErrorKind::cancelled);
  EXPECT_EQ(transport->request_count(), 0U);
}

}  // namespace
}  // namespace aws_refresh_session
