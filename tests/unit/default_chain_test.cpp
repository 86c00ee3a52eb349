#include <aws_refresh_session/providers/default_chain.hpp>

#include "support/aws_home.hpp"

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

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Variables = std::map<std::string, std::string, std::less<>>;
using Outcome = SourceReport::Outcome;

const std::string kKeys = "aws_access_key_id = AKIDPROFILE\naws_secret_access_key = SECRETCANARY\n";
const std::string kContainerAnswer =
    R"({"AccessKeyId": "ASIACONTAINER", "SecretAccessKey": "SECRETCANARY", "Token": "SECRETCANARY",)"
    R"( "Expiration": "2099-01-01T00:00:00Z"})";

/// Variables that can be changed while a provider holds them.
class ChangingEnvironment final : public Environment {
 public:
  [[nodiscard]] std::optional<std::string> get(std::string_view name) const override {
    return FixedEnvironment{variables}.get(name);
  }
  Variables variables;
};

class DefaultChainTest : public ::testing::Test {
 protected:
  DefaultChainTest() {
    environment_->variables = {{"HOME", home_.path()}, {"AWS_EC2_METADATA_DISABLED", "true"}, {"AWS_REGION", "r"}};
  }

  [[nodiscard]] ProviderSeams seams() const {
    return {.clock = clock_, .transport = transport_, .environment = environment_};
  }
  void set(const std::string& name, const std::string& value) const { environment_->variables[name] = value; }

  static std::vector<Outcome> outcomes(const DefaultChain& chain) {
    std::vector<Outcome> outcomes;
    for (const auto& report : chain.report()) {
      outcomes.push_back(report.outcome);
    }
    return outcomes;
  }

  const support::AwsHome home_;
  const std::shared_ptr<testing::FakeClock> clock_ = std::make_shared<testing::FakeClock>();
  const std::shared_ptr<ChangingEnvironment> environment_ = std::make_shared<ChangingEnvironment>();
  const std::shared_ptr<testing::FakeHttpTransport> transport_ = std::make_shared<testing::FakeHttpTransport>();
};

TEST_F(DefaultChainTest, EnvironmentComesFirst) {
  home_.credentials("[default]\n" + kKeys);
  set("AWS_ACCESS_KEY_ID", "AKIDENV");
  set("AWS_SECRET_ACCESS_KEY", "SECRETCANARY");
  DefaultChain chain{{}, seams()};
  EXPECT_EQ(chain.resolve({}).access_key_id(), "AKIDENV");
  EXPECT_THAT(outcomes(chain), ElementsAre(Outcome::answered, Outcome::not_asked, Outcome::not_asked,
                                           Outcome::not_asked, Outcome::not_asked, Outcome::not_asked));
}

TEST_F(DefaultChainTest, ProfileChosenInCodeLeavesTheEnvironmentOut) {
  home_.config("[profile p]\n" + kKeys);
  set("AWS_ACCESS_KEY_ID", "AKIDENV");
  set("AWS_SECRET_ACCESS_KEY", "SECRETCANARY");
  DefaultChain chain{{.profile = "p"}, seams()};
  EXPECT_EQ(chain.resolve({}).access_key_id(), "AKIDPROFILE");
  EXPECT_THAT(chain.report().front().reason, HasSubstr("chosen in code"));
}

TEST_F(DefaultChainTest, StaticKeysAreKnownWithoutAskingAnybody) {
  const auto is_static = [this](const std::string& profile = {}) {
    return DefaultChain({.profile = profile}, seams()).finds_static_keys();
  };
  EXPECT_FALSE(is_static());
  home_.credentials("[default]\n" + kKeys);
  home_.config(
      "[profile role]\nrole_arn = arn:aws:iam::123456789012:role/app\nsource_profile = default\n"
      "[profile process]\ncredential_process = /bin/true\n[profile broken]\nrole_arn = x\n");
  EXPECT_TRUE(is_static());
  for (const auto* profile : {"role", "process", "broken", "missing"}) {
    EXPECT_FALSE(is_static(profile)) << profile;
  }
  set("AWS_WEB_IDENTITY_TOKEN_FILE", "/nonexistent");
  EXPECT_FALSE(is_static());
  set("AWS_ACCESS_KEY_ID", "AKIDENV");
  EXPECT_TRUE(is_static());
  EXPECT_FALSE(is_static("role"));
  EXPECT_EQ(transport_->request_count(), 0U);
}

TEST_F(DefaultChainTest, ProfileChosenByTheEnvironmentDoesNot) {
  home_.config("[profile p]\n" + kKeys);
  set("AWS_PROFILE", "p");
  set("AWS_ACCESS_KEY_ID", "AKIDENV");
  set("AWS_SECRET_ACCESS_KEY", "SECRETCANARY");
  EXPECT_EQ(DefaultChain({}, seams()).resolve({}).access_key_id(), "AKIDENV");
}

TEST_F(DefaultChainTest, BlankVariablesAreUnset) {
  home_.credentials("[default]\n" + kKeys);
  set("AWS_ACCESS_KEY_ID", " ");
  set("AWS_SECRET_ACCESS_KEY", "");
  EXPECT_EQ(DefaultChain({}, seams()).resolve({}).access_key_id(), "AKIDPROFILE");
}

TEST_F(DefaultChainTest, SourceThatFailsStopsTheChain) {
  home_.credentials("[default]\n" + kKeys);
  set("AWS_ACCESS_KEY_ID", "AKIDENV");
  DefaultChain chain{{}, seams()};
  try {
    static_cast<void>(chain.resolve({}));
    FAIL();
  } catch (const CredentialError& error) {
    EXPECT_EQ(error.code(), "IncompleteCredentials");
  }
  EXPECT_THAT(outcomes(chain), ElementsAre(Outcome::failed, Outcome::not_asked, Outcome::not_asked, Outcome::not_asked,
                                           Outcome::not_asked, Outcome::not_asked));
}

TEST_F(DefaultChainTest, MisspeltProfileStopsTheChain) {
  set("AWS_PROFILE", "misspelt");
  set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1/");
  EXPECT_THROW(static_cast<void>(DefaultChain({}, seams()).resolve({})), CredentialError);
  EXPECT_EQ(transport_->request_count(), 0U);
}

TEST_F(DefaultChainTest, NothingFoundListsEverySourceWithItsReason) {
  DefaultChain chain{{}, seams()};
  try {
    static_cast<void>(chain.resolve({}));
    FAIL();
  } catch (const CredentialError& error) {
    EXPECT_EQ(error.code(), "NoCredentials");
    EXPECT_EQ(error.kind(), ErrorKind::not_configured);
    for (const auto* part :
         {"environment: ", "AWS_ACCESS_KEY_ID", "profile: ", "web_identity: ", "AWS_WEB_IDENTITY_TOKEN_FILE",
          "container: ", "AWS_CONTAINER_CREDENTIALS", "imds: ", "AWS_EC2_METADATA_DISABLED"}) {
      EXPECT_THAT(error.details(), HasSubstr(part));
    }
  }
}

TEST_F(DefaultChainTest, WebIdentityIsAskedBeforeAStaticProfileThoughThatIsBroken) {
  home_.config("[default]\nsso_account_id = 123456789012\n");
  set("AWS_WEB_IDENTITY_TOKEN_FILE", home_.path("missing"));
  set("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/app");
  DefaultChain chain{{}, seams()};
  try {
    static_cast<void>(chain.resolve({}));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "WebIdentityTokenFile");
  }
}

TEST_F(DefaultChainTest, WinnerIsAskedFirstFromThenOn) {
  set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1/credentials");
  transport_->then(200, kContainerAnswer).then(200, kContainerAnswer);
  DefaultChain chain{{}, seams()};
  EXPECT_EQ(chain.resolve({}).access_key_id(), "ASIACONTAINER");
  home_.credentials("[default]\n" + kKeys);
  EXPECT_EQ(chain.resolve({}).access_key_id(), "ASIACONTAINER");
}

TEST_F(DefaultChainTest, WinnerThatHasNothingAnyMoreMakesTheChainLookAgain) {
  set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1/credentials");
  transport_->then(200, kContainerAnswer);
  DefaultChain chain{{}, seams()};
  static_cast<void>(chain.resolve({}));
  environment_->variables.erase("AWS_CONTAINER_CREDENTIALS_FULL_URI");
  home_.credentials("[default]\n" + kKeys);
  EXPECT_EQ(chain.resolve({}).access_key_id(), "AKIDPROFILE");
}

TEST_F(DefaultChainTest, KeysThatAreGoneForAMomentAreNotReplacedByAnotherSource) {
  set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1/credentials");
  home_.credentials("[default]\n" + kKeys);
  DefaultChain chain{{}, seams()};
  EXPECT_EQ(chain.resolve({}).access_key_id(), "AKIDPROFILE");
  home_.credentials("");
  for (int look = 0; look < 2; ++look) {
    try {
      static_cast<void>(chain.resolve({}));
      FAIL() << "look " << look;
    } catch (const CredentialError& error) {
      EXPECT_EQ(error.kind(), ErrorKind::recoverable);
    }
    clock_->advance(std::chrono::milliseconds{900});
  }
  home_.credentials("[default]\n" + kKeys);
  EXPECT_EQ(chain.resolve({}).access_key_id(), "AKIDPROFILE");
  home_.credentials("");
  EXPECT_THROW(static_cast<void>(chain.resolve({})), CredentialError);
  clock_->advance(std::chrono::seconds{2});
  transport_->then(200, kContainerAnswer);
  EXPECT_EQ(chain.resolve({}).access_key_id(), "ASIACONTAINER");
}

TEST_F(DefaultChainTest, WinnerThatFailsDoesNotPassOn) {
  set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1/credentials");
  transport_->then(200, kContainerAnswer).then(403, "{}");
  DefaultChain chain{{}, seams()};
  static_cast<void>(chain.resolve({}));
  home_.credentials("[default]\n" + kKeys);
  EXPECT_THROW(static_cast<void>(chain.resolve({})), RequestError);
}

}  // namespace
}  // namespace aws_refresh_session
