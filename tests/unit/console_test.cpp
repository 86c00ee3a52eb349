#include "providers/console.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <aws_refresh_session/exceptions.hpp>
#include <aws_refresh_session/testing/fake_clock.hpp>
#include <aws_refresh_session/testing/fake_http_transport.hpp>

#include <chrono>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

namespace aws_refresh_session {
namespace {

using namespace std::chrono_literals;
using aws_refresh_session::testing::FakeClock;
using aws_refresh_session::testing::FakeHttpTransport;
using ::testing::HasSubstr;
using ::testing::Not;

const Credentials kRole{"ASIA", "SECRETCANARY/k+", "SECRETCANARY-t==", std::nullopt};
const std::string kToken = R"({"SigninToken":"SECRETCANARY-signin/+"})";

class Console : public ::testing::Test {
 protected:
  Console() {
    options_.client.region = "eu-west-1";
    options_.client.max_attempts = 1;
    seams_.clock = std::make_shared<FakeClock>();
    seams_.transport = transport_;
    seams_.environment = std::make_shared<FixedEnvironment>(std::map<std::string, std::string, std::less<>>{
        {"AWS_CONFIG_FILE", "/dev/null"}, {"AWS_SHARED_CREDENTIALS_FILE", "/dev/null"}});
  }

  std::string url(const Credentials& credentials = kRole) {
    const aws::RetrySeams at_once{[](std::chrono::milliseconds, const std::stop_token&) { return true; },
                                  [] { return 0.5; }};
    return std::string{providers::console_signin_url(credentials, options_, seams_, {}, at_once).reveal()};
  }
  Error failure(const Credentials& credentials = kRole) {
    try {
      static_cast<void>(url(credentials));
    } catch (const Error& error) {
      EXPECT_TRUE(std::string{error.what()}.find("SECRETCANARY") == std::string::npos);
      return error;
    }
    return Error{{.message = "it was made", .code = "none"}};
  }

  ConsoleOptions options_;
  ProviderSeams seams_;
  std::shared_ptr<FakeHttpTransport> transport_ = std::make_shared<FakeHttpTransport>();
};

TEST_F(Console, KeysGoInTheBodyAndTheTokenComesBackInTheUrl) {
  transport_->then(200, kToken);
  options_.destination = "https://console.aws.amazon.com/s3/home?region=eu-west-1";
  options_.issuer = "https://login.example.com/?a=b";
  options_.session_duration = 3600s;
  EXPECT_TRUE(
      url() ==
      "https://signin.aws.amazon.com/federation?Action=login&Destination=https%3A%2F%2Fconsole.aws.amazon.com%2F"
      "s3%2Fhome%3Fregion%3Deu-west-1&Issuer=https%3A%2F%2Flogin.example.com%2F%3Fa%3Db"
      "&SigninToken=SECRETCANARY-signin%2F%2B");
  const auto request = transport_->requests().at(0);
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.url, "https://signin.aws.amazon.com/federation");
  EXPECT_TRUE(request.body ==
              "Action=getSigninToken&SessionDuration=3600&Session=%7B%22sessionId%22%3A%22ASIA%22%2C%22sessionKey%22%3A"
              "%22SECRETCANARY%2Fk%2B%22%2C%22sessionToken%22%3A%22SECRETCANARY-t%3D%3D%22%7D");
}

TEST_F(Console, EachPartitionHasItsOwnPlaces) {
  struct Case {
    const char* region;
    const char* signin;
    const char* destination;
  };
  for (const auto& [region, signin, destination] :
       {Case{"eu-west-1", "https://signin.aws.amazon.com/federation",
             "https%3A%2F%2Fconsole.aws.amazon.com%2Fconsole%2Fhome%3Fregion%3Deu-west-1&"},
        Case{"", "https://signin.aws.amazon.com/federation", "https%3A%2F%2Fconsole.aws.amazon.com%2F&"},
        Case{"cn-north-1", "https://signin.amazonaws.cn/federation",
             "https%3A%2F%2Fconsole.amazonaws.cn%2Fconsole%2Fhome%3Fregion%3Dcn-north-1&"},
        Case{"us-gov-west-1", "https://signin.amazonaws-us-gov.com/federation",
             "https%3A%2F%2Fconsole.amazonaws-us-gov.com%2Fconsole%2Fhome%3Fregion%3Dus-gov-west-1&"}}) {
    options_.client.region = region;
    transport_->then(200, kToken);
    EXPECT_TRUE(url().find(std::string{signin} + "?Action=login&Destination=" + destination) == 0) << region;
    EXPECT_EQ(transport_->requests().back().url, signin);
    EXPECT_THAT(transport_->requests().back().body, Not(HasSubstr("SessionDuration")));
  }
}

TEST_F(Console, PartitionThatIsNotKnownNeedsBothPlaces) {
  options_.client.region = "us-iso-east-1";
  EXPECT_EQ(failure().code(), "NoConsole");
  options_.signin_endpoint_url = "https://signin.example/federation";
  EXPECT_EQ(failure().code(), "NoConsole");
  options_.destination = "https://console.example/";
  transport_->then(200, kToken);
  EXPECT_TRUE(url().find("https://signin.example/federation?Action=login&Destination=https%3A%2F%2Fconsole.example") ==
              0);
}

TEST_F(Console, WhatCannotWorkIsRefusedBeforeAnybodyIsAsked) {
  EXPECT_EQ(failure(Credentials{"AKIA", "SECRETCANARY"}).code(), "LastingKeys");
  EXPECT_EQ(failure(Credentials{}).code(), "LastingKeys");
  const auto with = [&](auto change) {
    const auto before = options_;
    change();
    const auto param = failure().param();
    options_ = before;
    return param;
  };
  EXPECT_EQ(with([&] { options_.session_duration = 899s; }), "session_duration");
  EXPECT_EQ(with([&] { options_.session_duration = 43'201s; }), "session_duration");
  EXPECT_EQ(with([&] { options_.destination = "javascript:alert(1)"; }), "destination");
  EXPECT_EQ(with([&] { options_.destination = "http://console.aws.amazon.com/"; }), "destination");
  EXPECT_EQ(with([&] { options_.signin_endpoint_url = "http://signin.example/federation"; }), "signin_endpoint_url");
  EXPECT_EQ(with([&] { options_.signin_endpoint_url = "https://signin.example/federation?a"; }), "signin_endpoint_url");
  EXPECT_TRUE(transport_->requests().empty());
}

TEST_F(Console, RefusalSaysWhatTheEndpointTakes) {
  transport_->then(400, "<html>Invalid credentials parameter SECRETCANARY-t==</html>");
  auto error = failure();
  EXPECT_EQ(error.code(), "SigninRefused");
  EXPECT_EQ(error.kind(), ErrorKind::non_recoverable);
  EXPECT_THAT(error.message(), HasSubstr("GetSessionToken"));
  options_.session_duration = 3600s;
  transport_->then(400, "");
  EXPECT_THAT(failure().message(), HasSubstr("long-term keys"));
}

TEST_F(Console, FailuresThatMayPassAreTriedAgain) {
  options_.client.max_attempts = 3;
  transport_->then(503, "").then_fail("ConnectionReset").then(200, kToken);
  EXPECT_TRUE(url().find("SigninToken=SECRETCANARY-signin") != std::string::npos);
  options_.client.max_attempts = 1;
  transport_->then(503, "");
  EXPECT_EQ(failure().kind(), ErrorKind::recoverable);
  for (const char* body : {"", "{}", "<html>", R"({"SigninToken": 1})", R"({"SigninToken": ""})"}) {
    transport_->then(200, body);
    EXPECT_EQ(failure().code(), "MalformedResponse") << body;
  }
}

TEST_F(Console, StopIsHeeded) {
  std::stop_source stop;
  stop.request_stop();
  try {
    static_cast<void>(console_signin_url(kRole, options_, seams_, stop.get_token()));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::cancelled);
  }
}

}  // namespace
}  // namespace aws_refresh_session
