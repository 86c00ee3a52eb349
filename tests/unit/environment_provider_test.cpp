#include <aws_refresh_session/environment.hpp>
#include <aws_refresh_session/exceptions.hpp>
#include <aws_refresh_session/sts.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace aws_refresh_session {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Variables = std::map<std::string, std::string, std::less<>>;

const std::string kSecret = "SECRETCANARY/environment";

std::shared_ptr<CredentialsProvider> provider(Variables variables) {
  return make_environment_provider(std::make_shared<FixedEnvironment>(std::move(variables)));
}

TEST(EnvironmentProvider, AllFiveVariablesAreRead) {
  const auto credentials = provider({{"AWS_ACCESS_KEY_ID", "AKIA"},
                                     {"AWS_SECRET_ACCESS_KEY", kSecret},
                                     {"AWS_SESSION_TOKEN", "SECRETCANARY/token"},
                                     {"AWS_CREDENTIAL_EXPIRATION", "2026-01-01T00:00:00Z"},
                                     {"AWS_ACCOUNT_ID", "123456789012"}})
                               ->resolve({});
  EXPECT_EQ(credentials, (Credentials{"AKIA", kSecret, "SECRETCANARY/token",
                                      WallTime{std::chrono::seconds{1'767'225'600}}, "123456789012", "environment"}));
}

TEST(EnvironmentProvider, TheTwoKeysAreEnough) {
  const auto credentials = provider({{"AWS_ACCESS_KEY_ID", "AKIA"}, {"AWS_SECRET_ACCESS_KEY", kSecret}})->resolve({});
  EXPECT_EQ(credentials, (Credentials{"AKIA", kSecret, "", std::nullopt, "", "environment"}));
}

TEST(EnvironmentProvider, WhiteSpaceAroundValuesIsCutOff) {
  const auto credentials = provider({{"AWS_ACCESS_KEY_ID", " AKIA\r\n"},
                                     {"AWS_SECRET_ACCESS_KEY", "\t" + kSecret + "\n"},
                                     {"AWS_SESSION_TOKEN", "SECRETCANARY/token\n"}})
                               ->resolve({});
  EXPECT_EQ(credentials, (Credentials{"AKIA", kSecret, "SECRETCANARY/token", std::nullopt, "", "environment"}));
}

struct FailureCase {
  Variables variables;
  std::string code;
  std::string param;
  ErrorKind kind;
};

TEST(EnvironmentProvider, WhatIsMissingOrMalformedIsNamed) {
  const std::vector<FailureCase> cases = {
      {{}, "NoCredentials", "", ErrorKind::not_configured},
      {{{"AWS_ACCESS_KEY_ID", ""}, {"AWS_SECRET_ACCESS_KEY", " "}}, "NoCredentials", "", ErrorKind::not_configured},
      {{{"AWS_SESSION_TOKEN", "SECRETCANARY/token"}}, "NoCredentials", "", ErrorKind::not_configured},
      {{{"AWS_ACCESS_KEY_ID", "AKIA"}}, "IncompleteCredentials", "AWS_SECRET_ACCESS_KEY", ErrorKind::non_recoverable},
      {{{"AWS_SECRET_ACCESS_KEY", kSecret}}, "IncompleteCredentials", "AWS_ACCESS_KEY_ID", ErrorKind::non_recoverable},
      {{{"AWS_ACCESS_KEY_ID", ""}, {"AWS_SECRET_ACCESS_KEY", kSecret}},
       "IncompleteCredentials",
       "AWS_ACCESS_KEY_ID",
       ErrorKind::non_recoverable},
      {{{"AWS_ACCESS_KEY_ID", "AKIA"},
        {"AWS_SECRET_ACCESS_KEY", kSecret},
        {"AWS_CREDENTIAL_EXPIRATION", "2026-01-01T00:00:00"}},
       "InvalidExpiry",
       "AWS_CREDENTIAL_EXPIRATION",
       ErrorKind::non_recoverable},
      {{{"AWS_ACCESS_KEY_ID", "AKIA"}, {"AWS_SECRET_ACCESS_KEY", kSecret}, {"AWS_CREDENTIAL_EXPIRATION", "soon"}},
       "InvalidExpiry",
       "AWS_CREDENTIAL_EXPIRATION",
       ErrorKind::non_recoverable},
  };
  for (const auto& each : cases) {
    try {
      static_cast<void>(provider(each.variables)->resolve({}));
      ADD_FAILURE() << each.code;
    } catch (const CredentialError& error) {
      EXPECT_EQ(error.code(), each.code);
      EXPECT_EQ(error.param(), each.param);
      EXPECT_EQ(error.kind(), each.kind) << each.code;
      EXPECT_THAT(error.what(), Not(HasSubstr("SECRETCANARY")));
    }
  }
}

TEST(EnvironmentProvider, EveryCallReadsAgain) {
  class Counting final : public Environment {
   public:
    std::optional<std::string> get(std::string_view name) const override {
      return name == "AWS_ACCESS_KEY_ID" || name == "AWS_SECRET_ACCESS_KEY"
                 ? std::optional<std::string>{std::to_string(++reads_)}
                 : std::nullopt;
    }

   private:
    mutable int reads_ = 0;
  };
  const auto counting = make_environment_provider(std::make_shared<Counting>());
  EXPECT_EQ(counting->resolve({}).access_key_id(), "1");
  EXPECT_EQ(counting->resolve({}).access_key_id(), "3");
}

TEST(StaticProvider, GivesItsSetWheneverAsked) {
  const Credentials set{"AKIA", kSecret, "SECRETCANARY/token"};
  const auto fixed = make_static_provider(set);
  EXPECT_EQ(fixed->resolve({}), set);
  EXPECT_EQ(fixed->resolve({}), set);
  EXPECT_EQ(fixed->name(), "static");
}

TEST(StaticProvider, RefusesASetWithoutKeys) {
  for (const auto& each : {Credentials{}, Credentials{"AKIA", ""}, Credentials{"", kSecret}}) {
    EXPECT_THROW(static_cast<void>(make_static_provider(each)), ValidationError);
  }
}

}  // namespace
}  // namespace aws_refresh_session
