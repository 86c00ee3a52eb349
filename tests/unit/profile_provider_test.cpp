#include "providers/profile.hpp"

#include "secret_registry.hpp"
#include "support/aws_home.hpp"
#include "support/sts_answers.hpp"

#include <aws_refresh_session/exceptions.hpp>
#include <aws_refresh_session/testing/fake_clock.hpp>
#include <aws_refresh_session/testing/fake_http_transport.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace aws_refresh_session {
namespace {

using testing::FakeClock;
using testing::FakeHttpTransport;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kKeys = "aws_access_key_id = AKID\naws_secret_access_key = SECRETCANARY/of-the-profile\n";
const std::string kRole = "role_arn = arn:aws:iam::123456789012:role/";

class ProfileProviderTest : public ::testing::Test {
 protected:
  std::shared_ptr<CredentialsProvider> make(ProfileOptions options = {},
                                            std::map<std::string, std::string, std::less<>> variables = {}) {
    variables.emplace("AWS_REGION", "eu-west-1");
    return make_profile_provider(
        std::move(options),
        {.clock = clock_, .transport = transport_, .environment = home_.environment(std::move(variables))});
  }

  [[nodiscard]] static std::string failure_of(CredentialsProvider& provider, std::string_view code) {
    try {
      static_cast<void>(provider.resolve({}));
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code) << error.what();
      EXPECT_TRUE(std::string{error.what()}.find(testing::kCanary) == std::string::npos);
      return error.what();
    }
    ADD_FAILURE() << "no error";
    return {};
  }

  const support::AwsHome home_;
  const std::shared_ptr<FakeClock> clock_ =
      std::make_shared<FakeClock>(WallTime{std::chrono::seconds{1'767'225'600}});  // 2026-01-01T00:00:00Z
  const std::shared_ptr<FakeHttpTransport> transport_ = std::make_shared<FakeHttpTransport>();
};

TEST_F(ProfileProviderTest, GivesTheStaticKeysWithTokenAndAccount) {
  home_.credentials("[default]\n" + kKeys + "aws_session_token = SECRETCANARY-token\naws_account_id = 123456789012\n");
  const auto credentials = make()->resolve({});
  EXPECT_EQ(credentials.access_key_id(), "AKID");
  EXPECT_EQ(credentials.secret_access_key().reveal(), "SECRETCANARY/of-the-profile");
  EXPECT_EQ(credentials.session_token().reveal(), "SECRETCANARY-token");
  EXPECT_EQ(credentials.account_id(), "123456789012");
  EXPECT_FALSE(credentials.expiration());
}

TEST_F(ProfileProviderTest, NeverMixesTheKeysOfOneFileWithTheTokenOfTheOther) {
  home_.config("[default]\naws_session_token = SECRETCANARY-of-other-keys\n");
  home_.credentials("[default]\n" + kKeys);
  EXPECT_TRUE(make()->resolve({}).session_token().empty());
}

TEST_F(ProfileProviderTest, HalfAPairNamesTheMissingKey) {
  home_.credentials("[default]\naws_secret_access_key = SECRETCANARY\n");
  EXPECT_THAT(failure_of(*make(), "InvalidProfile"), HasSubstr("add aws_access_key_id"));
  home_.credentials("[default]\naws_access_key_id = AKID\n");
  EXPECT_THAT(failure_of(*make(), "InvalidProfile"), HasSubstr("add aws_secret_access_key"));
  home_.config("[default]\naws_secret_access_key = SECRETCANARY\n");
  EXPECT_THAT(failure_of(*make(), "InvalidProfile"), HasSubstr("different files"));
}

TEST_F(ProfileProviderTest, NoticesAChangedFileAtTheNextCall) {
  home_.credentials("[default]\n" + kKeys);
  const auto provider = make();
  EXPECT_EQ(provider->resolve({}).access_key_id(), "AKID");
  home_.credentials("[default]\naws_access_key_id = AKIDNEW\naws_secret_access_key = SECRETCANARY2\n");
  EXPECT_EQ(provider->resolve({}).access_key_id(), "AKIDNEW");
}

TEST_F(ProfileProviderTest, AssumesTheChainOfRolesFromTheInnermostOut) {
  home_.config("[profile p]\n" + kRole + "outer\nsource_profile = q\nexternal_id = e-1\nduration_seconds = 1800\n" +
               "[profile q]\n" + kRole + "inner\nsource_profile = r\nrole_session_name = inner-session\n[profile r]\n" +
               kKeys + "region = us-west-2\n");
  transport_->then(200, support::assume_role_answer("2026-01-01T01:00:00Z", "ASIAINNER"));
  transport_->then(200, support::assume_role_answer("2026-01-01T01:00:00Z", "ASIAOUTER"));
  EXPECT_EQ(make({.profile = "p"})->resolve({}).access_key_id(), "ASIAOUTER");
  const auto requests = transport_->requests();
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_THAT(requests[0].body, HasSubstr("role%2Finner"));
  EXPECT_THAT(requests[0].body, HasSubstr("inner-session"));
  EXPECT_THAT(requests[1].body, HasSubstr("role%2Fouter"));
  EXPECT_THAT(requests[1].body, HasSubstr("ExternalId=e-1"));
  EXPECT_THAT(requests[1].body, HasSubstr("DurationSeconds=1800"));
  const auto signed_by = [](const HttpRequest& request) {
    for (const auto& [name, value] : request.headers) {
      if (name == "Authorization") {
        return value;
      }
    }
    return std::string{};
  };
  EXPECT_THAT(signed_by(requests[0]), HasSubstr("Credential=AKID/"));
  EXPECT_THAT(signed_by(requests[1]), HasSubstr("Credential=ASIAINNER/"));
}

TEST_F(ProfileProviderTest, RegionAndEndpointOfTheProfileReachSts) {
  home_.config("[profile p]\n" + kRole + "a\nsource_profile = p\nregion = eu-central-1\n" + kKeys);
  transport_->then(200, support::assume_role_answer());
  const auto provider = make_profile_provider(
      {.profile = "p"}, {.clock = clock_, .transport = transport_, .environment = home_.environment()});
  static_cast<void>(provider->resolve({}));
  EXPECT_EQ(transport_->requests().front().url, "https://sts.eu-central-1.amazonaws.com/");
}

TEST_F(ProfileProviderTest, MfaOfAProfileRefreshesUnattended) {
  home_.config("[profile p]\n" + kRole + "a\nsource_profile = p\nmfa_serial = arn:aws:iam::1:mfa/unattended\n" + kKeys);
  int asked = 0;
  const auto provider = make({.profile = "p", .mfa_token_provider = MfaTokenProvider::from_callable([&](const auto&) {
                                                return std::to_string(482'910 + ++asked);
                                              })});
  EXPECT_FALSE(provider->interactive());
  for (int refresh = 1; refresh <= 2; ++refresh) {
    transport_->then(200, support::assume_role_answer());
    static_cast<void>(provider->resolve({}));
    EXPECT_THAT(transport_->requests().back().body, HasSubstr("TokenCode=" + std::to_string(482'910 + refresh)));
    EXPECT_THAT(transport_->requests().back().body, HasSubstr("mfa%2Funattended"));
  }
}

TEST_F(ProfileProviderTest, MfaWithNobodyToAskSaysWhatToGive) {
  home_.config("[profile p]\n" + kRole + "a\nsource_profile = p\nmfa_serial = m\n" + kKeys);
  EXPECT_THAT(failure_of(*make({.profile = "p"}), "MfaProviderMissing"), HasSubstr("TOTP seed file"));
  EXPECT_EQ(transport_->request_count(), 0U);
}

TEST_F(ProfileProviderTest, TwoProvidersOfOneDeviceNeverSendACodeTwice) {
  home_.config("[profile p]\n" + kRole + "a\nsource_profile = p\nmfa_serial = arn:aws:iam::1:mfa/shared\n" + kKeys);
  const auto always_the_same = MfaTokenProvider::from_callable([](const auto&) { return std::string{"913375"}; });
  transport_->then(200, support::assume_role_answer());
  static_cast<void>(make({.profile = "p", .mfa_token_provider = always_the_same})->resolve({}));
  const auto second = make({.profile = "p", .mfa_token_provider = always_the_same});
  ResolveContext no_time_for_the_next_step;
  no_time_for_the_next_step.deadline = clock_->steady_now() + std::chrono::seconds{1};
  try {
    static_cast<void>(second->resolve(no_time_for_the_next_step));
    FAIL();
  } catch (const ConfigurationError& error) {
    EXPECT_EQ(error.code(), "MfaTokenAlreadyUsed");
  }
  EXPECT_EQ(transport_->request_count(), 1U);
}

TEST_F(ProfileProviderTest, SourceWithNothingIsAFailureAndNotANotConfiguredSource) {
  home_.config("[profile p]\n" + kRole + "a\ncredential_source = Environment\n");
  const auto provider = make({.profile = "p"});
  try {
    static_cast<void>(provider->resolve({}));
    FAIL();
  } catch (const CredentialError& error) {
    EXPECT_EQ(error.kind(), ErrorKind::non_recoverable);
    EXPECT_THAT(error.what(), HasSubstr("from the environment"));
  }
}

TEST_F(ProfileProviderTest, RoleParametersThatAwsRefusesNameTheProfile) {
  home_.config("[profile p]\nrole_arn = nonsense\nsource_profile = p\n" + kKeys);
  EXPECT_THAT(failure_of(*make({.profile = "p"}), "InvalidParameter"), HasSubstr("Profile 'p'"));
}

TEST_F(ProfileProviderTest, SsoSessionThatDoesNotExistOrDisagreesIsNamed) {
  home_.config("[profile p]\nsso_account_id = 123456789012\nsso_role_name = r\nsso_session = s\n");
  EXPECT_THAT(failure_of(*make({.profile = "p"}), "SsoSessionNotFound"), HasSubstr("[sso-session s]"));
  home_.config(
      "[profile p]\nsso_account_id = 123456789012\nsso_role_name = r\nsso_session = s\nsso_region = us-east-1\n"
      "[sso-session s]\nsso_region = eu-west-1\nsso_start_url = https://x.awsapps.com/start\n");
  EXPECT_THAT(failure_of(*make({.profile = "p"}), "InvalidProfile"), HasSubstr("disagree"));
  home_.config("[profile p]\nsso_account_id = 123456789012\nsso_region = us-east-1\nsso_start_url = https://x/\n");
  EXPECT_THAT(failure_of(*make({.profile = "p"}), "InvalidProfile"), HasSubstr("lacks sso_role_name"));
}

TEST_F(ProfileProviderTest, WebIdentityWithoutRoleNamesTheLine) {
  home_.config("[profile p]\nweb_identity_token_file = /t\n");
  EXPECT_THAT(failure_of(*make({.profile = "p"}), "InvalidProfile"), HasSubstr("config:2"));
}

}  // namespace
}  // namespace aws_refresh_session
