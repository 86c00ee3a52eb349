#include "providers/client_settings.hpp"

#include "providers/current_sts_client.hpp"
#include "support/warnings.hpp"

#include <aws_refresh_session/exceptions.hpp>
#include <aws_refresh_session/testing/fake_http_transport.hpp>

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace aws_refresh_session::providers {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Variables = std::map<std::string, std::string, std::less<>>;

/// Environment and files of one test. Nothing of the machine is seen, and instance metadata is off.
class Surroundings {
 public:
  Surroundings(Variables variables, std::string_view config)
      : directory_(
            std::filesystem::path{::testing::TempDir()} /
            ("client_settings_" + std::string{::testing::UnitTest::GetInstance()->current_test_info()->name()})) {
    std::filesystem::create_directories(directory_);
    std::ofstream{config_file(), std::ios::trunc} << config;
    variables.insert({{"AWS_CONFIG_FILE", config_file().string()},
                      {"AWS_SHARED_CREDENTIALS_FILE", (directory_ / "none").string()},
                      {"HOME", directory_.string()},
                      {"AWS_EC2_METADATA_DISABLED", "true"}});
    environment_ = std::make_shared<FixedEnvironment>(std::move(variables));
  }
  ~Surroundings() { std::filesystem::remove_all(directory_); }
  Surroundings(const Surroundings&) = delete;
  Surroundings& operator=(const Surroundings&) = delete;

  [[nodiscard]] profile::Settings settings(std::string_view profile = {}) const {
    return profile::Settings::load(environment_, profile);
  }
  [[nodiscard]] ProviderSeams seams() const {
    return ProviderSeams{.transport = std::make_shared<testing::FakeHttpTransport>(), .environment = environment_}
        .completed();
  }
  [[nodiscard]] std::filesystem::path config_file() const { return directory_ / "config"; }
  [[nodiscard]] std::string directory() const { return directory_.string(); }

 private:
  std::filesystem::path directory_;
  std::shared_ptr<const Environment> environment_;
};

ClientSettings resolve_in(const Variables& variables, const StsClientOptions& options = {},
                          std::string_view config = {}) {
  const Surroundings surroundings{variables, config};
  return resolve_sts_client(options, surroundings.settings(options.profile), surroundings.seams(), {});
}

/// What resolving throws.
ErrorFields refusal(const Variables& variables, std::string_view config = {}, const StsClientOptions& options = {}) {
  try {
    const auto settings = resolve_in(variables, options, config);
    ADD_FAILURE() << "resolved to " << settings.resolved.endpoint.url;
  } catch (const ConfigurationError& error) {
    return error.fields();
  }
  return {};
}

aws::ServiceEndpoint endpoint_in(const Variables& variables, const StsClientOptions& options = {},
                                 std::string_view config = {}) {
  return resolve_in(variables, options, config).resolved.endpoint;
}

TEST(StsClientSettings, Row15_RegionComesFromOptionThenEnvironmentThenProfile) {
  constexpr std::string_view config = "[default]\nregion = eu-north-1\n[profile other]\nregion = eu-south-1\n";
  const Variables both{{"AWS_REGION", "eu-west-1"}, {"AWS_DEFAULT_REGION", "eu-west-2"}};
  struct Case {
    Variables variables;
    StsClientOptions options;
    const char* region;
    const char* origin;
  };
  for (const auto& each : std::vector<Case>{
           {both, {.region = "sa-east-1"}, "sa-east-1", "option region"},
           {both, {}, "eu-west-1", "AWS_REGION"},
           {{{"AWS_REGION", " "}, {"AWS_DEFAULT_REGION", " eu-west-2\t"}}, {}, "eu-west-2", "AWS_DEFAULT_REGION"},
           {{}, {}, "eu-north-1", "/config:2"},
           {{}, {.profile = "other"}, "eu-south-1", "/config:4"},
           {{{"AWS_PROFILE", "other"}}, {}, "eu-south-1", "/config:4"},
           {{{"AWS_DEFAULT_PROFILE", "other"}}, {}, "eu-south-1", "/config:4"},
           {{{"AWS_PROFILE", "other"}}, {.profile = "default"}, "eu-north-1", "/config:2"},
       }) {
    const auto settings = resolve_in(each.variables, each.options, config);
    EXPECT_EQ(settings.resolved.endpoint.signing_region, each.region);
    EXPECT_THAT(settings.region_origin, EndsWith(each.origin));
    EXPECT_EQ(settings.endpoint_origin, "region");
  }
}

TEST(StsClientSettings, RegionIsUsEast1WhereNothingNamesOne) {
  const auto settings = resolve_in({});
  EXPECT_EQ(settings.resolved.endpoint.url, "https://sts.us-east-1.amazonaws.com/");
  EXPECT_EQ(settings.region_origin, "default");
  const Surroundings surroundings{{}, ""};
  EXPECT_FALSE(configured_region({}, surroundings.settings()));
}

TEST(StsClientSettings, RegionThatCouldChangeTheHostIsRefusedAndItsPlaceNamed) {
  for (const auto* region : {"evil.com/", "a.b", "us-east-1@evil", "us east", "-a", "us_east_1"}) {
    const auto in_variable = refusal({{"AWS_REGION", region}});
    EXPECT_EQ(in_variable.code, "InvalidRegion");
    EXPECT_EQ(in_variable.param, "AWS_REGION");
    const auto in_profile = refusal({}, "[default]\nregion = " + std::string{region} + "\n");
    EXPECT_EQ(in_profile.code, "InvalidRegion");
    EXPECT_EQ(in_profile.param, "region");
    EXPECT_THAT(in_profile.message, EndsWith("/config:2"));
  }
}

TEST(StsClientSettings, PseudoRegionWithoutAHostIsRefusedAndItsPlaceNamed) {
  const auto refused = refusal({{"AWS_REGION", "aws-global"}, {"AWS_USE_FIPS_ENDPOINT", "true"}});
  EXPECT_EQ(refused.code, "UnsupportedEndpoint");
  EXPECT_THAT(refused.message, HasSubstr("AWS_REGION"));
}

TEST(StsClientSettings, Row15_EndpointComesFromOptionThenEnvironmentThenServicesThenProfile) {
  constexpr std::string_view config =
      "[default]\nregion = us-east-2\nservices = local\nendpoint_url = https://profile.example\n"
      "[services local]\nsso =\n  endpoint_url = https://sso.example\nsts =\n  endpoint_url = https://section.example\n"
      "[profile plain]\nregion = us-east-2\nendpoint_url = https://plain.example/all\n"
      "[profile other-service]\nregion = us-east-2\nservices = only-s3\nendpoint_url = https://mine.example\n"
      "[services only-s3]\ns3 =\n  endpoint_url = https://s3.example\n";
  const Variables both{{"AWS_ENDPOINT_URL_STS", "http://localhost:1234"},
                       {"AWS_ENDPOINT_URL", "https://example.com/all"}};
  struct Case {
    Variables variables;
    StsClientOptions options;
    const char* url;
    const char* origin;
  };
  for (const auto& each : std::vector<Case>{
           {both, {.endpoint_url = "https://[::1]:8443"}, "https://[::1]:8443/", "option endpoint_url"},
           {both, {}, "http://localhost:1234/", "AWS_ENDPOINT_URL_STS"},
           {{{"AWS_ENDPOINT_URL_STS", " "}, {"AWS_ENDPOINT_URL", "https://example.com/all"}},
            {},
            "https://example.com/all",
            "AWS_ENDPOINT_URL"},
           {{{"AWS_ENDPOINT_URL_SSO", "https://other.example"}}, {}, "https://section.example/", "/config:9"},
           {{}, {}, "https://section.example/", "/config:9"},
           {{}, {.profile = "plain"}, "https://plain.example/all", "/config:12"},
           {{}, {.profile = "other-service"}, "https://mine.example/", "/config:16"},
       }) {
    const auto settings = resolve_in(each.variables, each.options, config);
    EXPECT_EQ(settings.resolved.endpoint.url, each.url);
    EXPECT_EQ(settings.resolved.endpoint.signing_region, "us-east-2");
    EXPECT_THAT(settings.endpoint_origin, EndsWith(each.origin));
  }
}

TEST(StsClientSettings, MissingServicesSectionIsNamed) {
  const auto refused = refusal({}, "[default]\nservices = nowhere\n");
  EXPECT_EQ(refused.code, "ServicesSectionNotFound");
  EXPECT_EQ(refused.value, "nowhere");
  EXPECT_THAT(refused.message, HasSubstr("/config:2"));
}

TEST(StsClientSettings, ConfiguredEndpointsAreIgnoredOnRequestButNotTheOption) {
  const std::string profile = "[default]\nregion = us-east-2\nendpoint_url = http://profile.example\n";
  const Variables variable{{"AWS_ENDPOINT_URL_STS", "http://localhost:1234"}};
  for (const auto* yes : {"true", "True", "TRUE"}) {
    auto ignoring = variable;
    ignoring["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] = yes;
    EXPECT_EQ(endpoint_in(ignoring, {}, profile).url, "https://sts.us-east-2.amazonaws.com/");
    EXPECT_EQ(endpoint_in(ignoring, {.endpoint_url = "http://h/"}, profile).url, "http://h/");
    EXPECT_EQ(endpoint_in(variable, {}, profile + "ignore_configured_endpoint_urls = " + std::string{yes} + "\n").url,
              "https://sts.us-east-2.amazonaws.com/");
  }
  auto not_ignoring = variable;
  not_ignoring["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] = "false";
  EXPECT_EQ(endpoint_in(not_ignoring, {}, profile + "ignore_configured_endpoint_urls = true\n").url,
            "http://localhost:1234/");
}

TEST(StsClientSettings, EndpointThatCannotBeUsedIsRefusedWithoutItsText) {
  for (const auto* url : {"ftp://h/", "localhost:80", "http://user:SECRETCANARY@h/", "http://h/?SECRETCANARY"}) {
    const auto in_variable = refusal({{"AWS_REGION", "r"}, {"AWS_ENDPOINT_URL", url}});
    EXPECT_EQ(in_variable.code, "InvalidEndpoint");
    EXPECT_EQ(in_variable.param, "AWS_ENDPOINT_URL");
    const auto in_profile = refusal({{"AWS_REGION", "r"}}, "[default]\nendpoint_url = " + std::string{url} + "\n");
    EXPECT_EQ(in_profile.param, "endpoint_url");
    EXPECT_THAT(in_profile.message, EndsWith("/config:2"));
    for (const auto& refused : {in_variable, in_profile}) {
      EXPECT_TRUE((refused.message + refused.value + refused.details).find("SECRETCANARY") == std::string::npos);
    }
  }
}

TEST(StsClientSettings, ConfiguredEndpointIsSignedForTheRegionBehindAPseudoRegion) {
  const Variables endpoint{{"AWS_ENDPOINT_URL", "http://h/"}};
  for (const auto& [region, signing] : std::vector<std::pair<const char*, const char*>>{
           {"aws-global", "us-east-1"}, {"us-west-2-fips", "us-west-2"}, {"fips-us-west-2", "us-west-2"}}) {
    EXPECT_EQ(endpoint_in(endpoint, {.region = region}), (aws::ServiceEndpoint{"http://h/", signing}));
  }
}

TEST(StsClientSettings, ConfiguredEndpointWinsOverFipsAndDualStack) {
  EXPECT_EQ(endpoint_in({{"AWS_ENDPOINT_URL", "http://h/"},
                         {"AWS_USE_FIPS_ENDPOINT", "true"},
                         {"AWS_USE_DUALSTACK_ENDPOINT", "true"}},
                        {.region = "us-east-1"})
                .url,
            "http://h/");
}

TEST(StsClientSettings, FipsAndDualStackComeFromOptionThenEnvironmentThenProfile) {
  const std::string config = "[default]\nregion = us-east-1\nuse_fips_endpoint = TRUE\nuse_dualstack_endpoint = true\n";
  EXPECT_EQ(endpoint_in({}, {}, config).url, "https://sts-fips.us-east-1.api.aws/");
  EXPECT_EQ(endpoint_in({{"AWS_USE_FIPS_ENDPOINT", "False"}}, {}, config).url, "https://sts.us-east-1.api.aws/");
  EXPECT_EQ(endpoint_in({{"AWS_USE_DUALSTACK_ENDPOINT", "false"}}, {}, config).url,
            "https://sts-fips.us-east-1.amazonaws.com/");
  EXPECT_EQ(endpoint_in({{"AWS_USE_FIPS_ENDPOINT", "true"}},
                        {.use_fips_endpoint = false, .use_dualstack_endpoint = false}, config)
                .url,
            "https://sts.us-east-1.amazonaws.com/");
}

TEST(StsClientSettings, LegacyStsSettingComesFromEnvironmentThenProfile) {
  const std::string config = "[default]\nregion = eu-west-1\nsts_regional_endpoints = Legacy\n";
  EXPECT_EQ(endpoint_in({}, {}, config), (aws::ServiceEndpoint{"https://sts.amazonaws.com/", "us-east-1"}));
  EXPECT_EQ(endpoint_in({{"AWS_STS_REGIONAL_ENDPOINTS", "regional"}}, {}, config).signing_region, "eu-west-1");
}

TEST(StsClientSettings, SettingThatIsNoneOfItsWordsIsRefusedAndItsPlaceNamed) {
  for (const auto& [variable, key] : std::vector<std::pair<const char*, const char*>>{
           {"AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint"},
           {"AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint"},
           {"AWS_STS_REGIONAL_ENDPOINTS", "sts_regional_endpoints"},
           {"AWS_RETRY_MODE", "retry_mode"},
           {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls"}}) {
    for (const auto* value : {"yes", "1", "standart"}) {
      const auto in_variable = refusal({{"AWS_REGION", "us-east-1"}, {variable, value}});
      EXPECT_EQ(in_variable.code, "InvalidSetting");
      EXPECT_THAT(in_variable.message, HasSubstr(variable));
      const auto in_profile =
          refusal({{"AWS_REGION", "us-east-1"}}, "[default]\n" + std::string{key} + " = " + value + "\n");
      EXPECT_EQ(in_profile.code, "InvalidSetting");
      EXPECT_EQ(in_profile.param, key);
      EXPECT_THAT(in_profile.message, HasSubstr("/config:2"));
    }
  }
}

TEST(StsClientSettings, EveryRetryModeMeansTheSame) {
  const auto standard = resolve_in({{"AWS_REGION", "us-east-1"}, {"AWS_RETRY_MODE", "standard"}});
  EXPECT_EQ(resolve_in({{"AWS_REGION", "us-east-1"}, {"AWS_RETRY_MODE", "adaptive"}}), standard);
  EXPECT_EQ(resolve_in({{"AWS_REGION", "us-east-1"}}, {}, "[default]\nretry_mode = legacy\n"), standard);
}

TEST(StsClientSettings, Row15_CaBundleAndAttemptsComeFromOptionThenEnvironmentThenProfile) {
  const Variables variables{{"AWS_REGION", "r"}, {"AWS_CA_BUNDLE", "/env.pem"}, {"AWS_MAX_ATTEMPTS", "5"}};
  constexpr std::string_view config = "[default]\nca_bundle = /profile.pem\nmax_attempts = 4\n";
  const auto from_option = resolve_in(variables, {.ca_bundle = "/mine.pem", .max_attempts = 1}, config).resolved;
  EXPECT_EQ(from_option.ca_bundle, "/mine.pem");
  EXPECT_EQ(from_option.max_attempts, 1);
  const auto from_environment = resolve_in(variables, {}, config).resolved;
  EXPECT_EQ(from_environment.ca_bundle, "/env.pem");
  EXPECT_EQ(from_environment.max_attempts, 5);
  const auto from_profile = resolve_in({{"AWS_REGION", "r"}}, {}, config).resolved;
  EXPECT_EQ(from_profile.ca_bundle, "/profile.pem");
  EXPECT_EQ(from_profile.max_attempts, 4);
  const auto from_nowhere = resolve_in({{"AWS_REGION", "r"}}).resolved;
  EXPECT_EQ(from_nowhere.ca_bundle, "");
  EXPECT_EQ(from_nowhere.max_attempts, 3);
}

TEST(StsClientSettings, CaBundleBelowTheHomeDirectoryIsFound) {
  const Surroundings surroundings{{{"AWS_CA_BUNDLE", "~/ca.pem"}}, ""};
  EXPECT_EQ(resolve_sts_client({.region = "r"}, surroundings.settings(), surroundings.seams(), {}).resolved.ca_bundle,
            surroundings.directory() + "/ca.pem");
}

TEST(StsClientSettings, ConfiguredAttemptsAreAWholeNumberFromOneAndTenAtMost) {
  EXPECT_EQ(resolve_in({{"AWS_REGION", "r"}, {"AWS_MAX_ATTEMPTS", "99"}}).resolved.max_attempts, 10);
  EXPECT_EQ(resolve_in({{"AWS_REGION", "r"}, {"AWS_MAX_ATTEMPTS", " 3 "}}).resolved.max_attempts, 3);
  for (const auto* bad : {"0", "-1", "three", "3.5", "+3", "0x3", "99999999999999999999"}) {
    const auto in_variable = refusal({{"AWS_REGION", "r"}, {"AWS_MAX_ATTEMPTS", bad}});
    EXPECT_EQ(in_variable.code, "InvalidMaxAttempts") << bad;
    EXPECT_EQ(in_variable.param, "AWS_MAX_ATTEMPTS");
    const auto in_profile = refusal({{"AWS_REGION", "r"}}, "[default]\nmax_attempts = " + std::string{bad} + "\n");
    EXPECT_EQ(in_profile.param, "max_attempts");
    EXPECT_THAT(in_profile.message, EndsWith("/config:2"));
  }
}

TEST(StsClientSettings, TimeLimitsAndVerificationAreTheOptions) {
  using std::chrono::milliseconds;
  const auto resolved =
      resolve_in(
          {},
          {.region = "r", .verify_tls = false, .connect_timeout = milliseconds{7}, .attempt_timeout = milliseconds{8}})
          .resolved;
  EXPECT_FALSE(resolved.verify_tls);
  EXPECT_EQ(resolved.connect_timeout, milliseconds{7});
  EXPECT_EQ(resolved.attempt_timeout, milliseconds{8});
}

TEST(TlsSettings, ReachARequestFromOptionThenEnvironmentThenProfile) {
  using std::chrono::milliseconds;
  constexpr std::string_view config = "[default]\nca_bundle = /profile.pem\n";
  const Surroundings plain{{}, config};
  HttpRequest request;
  apply_tls_settings(request,
                     {.verify_tls = false, .connect_timeout = milliseconds{7}, .attempt_timeout = milliseconds{8}},
                     plain.settings());
  EXPECT_EQ(request.ca_bundle, "/profile.pem");
  EXPECT_FALSE(request.verify_tls);
  EXPECT_EQ(request.connect_timeout, milliseconds{7});
  EXPECT_EQ(request.timeout, milliseconds{8});
  const Surroundings with_variable{{{"AWS_CA_BUNDLE", "/env.pem"}}, config};
  apply_tls_settings(request, {}, with_variable.settings());
  EXPECT_EQ(request.ca_bundle, "/env.pem");
  EXPECT_TRUE(request.verify_tls);
  apply_tls_settings(request, {.ca_bundle = "/mine.pem"}, with_variable.settings());
  EXPECT_EQ(request.ca_bundle, "/mine.pem");
}

TEST(OtherServices, AreWhereTheirOwnVariableOrTheRulesSay) {
  const auto url = [](Variables variables, std::string_view region, const StsClientOptions& client = {}) {
    const Surroundings surroundings{
        std::move(variables), "[default]\nservices = s\n[services s]\nsso_oidc =\n  endpoint_url = http://oidc\n"};
    const auto settings = surroundings.settings();
    return resolve_service_endpoint(aws::Service::sso_portal, "sso", region, client, settings) + " " +
           resolve_service_endpoint(aws::Service::sso_oidc, "sso_oidc", region, client, settings);
  };
  EXPECT_EQ(url({}, "eu-west-1"), "https://portal.sso.eu-west-1.amazonaws.com/ http://oidc/");
  EXPECT_EQ(url({{"AWS_ENDPOINT_URL_SSO_OIDC", "http://mine"}, {"AWS_ENDPOINT_URL_STS", "http://sts"}}, "eu-west-1"),
            "https://portal.sso.eu-west-1.amazonaws.com/ http://mine/");
  EXPECT_EQ(url({{"AWS_ENDPOINT_URL", "http://all/x"}}, "eu-west-1"), "http://all/x http://all/x");
  EXPECT_EQ(url({}, "eu-west-1", {.endpoint_url = "http://option"}), "http://option/ http://option/");
  EXPECT_EQ(url({{"AWS_USE_FIPS_ENDPOINT", "true"}}, "us-east-1"),
            "https://portal.sso-fips.us-east-1.amazonaws.com/ http://oidc/");
  EXPECT_THROW(static_cast<void>(url({}, "evil.example/")), ConfigurationError);
}

class CurrentClientTest : public ::testing::Test {
 protected:
  void use(const Variables& variables, const StsClientOptions& options) {
    const Surroundings surroundings{variables, ""};
    CurrentStsClient client{options, surroundings.seams(), {}};
    static_cast<void>(client.get({}));
  }

  support::RecordedWarnings warnings_;
};

TEST_F(CurrentClientTest, MissingRegionIsWarnedAbout) {
  use({}, {});
  EXPECT_THAT(warnings_.places(), ElementsAre("sts.region"));
}

TEST_F(CurrentClientTest, Row15_AnotherServiceIsWarnedAboutAndForcedToSts) {
  use({{"AWS_REGION", "us-east-1"}}, {.service = "s3"});
  EXPECT_THAT(warnings_.places(), ElementsAre("sts.service"));
  EXPECT_EQ(endpoint_in({{"AWS_REGION", "us-east-1"}}, {.service = "s3"}).url, "https://sts.us-east-1.amazonaws.com/");
}

TEST_F(CurrentClientTest, Row15_UnverifiedTlsIsWarnedAbout) {
  use({{"AWS_REGION", "us-east-1"}}, {.verify_tls = false});
  EXPECT_THAT(warnings_.places(), ElementsAre("sts.verify_tls"));
}

TEST_F(CurrentClientTest, OrdinaryOptionsWarnOfNothing) {
  use({{"AWS_REGION", "us-east-1"}}, {});
  EXPECT_THAT(warnings_.places(), IsEmpty());
}

}  // namespace
}  // namespace aws_refresh_session::providers
