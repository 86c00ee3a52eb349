#include <aws_refresh_session/exceptions.hpp>
#include <aws_refresh_session/sts.hpp>

#include <gmock/gmock.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace aws_refresh_session {
namespace {

using std::chrono::seconds;
using ::testing::IsEmpty;

constexpr const char* kRole = "arn:aws:iam::123456789012:role/app";
constexpr const char* kSerial = "arn:aws:iam::123456789012:mfa/me";

AssumeRoleOptions valid() {
  return {.role_arn = kRole};
}

struct Refusal {
  std::string param;
  std::function<void(AssumeRoleOptions&)> change;
};

std::vector<Tag> tags(std::size_t count) {
  std::vector<Tag> result;
  for (std::size_t i = 0; i < count; ++i) {
    result.push_back({"key" + std::to_string(i), "value"});
  }
  return result;
}

std::string repeated(std::string_view text, std::size_t count) {
  std::string result;
  for (std::size_t i = 0; i < count; ++i) {
    result += text;
  }
  return result;
}

TEST(AssumeRoleOptions, Row20_WhatAwsRefusesIsRefusedBeforeAnyCallNamingTheParameter) {
  using O = AssumeRoleOptions;
  const std::string long_text(3'000, 'a');
  const std::vector<Refusal> refusals{
      {"RoleArn", [](O& o) { o.role_arn = ""; }},
      {"RoleArn", [](O& o) { o.role_arn = "arn:aws:iam::1:rol"; }},
      {"RoleArn", [](O& o) { o.role_arn = "not-an-arn-but-long-enough"; }},
      {"RoleArn", [](O& o) { o.role_arn = "arn:aws:iam::123456789012:"; }},
      {"RoleArn", [](O& o) { o.role_arn = "arn::iam::123456789012:role/app"; }},
      {"RoleArn", [](O& o) { o.role_arn = "urn:aws:iam::123456789012:role/app"; }},
      {"RoleArn", [](O& o) { o.role_arn = "arn:aws:iam::123456789012:role/a b"; }},
      {"RoleArn", [](O& o) { o.role_arn = "arn:aws:iam::123456789012:role/a\n"; }},
      {"RoleArn", [](O& o) { o.role_arn = "arn:aws:iam::123456789012:role/\xFF"; }},
      {"RoleArn", [&](O& o) { o.role_arn += long_text; }},
      {"RoleSessionName", [](O& o) { o.role_session_name = "a"; }},
      {"RoleSessionName", [](O& o) { o.role_session_name = std::string(65, 'a'); }},
      {"RoleSessionName", [](O& o) { o.role_session_name = "two words"; }},
      {"RoleSessionName", [](O& o) { o.role_session_name = "a/b"; }},
      {"RoleSessionName", [](O& o) { o.role_session_name = "caf\xC3\xA9"; }},
      {"PolicyArns", [](O& o) { o.policy_arns.assign(11, kRole); }},
      {"PolicyArns", [](O& o) { o.policy_arns = {"short"}; }},
      {"Policy", [](O& o) { o.policy = "{"; }},
      {"Policy", [](O& o) { o.policy = "[]"; }},
      {"Policy", [](O& o) { o.policy = "text"; }},
      {"Policy", [](O& o) { o.policy = "{\"a\": \"" + std::string(2'048, 'x') + "\"}"; }},
      {"Policy", [](O& o) { o.policy = "{\"a\": \"\xE1\x88\xB4\"}"; }},
      {"Policy", [](O& o) { o.policy = repeated("[", 2'000); }},
      {"DurationSeconds", [](O& o) { o.duration = seconds{0}; }},
      {"DurationSeconds", [](O& o) { o.duration = seconds{-900}; }},
      {"DurationSeconds", [](O& o) { o.duration = seconds{43'201}; }},
      {"DurationSeconds", [](O& o) { o.duration = seconds::max(); }},
      {"ExternalId", [](O& o) { o.external_id = "a"; }},
      {"ExternalId", [](O& o) { o.external_id = std::string(1'225, 'a'); }},
      {"ExternalId", [](O& o) { o.external_id = "a b"; }},
      {"SerialNumber", [](O& o) { o.serial_number = "short", o.token_code = "123456"; }},
      {"SerialNumber", [](O& o) { o.serial_number = std::string(257, 'a'), o.token_code = "123456"; }},
      {"SerialNumber", [](O& o) { o.serial_number = "with space", o.token_code = "123456"; }},
      {"TokenCode", [](O& o) { o.serial_number = kSerial, o.token_code = "12345"; }},
      {"TokenCode", [](O& o) { o.serial_number = kSerial, o.token_code = "1234567"; }},
      {"TokenCode", [](O& o) { o.serial_number = kSerial, o.token_code = "12345a"; }},
      {"TokenCode", [](O& o) { o.serial_number = kSerial, o.token_code = "\xD9\xA1\xD9\xA2\xD9\xA3"; }},
      {"Tags", [](O& o) { o.tags = tags(51); }},
      {"Tags",
       [](O& o) {
         o.tags = {{"Department", "a"}, {"department", "b"}};
       }},
      {"Tags.Key",
       [](O& o) {
         o.tags = {{"", "a"}};
       }},
      {"Tags.Key",
       [](O& o) {
         o.tags = {{std::string(129, 'k'), "a"}};
       }},
      {"Tags.Key",
       [](O& o) {
         o.tags = {{"a;b", "a"}};
       }},
      {"Tags.Key",
       [](O& o) {
         o.tags = {{"\xFF", "a"}};
       }},
      {"Tags.Value",
       [](O& o) {
         o.tags = {{"a", std::string(257, 'v')}};
       }},
      {"Tags.Value",
       [](O& o) {
         o.tags = {{"a", "a\nb"}};
       }},
      {"TransitiveTagKeys", [](O& o) { o.transitive_tag_keys = {"absent"}; }},
      {"TransitiveTagKeys", [](O& o) { o.tags = tags(50), o.transitive_tag_keys.assign(51, "key1"); }},
      {"TransitiveTagKeys", [](O& o) { o.transitive_tag_keys = {""}; }},
      {"SourceIdentity", [](O& o) { o.source_identity = "a"; }},
      {"SourceIdentity", [](O& o) { o.source_identity = std::string(65, 'a'); }},
      {"SourceIdentity", [](O& o) { o.source_identity = "a:b"; }},
      {"SourceIdentity", [](O& o) { o.source_identity = "aws:me"; }},
      {"ProvidedContexts",
       [](O& o) {
         o.provided_contexts.assign(6, {kRole, "assertion"});
       }},
      {"ProvidedContexts.ProviderArn",
       [](O& o) {
         o.provided_contexts = {{"arn", "assertion"}};
       }},
      {"ProvidedContexts.ContextAssertion",
       [](O& o) {
         o.provided_contexts = {{kRole, "abc"}};
       }},
      {"ProvidedContexts.ContextAssertion",
       [&](O& o) {
         o.provided_contexts = {{kRole, long_text}};
       }},
      {"region", [](O& o) { o.client.region = "evil.com/"; }},
      {"endpoint_url", [](O& o) { o.client.endpoint_url = "localhost"; }},
      {"max_attempts", [](O& o) { o.client.max_attempts = 0; }},
  };
  for (std::size_t i = 0; i < refusals.size(); ++i) {
    auto options = valid();
    refusals[i].change(options);
    try {
      options.validate();
      ADD_FAILURE() << "accepted: case " << i << ", " << refusals[i].param;
    } catch (const ValidationError& error) {
      EXPECT_EQ(error.param(), refusals[i].param) << "case " << i << ": " << error.what();
      EXPECT_EQ(error.code(), "InvalidParameter");
      EXPECT_EQ(error.kind(), ErrorKind::non_recoverable);
      if (refusals[i].param == "TokenCode") {
        EXPECT_THAT(error.value(), IsEmpty()) << "a code is never shown";
      }
    }
  }
}

TEST(AssumeRoleOptions, Row20_WhatAwsTakesIsAccepted) {
  using O = AssumeRoleOptions;
  const std::vector<std::function<void(O&)>> changes{
      [](O& o) { o.role_arn = "arn:aws:iam:::role/xy"; },
      [](O& o) { o.role_arn = "arn:aws-us-gov:iam::123456789012:role/path/to/app"; },
      [](O& o) { o.role_session_name = "a_+=,.@-Z9"; },
      [](O& o) { o.role_session_name = std::string(64, 'a'); },
      [](O& o) { o.role_session_name.clear(); },
      [](O& o) { o.policy_arns.assign(10, kRole); },
      [](O& o) { o.policy = "{\"a\":\t\"\xC3\xA9\"}\n"; },
      [](O& o) { o.duration = seconds{900}; },
      [](O& o) { o.duration = seconds{43'200}; },
      [](O& o) { o.duration = seconds{1}; },
      [](O& o) { o.external_id = "aZ9_+=,.@:/-"; },
      [](O& o) { o.serial_number = "GAHT12345678", o.token_code = "000000"; },
      [](O& o) { o.tags = tags(50), o.transitive_tag_keys = {"KEY1"}; },
      [](O& o) {
        o.tags = {{"\xC3\x84mter und R\xC3\xA4ume", ""}};
      },
      [](O& o) {
        o.tags = {{repeated("\xC3\xA9", 128), repeated("\xC3\xA9", 256)}};
      },
      [](O& o) { o.source_identity = "alice@example.com"; },
      [](O& o) {
        o.provided_contexts.assign(5, {kRole, "abcd"});
      },
      [](O& o) { o.client.region = "eu-west-1"; },
  };
  for (std::size_t i = 0; i < changes.size(); ++i) {
    auto options = valid();
    changes[i](options);
    EXPECT_NO_THROW(options.validate()) << "case " << i;
  }
}

TEST(AssumeRoleOptions, Row23_CodeSerialNumberAndProviderMustGoTogether) {
  const auto provider = MfaTokenProvider::from_callable([](const MfaRequest&) { return "123456"; });
  for (const auto& [options, param] : std::vector<std::pair<AssumeRoleOptions, std::string>>{
           {{.role_arn = kRole, .mfa_token_provider = provider}, "SerialNumber"},
           {{.role_arn = kRole, .serial_number = kSerial}, "TokenCode"},
           {{.role_arn = kRole, .token_code = "123456"}, "SerialNumber"},
       }) {
    try {
      options.validate();
      ADD_FAILURE() << param;
    } catch (const ConfigurationError& error) {
      EXPECT_EQ(error.param(), param);
      EXPECT_EQ(error.code(), "MissingParameter");
    }
  }
}

}  // namespace
}  // namespace aws_refresh_session
