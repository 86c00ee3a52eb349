#include "aws/sts_xml.hpp"

#include "support/sts_answers.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <gmock/gmock.h>

#include <random>
#include <string>
#include <vector>

namespace aws_refresh_session::aws {
namespace {

using support::assume_role_answer;
using testing::HasSubstr;
using testing::Not;

const WallTime kNewYear{std::chrono::seconds{1'767'225'600}};

TEST(AssumeRoleAnswer, OfAwsIsRead) {
  auto body = assume_role_answer();
  const auto credentials = parse_assume_role(body);
  EXPECT_EQ(credentials.access_key_id(), "ASIAANSWER");
  EXPECT_EQ(credentials.secret_access_key().reveal(), support::kSecretOfAnswer);
  EXPECT_EQ(credentials.session_token().reveal(), support::kTokenOfAnswer);
  EXPECT_EQ(credentials.expiration(), kNewYear + std::chrono::hours{1});
  EXPECT_EQ(credentials.account_id(), "123456789012");
  EXPECT_EQ(credentials.provider_name(), "sts");
}

TEST(AssumeRoleAnswer, OfRadosgwIsReadWithItsNanoseconds) {
  auto body = support::radosgw_assume_role_answer();
  const auto credentials = parse_assume_role(body);
  EXPECT_EQ(credentials.access_key_id(), "RGWKEY");
  EXPECT_EQ(credentials.secret_access_key().reveal(), "RGWSECRET");
  EXPECT_EQ(credentials.session_token().reveal(), "RGWTOKEN");
  EXPECT_EQ(credentials.expiration(), kNewYear + std::chrono::nanoseconds{3'123'456'789});
  EXPECT_EQ(credentials.account_id(), "123456789012");
}

TEST(AssumeRoleAnswer, LineBreaksInsideTheTokenAreDropped) {
  auto body =
      assume_role_answer("\n 2026-01-01T01:00:00Z ", " ASIA\n", "\n  secret\n", "\n  line1\r\n\tline2 \n line3\n");
  const auto credentials = parse_assume_role(body);
  EXPECT_EQ(credentials.access_key_id(), "ASIA");
  EXPECT_EQ(credentials.secret_access_key().reveal(), "secret");
  EXPECT_EQ(credentials.session_token().reveal(), "line1line2line3");
}

TEST(AssumeRoleAnswer, EntitiesAndNamespacePrefixesAreRead) {
  std::string body =
      "<s:AssumeRoleResponse xmlns:s=\"x\"><s:AssumeRoleResult><s:Credentials><s:AccessKeyId>A</s:AccessKeyId>"
      "<s:SecretAccessKey>a&amp;b&#x43;</s:SecretAccessKey><s:SessionToken><![CDATA[t<]]></s:SessionToken>"
      "<s:Expiration>2026-01-01T00:00:00Z</s:Expiration></s:Credentials></s:AssumeRoleResult></s:AssumeRoleResponse>";
  const auto credentials = parse_assume_role(body);
  EXPECT_EQ(credentials.secret_access_key().reveal(), "a&bC");
  EXPECT_EQ(credentials.session_token().reveal(), "t<");
}

TEST(AssumeRoleAnswer, WhatCannotBeUsedIsARecoverableErrorWithoutTheText) {
  const std::string deep = [] {
    std::string text;
    for (int i = 0; i < 20'000; ++i) {
      text += "<hunter2>";
    }
    return text;
  }();
  const std::vector<std::pair<std::string, std::string>> cases{
      {"", "an empty answer"},
      {"hunter2", "not XML"},
      {"<html>hunter2</html>", "another question"},
      {"{\"hunter2\": 1}", "not XML"},
      {"<AssumeRoleResponse>", "not XML"},
      {std::string(300'000, ' '), "far too long"},
      {std::string("\0\0\0hunter2", 10), "not XML"},
      {"\xFF\xFEh\0u\0n\0t\0e\0r\0", "not XML"},
      {deep, "not XML"},
      {"<AssumeRoleResponse/>", "AccessKeyId, SecretAccessKey, SessionToken, Expiration"},
      {support::caller_identity_answer(), "another question"},
      {support::error_answer("AccessDenied", "hunter2"), "another question"},
      {assume_role_answer("2026-01-01T01:00:00Z", ""), "without AccessKeyId"},
      {assume_role_answer("2026-01-01T01:00:00Z", "hunter2", ""), "without SecretAccessKey"},
      {assume_role_answer("2026-01-01T01:00:00Z", "hunter2", "hunter2", " \n "), "without SessionToken"},
      {assume_role_answer(""), "without Expiration"},
      {assume_role_answer("2026-01-01T01:00:00Z", "hun ter2"), "white space"},
      {assume_role_answer("2026-01-01T01:00:00"), "without a time zone"},
      {assume_role_answer("hunter2"), "not an RFC 3339 time"},
      {assume_role_answer("1767225600"), "not an RFC 3339 time"},
  };
  for (const auto& [text, expected] : cases) {
    auto body = text;
    try {
      static_cast<void>(parse_assume_role(body));
      FAIL() << text.substr(0, 80);
    } catch (const CredentialError& error) {
      EXPECT_EQ(error.code(), "MalformedResponse");
      EXPECT_EQ(error.kind(), ErrorKind::recoverable);
      EXPECT_THAT(error.what(), HasSubstr(expected)) << text.substr(0, 80);
      EXPECT_THAT(error.what(), Not(HasSubstr("hunter2")));
      EXPECT_THAT(error.what(), Not(HasSubstr(std::string{support::kTokenOfAnswer})));
      EXPECT_THAT(error.what(), Not(HasSubstr(std::string{support::kSecretOfAnswer})));
    }
  }
}

TEST(AssumeRoleAnswer, DamagedAtRandomNeverCrashes) {
  std::mt19937 random{7};
  for (int round = 0; round < 5'000; ++round) {
    auto body = assume_role_answer();
    for (int damage = 0; damage < 4; ++damage) {
      body[random() % body.size()] = static_cast<char>(random());
    }
    body.resize(body.size() - random() % 200);
    auto copy = body;
    static_cast<void>(parse_error(copy));
    try {
      EXPECT_FALSE(parse_assume_role(body).empty());
    } catch (const CredentialError& error) {
      EXPECT_EQ(error.code(), "MalformedResponse");
    }
  }
}

TEST(CallerIdentityAnswer, IsRead) {
  auto body = support::caller_identity_answer();
  const auto identity = parse_caller_identity(body);
  EXPECT_EQ(identity.arn, "arn:aws:sts::123456789012:assumed-role/app/session");
  EXPECT_EQ(identity.user_id, "AROA:session");
  EXPECT_EQ(identity.account, "123456789012");
}

TEST(CallerIdentityAnswer, WhatCannotBeUsedIsARecoverableError) {
  for (auto body :
       {std::string{}, std::string{"hunter2"}, std::string{"<GetCallerIdentityResponse/>"}, assume_role_answer()}) {
    try {
      static_cast<void>(parse_caller_identity(body));
      FAIL();
    } catch (const RequestError& error) {
      EXPECT_EQ(error.code(), "MalformedResponse");
      EXPECT_EQ(error.kind(), ErrorKind::recoverable);
    }
  }
}

TEST(ErrorAnswer, OfAwsAndOfRadosgwIsRead) {
  auto aws = support::error_answer("AccessDenied", "User is not authorized");
  const auto error = parse_error(aws);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code, "AccessDenied");
  EXPECT_EQ(error->message, "User is not authorized");
  EXPECT_EQ(error->request_id, "request-1");
  auto radosgw = support::radosgw_error_answer("NoSuchEntity");
  const auto other = parse_error(radosgw);
  ASSERT_TRUE(other);
  EXPECT_EQ(other->code, "NoSuchEntity");
  EXPECT_EQ(other->message, "");
  EXPECT_EQ(other->request_id, "tx0001");
}

TEST(ErrorAnswer, TextIsOnePrintableLineOfBoundedLength) {
  auto body = support::error_answer("A", "one\ntwo\x1b[31m" + std::string(5'000, 'x'));
  const auto error = parse_error(body);
  ASSERT_TRUE(error);
  EXPECT_LE(error->message.size(), 1'024U);
  EXPECT_THAT(error->message, Not(HasSubstr("\n")));
  EXPECT_THAT(error->message, Not(HasSubstr("\x1b")));
}

TEST(ErrorAnswer, WithoutACodeIsNone) {
  for (const auto* text : {"", "<html><body>Bad gateway</body></html>", "<Error/>", "<ErrorResponse/>", "oops",
                           "<ErrorResponse><Error><Code> </Code></Error></ErrorResponse>"}) {
    std::string body{text};
    EXPECT_EQ(parse_error(body), std::nullopt) << text;
  }
}

TEST(AccountOfArn, IsTheFifthField) {
  EXPECT_EQ(account_of_arn("arn:aws:sts::123456789012:assumed-role/app/session"), "123456789012");
  EXPECT_EQ(account_of_arn("arn:aws:sts:::assumed-role/app/session"), "");
  for (const auto* other : {"", "arn", "arn:aws:sts::1", "::::"}) {
    EXPECT_EQ(account_of_arn(other), "") << other;
  }
}

}  // namespace
}  // namespace aws_refresh_session::aws
