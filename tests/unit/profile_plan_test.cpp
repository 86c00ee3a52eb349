#include "providers/profile_plan.hpp"

#include "support/aws_home.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace aws_refresh_session::providers {
namespace {

using ::testing::HasSubstr;

/// A config file, and what profile `p` means in words, or the code of the error and a part of its text.
struct Case {
  std::string name;
  std::string config;
  std::string credentials;
  std::string plan;
  std::string code;
  std::string text;
};

void PrintTo(const Case& each, std::ostream* out) {
  *out << each.name;
}

class PlanOfProfile : public ::testing::TestWithParam<Case> {};

TEST_P(PlanOfProfile, IsWhatTheFilesSay) {
  const auto& each = GetParam();
  const support::AwsHome home;
  home.config(each.config);
  home.credentials(each.credentials);
  const auto settings = profile::Settings::load(home.environment(), "p");
  if (each.code.empty()) {
    EXPECT_EQ(describe(plan_profile(settings)), each.plan);
    return;
  }
  try {
    FAIL() << describe(plan_profile(settings));
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), each.code) << error.what();
    EXPECT_THAT(error.what(), HasSubstr(each.text));
  }
}

const std::string kRole = "role_arn = arn:aws:iam::123456789012:role/";
const std::string kKeys = "aws_access_key_id = AKID\naws_secret_access_key = SECRETCANARY\n";

INSTANTIATE_TEST_SUITE_P(
    Cases, PlanOfProfile,
    ::testing::Values(
        Case{"StaticInConfig", "[profile p]\n" + kKeys, "", "profile p (static keys)", "", ""},
        Case{"StaticInCredentials", "", "[p]\n" + kKeys, "profile p (static keys)", "", ""},
        Case{"ProcessBeforeKeysOfConfig", "[profile p]\n" + kKeys + "credential_process = x\n", "",
             "profile p (credential_process)", "", ""},
        Case{"KeysOfCredentialsBeforeProcess", "[profile p]\ncredential_process = x\n", "[p]\n" + kKeys,
             "profile p (static keys)", "", ""},
        Case{"SsoBeforeKeys", "[profile p]\nsso_account_id = 1\nsso_role_name = r\n", "[p]\n" + kKeys,
             "profile p (SSO)", "", ""},
        Case{"LoginBeforeProcess", "[profile p]\nlogin_session = s\ncredential_process = x\n", "",
             "profile p (aws login)", "", ""},
        Case{"WebIdentityBeforeSso",
             "[profile p]\n" + kRole + "a\nweb_identity_token_file = /t\nsso_account_id = 1\nsso_role_name = r\n", "",
             "profile p (web identity)", "", ""},
        Case{"RoleBeforeOwnKeys", "[profile p]\n" + kRole + "a\nsource_profile = q\n" + kKeys + "[profile q]\n" + kKeys,
             "", "role arn:aws:iam::123456789012:role/a of profile p, from profile q (static keys)", "", ""},
        Case{"RoleFromItself", "[profile p]\n" + kRole + "a\nsource_profile = p\n" + kKeys, "",
             "role arn:aws:iam::123456789012:role/a of profile p, from profile p (static keys)", "", ""},
        Case{"ChainOfThree",
             "[profile p]\n" + kRole + "a\nsource_profile = q\n[profile q]\n" + kRole +
                 "b\nsource_profile = r\n[profile r]\n" + kRole + "c\ncredential_source = EcsContainer\n",
             "",
             "role arn:aws:iam::123456789012:role/a of profile p, from role arn:aws:iam::123456789012:role/b of "
             "profile q, from role arn:aws:iam::123456789012:role/c of profile r, from the container endpoint",
             "", ""},
        Case{"ChainStopsAtKeys",
             "[profile p]\n" + kRole + "a\nsource_profile = q\n[profile q]\n" + kKeys + kRole +
                 "b\nsource_profile = nowhere\n",
             "", "role arn:aws:iam::123456789012:role/a of profile p, from profile q (static keys)", "", ""},
        Case{"SourceOfTheEnvironment", "[profile p]\n" + kRole + "a\ncredential_source = Environment\n", "",
             "role arn:aws:iam::123456789012:role/a of profile p, from the environment", "", ""},
        Case{"SourceOfInstanceMetadata", "[profile p]\n" + kRole + "a\ncredential_source = Ec2InstanceMetadata\n", "",
             "role arn:aws:iam::123456789012:role/a of profile p, from instance metadata", "", ""},
        Case{"SourceBySso",
             "[profile p]\n" + kRole + "a\nsource_profile = q\n[profile q]\nsso_account_id = 1\nsso_role_name = r\n",
             "", "role arn:aws:iam::123456789012:role/a of profile p, from profile q (SSO)", "", ""},
        Case{"MissingProfile", "[profile other]\n" + kKeys, "", "", "ProfileNotFound", "'p' does not exist"},
        Case{"EmptyProfile", "[profile p]\nregion = eu-west-1\n", "", "", "NoCredentials", "config:1"},
        Case{"BothSources", "[profile p]\n" + kRole + "a\nsource_profile = q\ncredential_source = Environment\n", "",
             "", "InvalidProfile", "keep one of them"},
        Case{"NoSource", "[profile p]\n" + kRole + "a\n", "", "", "InvalidProfile", "config:2"},
        Case{"UnknownSource", "[profile p]\n" + kRole + "a\ncredential_source = Elsewhere\n", "", "", "InvalidProfile",
             "config:3"},
        Case{"MissingSourceProfile", "[profile p]\n" + kRole + "a\nsource_profile = q\n", "", "", "InvalidProfile",
             "value='q'"},
        Case{"SourceProfileWithNothing", "[profile p]\n" + kRole + "a\nsource_profile = q\n[profile q]\nregion = r\n",
             "", "", "InvalidProfile", "describes no credentials"},
        Case{"LoopOfOne", "[profile p]\n" + kRole + "a\nsource_profile = p\n", "", "", "ProfileLoop", "p -> p"},
        Case{"LoopOfThree",
             "[profile p]\n" + kRole + "a\nsource_profile = q\n[profile q]\n" + kRole +
                 "b\nsource_profile = r\n[profile r]\n" + kRole + "c\nsource_profile = q\n",
             "", "", "ProfileLoop", "p -> q -> r -> q"},
        Case{"DurationInWords", "[profile p]\n" + kRole + "a\nsource_profile = q\nduration_seconds = 1h\n", "", "",
             "InvalidProfile", "config:4"}),
    [](const auto& each) { return each.param.name; });

TEST(PlanOfRole, CarriesWhatTheProfileAsksFor) {
  const support::AwsHome home;
  home.config("[profile p]\n" + kRole +
              "a\nsource_profile = q\nexternal_id = e\nmfa_serial = m\nduration_seconds = 1800\n"
              "role_session_name = s\n[profile q]\n" +
              kKeys);
  const auto plan = plan_profile(profile::Settings::load(home.environment(), "p"));
  ASSERT_EQ(plan.roles.size(), 1U);
  const auto& role = plan.roles.front();
  EXPECT_EQ(role.external_id, "e");
  EXPECT_EQ(role.mfa_serial, "m");
  EXPECT_EQ(role.role_session_name, "s");
  EXPECT_EQ(role.duration, std::chrono::seconds{1800});
  EXPECT_THAT(role.place, HasSubstr("config:2"));
}

TEST(PlanOfMissingProfile, IsAFailureOnlyWhenSomebodyNamedIt) {
  const support::AwsHome home;
  const auto kind_of = [&](const std::shared_ptr<const Environment>& environment, std::string_view profile) {
    try {
      static_cast<void>(plan_profile(profile::Settings::load(environment, profile)));
    } catch (const CredentialError& error) {
      EXPECT_EQ(error.code(), "ProfileNotFound");
      return error.kind();
    }
    return ErrorKind::cancelled;
  };
  EXPECT_EQ(kind_of(home.environment(), ""), ErrorKind::not_configured);
  EXPECT_EQ(kind_of(home.environment(), "p"), ErrorKind::non_recoverable);
  EXPECT_EQ(kind_of(home.environment({{"AWS_PROFILE", "p"}}), ""), ErrorKind::non_recoverable);
  EXPECT_EQ(kind_of(home.environment({{"AWS_DEFAULT_PROFILE", "default"}}), ""), ErrorKind::non_recoverable);
}

}  // namespace
}  // namespace aws_refresh_session::providers
