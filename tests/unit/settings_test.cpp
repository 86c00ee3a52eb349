#include "profile/settings.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace aws_refresh_session::profile {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using Variables = std::map<std::string, std::string, std::less<>>;

class SettingsTest : public ::testing::Test {
 protected:
  SettingsTest() {
    auto name = ::testing::TempDir() + "settings-XXXXXX";
    directory_ = ::mkdtemp(name.data());
  }
  ~SettingsTest() override {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }

  Settings load(Variables variables, std::string_view config, std::string_view profile = {}) const {
    std::ofstream{directory_ / "config"} << config;
    variables.emplace("AWS_CONFIG_FILE", (directory_ / "config").string());
    variables.emplace("AWS_SHARED_CREDENTIALS_FILE", (directory_ / "none").string());
    return Settings::load(std::make_shared<FixedEnvironment>(std::move(variables)), profile);
  }

  /// Value and the end of the origin.
  static std::string found(const std::optional<Setting>& setting) {
    if (!setting) {
      return "none";
    }
    const auto slash = setting->origin.rfind('/');
    return setting->value + " by " + setting->origin.substr(slash == std::string::npos ? 0 : slash + 1);
  }

 private:
  std::filesystem::path directory_;
};

TEST_F(SettingsTest, TheProfileIsChosenInCodeElseByVariableElseDefault) {
  struct Case {
    Variables variables;
    std::string_view in_code;
    std::string_view name;
    std::string_view origin;
  };
  const std::vector<Case> cases{
      {{}, "", "default", ""},
      {{{"AWS_PROFILE", "a"}}, "", "a", "AWS_PROFILE"},
      {{{"AWS_DEFAULT_PROFILE", "b"}}, "", "b", "AWS_DEFAULT_PROFILE"},
      {{{"AWS_PROFILE", "a"}, {"AWS_DEFAULT_PROFILE", "b"}}, "", "a", "AWS_PROFILE"},
      {{{"AWS_PROFILE", "a"}}, "c", "c", ""},
      {{{"AWS_PROFILE", " a "}}, "", "a", "AWS_PROFILE"},
      {{{"AWS_PROFILE", " "}, {"AWS_DEFAULT_PROFILE", "b"}}, "", "b", "AWS_DEFAULT_PROFILE"},
  };
  for (const auto& each : cases) {
    const auto settings = load(each.variables, "[profile a]\n", each.in_code);
    EXPECT_EQ(settings.profile_name(), each.name);
    EXPECT_EQ(settings.profile_origin(), each.origin);
    EXPECT_EQ(settings.profile() != nullptr, each.name == "a");
  }
}

TEST_F(SettingsTest, TheEnvironmentWinsOverTheProfile) {
  constexpr std::string_view kConfig = "[default]\nregion = eu-west-1\nempty =\n";
  EXPECT_EQ(found(load({}, kConfig).get("AWS_REGION", "region")), "eu-west-1 by config:2");
  EXPECT_EQ(found(load({{"AWS_REGION", " us-east-1 "}}, kConfig).get("AWS_REGION", "region")),
            "us-east-1 by AWS_REGION");
  EXPECT_EQ(found(load({{"AWS_REGION", " "}}, kConfig).get("AWS_REGION", "region")), "eu-west-1 by config:2");
  EXPECT_EQ(found(load({{"AWS_REGION", "x"}}, kConfig).get("", "region")), "eu-west-1 by config:2");
  EXPECT_EQ(found(load({}, kConfig).get("AWS_REGION", "")), "none");
  EXPECT_EQ(found(load({}, kConfig).get("", "empty")), "none");
  EXPECT_EQ(found(load({}, kConfig, "missing").get("", "region")), "none");
}

TEST_F(SettingsTest, FlagsAreTrueOrFalseInAnyLetterCase) {
  struct Case {
    std::string_view text;
    std::optional<bool> expected;
  };
  for (const auto& [text, expected] :
       std::vector<Case>{{"true", true}, {"TRUE", true}, {"False", false}, {" true ", true}, {"", std::nullopt}}) {
    EXPECT_EQ(load({}, "[default]\nflag = " + std::string{text}).flag("FLAG", "flag"), expected) << text;
    EXPECT_EQ(load({{"FLAG", std::string{text}}}, "").flag("FLAG", "flag"), expected) << text;
  }
  EXPECT_EQ(load({{"FLAG", "false"}}, "[default]\nflag = true").flag("FLAG", "flag"), false);
}

TEST_F(SettingsTest, AFlagThatIsNeitherIsAnErrorThatNamesItsPlace) {
  for (const auto* const text : {"1", "yes", "truee"}) {
    try {
      static_cast<void>(load({}, "[default]\n\nflag = " + std::string{text}).flag("FLAG", "flag"));
      ADD_FAILURE() << text;
    } catch (const ConfigurationError& error) {
      EXPECT_EQ(error.code(), "InvalidSetting");
      EXPECT_EQ(error.param(), "flag");
      EXPECT_EQ(error.value(), text);
      EXPECT_THAT(error.message(), EndsWith("config:3"));
    }
  }
}

TEST_F(SettingsTest, EndpointUrlsHaveTheirOrder) {
  constexpr std::string_view kAll =
      "[default]\nservices = s\nendpoint_url = http://profile\n"
      "[services s]\nsts =\n  endpoint_url = http://section\nsso =\n  endpoint_url =\n";
  const Variables both{{"AWS_ENDPOINT_URL_STS", "http://specific"}, {"AWS_ENDPOINT_URL", "http://general"}};
  const Variables general{{"AWS_ENDPOINT_URL", "http://general"}};
  struct Case {
    Variables variables;
    std::string_view config;
    std::string_view service;
    std::string_view expected;
  };
  const std::vector<Case> cases{
      {{}, "", "sts", "none"},
      {both, kAll, "sts", "http://specific by AWS_ENDPOINT_URL_STS"},
      {both, kAll, "sso", "http://general by AWS_ENDPOINT_URL"},
      {general, kAll, "sts", "http://general by AWS_ENDPOINT_URL"},
      {{}, kAll, "sts", "http://section by config:6"},
      {{}, kAll, "sso", "http://profile by config:3"},
      {{}, kAll, "sso_oidc", "http://profile by config:3"},
      {{}, "[default]\nservices = s\n[services s]\nsts =\n  endpoint_url = http://x", "sso", "none"},
      {{}, "[default]\nservices =\nendpoint_url = http://profile", "sts", "http://profile by config:3"},
      {{{"AWS_ENDPOINT_URL_SSO_OIDC", "http://o"}}, "", "sso_oidc", "http://o by AWS_ENDPOINT_URL_SSO_OIDC"},
      {{{"AWS_PROFILE", "none"}}, kAll, "sts", "none"},
  };
  for (const auto& each : cases) {
    EXPECT_EQ(found(load(each.variables, each.config).endpoint_url(each.service)), each.expected) << each.config;
  }
}

TEST_F(SettingsTest, ConfiguredEndpointUrlsCanBeIgnored) {
  const Variables ignored{{"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "TRUE"}, {"AWS_ENDPOINT_URL", "http://x"}};
  EXPECT_EQ(found(load(ignored, "").endpoint_url("sts")), "none");
  constexpr std::string_view kConfig =
      "[default]\nignore_configured_endpoint_urls = true\nendpoint_url = http://x\nservices = missing\n";
  EXPECT_EQ(found(load({}, kConfig).endpoint_url("sts")), "none");
  EXPECT_EQ(found(load({{"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "false"}, {"AWS_ENDPOINT_URL", "http://y"}}, kConfig)
                      .endpoint_url("sts")),
            "http://y by AWS_ENDPOINT_URL");
}

TEST_F(SettingsTest, AServicesSectionThatIsNotThereIsAnErrorThatNamesIt) {
  try {
    static_cast<void>(load({}, "[default]\nservices = missing\n").endpoint_url("sts"));
    ADD_FAILURE();
  } catch (const ConfigurationError& error) {
    EXPECT_EQ(error.code(), "ServicesSectionNotFound");
    EXPECT_EQ(error.value(), "missing");
    EXPECT_THAT(error.message(), HasSubstr("config:2"));
  }
}

}  // namespace
}  // namespace aws_refresh_session::profile
