#include "aws/endpoints.hpp"

#include "support/warnings.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <gmock/gmock.h>

#include <map>
#include <string>
#include <vector>

namespace aws_refresh_session::aws {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

using Variables = std::map<std::string, std::string, std::less<>>;

ResolvedStsOptions resolve_in(const Variables& variables, const StsClientOptions& options = {}) {
  return resolve(options, FixedEnvironment{variables});
}

TEST(StsEndpoint, EveryPartitionHasItsOwnHost) {
  const std::vector<std::pair<const char*, const char*>> cases{
      {"us-east-1", "https://sts.us-east-1.amazonaws.com/"},
      {"eu-central-2", "https://sts.eu-central-2.amazonaws.com/"},
      {"ap-southeast-7", "https://sts.ap-southeast-7.amazonaws.com/"},
      {"us-gov-west-1", "https://sts.us-gov-west-1.amazonaws.com/"},
      {"cn-north-1", "https://sts.cn-north-1.amazonaws.com.cn/"},
      {"us-iso-east-1", "https://sts.us-iso-east-1.c2s.ic.gov/"},
      {"us-isob-east-1", "https://sts.us-isob-east-1.sc2s.sgov.gov/"},
      {"eu-isoe-west-1", "https://sts.eu-isoe-west-1.cloud.adc-e.uk/"},
      {"us-isof-south-1", "https://sts.us-isof-south-1.csp.hci.ic.gov/"},
      {"eusc-de-east-1", "https://sts.eusc-de-east-1.amazonaws.eu/"},
  };
  for (const auto& [region, url] : cases) {
    const auto endpoint = regional_sts_endpoint(region);
    EXPECT_EQ(endpoint.url, url);
    EXPECT_EQ(endpoint.signing_region, region);
  }
}

TEST(StsEndpoint, GlobalRegionIsSignedForUsEast1) {
  const auto endpoint = regional_sts_endpoint("aws-global");
  EXPECT_EQ(endpoint.url, "https://sts.amazonaws.com/");
  EXPECT_EQ(endpoint.signing_region, "us-east-1");
}

TEST(StsEndpoint, RegionThatCouldChangeTheHostIsRefused) {
  for (const auto* region :
       {"evil.com/", "a.b", "us-east-1@evil", "us east", "-a", "a-", "a/b", "a?b", "a#b", "a:1", "a\nb", "\xC3\xA9",
        "us_east_1", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}) {
    try {
      validate(StsClientOptions{.region = region});
      FAIL() << region;
    } catch (const ValidationError& error) {
      EXPECT_EQ(error.param(), "region");
    }
    EXPECT_THROW(static_cast<void>(resolve_in({{"AWS_REGION", region}})), ConfigurationError) << region;
  }
  EXPECT_TRUE(is_valid_region("RegionOne"));
}

TEST(StsOptions, Row15_RegionComesFromOptionThenEnvironment) {
  EXPECT_EQ(resolve_in({{"AWS_REGION", "eu-west-1"}, {"AWS_DEFAULT_REGION", "eu-west-2"}}).endpoint.signing_region,
            "eu-west-1");
  EXPECT_EQ(resolve_in({{"AWS_REGION", " "}, {"AWS_DEFAULT_REGION", "eu-west-2"}}).endpoint.signing_region,
            "eu-west-2");
  EXPECT_EQ(resolve_in({{"AWS_REGION", "eu-west-1"}}, {.region = "sa-east-1"}).endpoint.signing_region, "sa-east-1");
}

TEST(StsOptions, MissingRegionWarnsAndIsUsEast1) {
  const support::RecordedWarnings warnings;
  EXPECT_EQ(resolve_in({}).endpoint.url, "https://sts.us-east-1.amazonaws.com/");
  EXPECT_THAT(warnings.places(), ElementsAre("sts.region"));
}

TEST(StsOptions, Row15_EndpointComesFromOptionThenEnvironment) {
  const Variables both{{"AWS_REGION", "us-east-2"},
                       {"AWS_ENDPOINT_URL_STS", "http://localhost:1234"},
                       {"AWS_ENDPOINT_URL", "https://example.com/all"}};
  EXPECT_EQ(resolve_in(both).endpoint.url, "http://localhost:1234/");
  EXPECT_EQ(resolve_in(both).endpoint.signing_region, "us-east-2");
  EXPECT_EQ(resolve_in(both, {.endpoint_url = "https://[::1]:8443"}).endpoint.url, "https://[::1]:8443/");
  EXPECT_EQ(resolve_in({{"AWS_REGION", "us-east-2"}, {"AWS_ENDPOINT_URL", "https://example.com/all"}}).endpoint.url,
            "https://example.com/all");
}

TEST(StsOptions, ConfiguredEndpointsAreIgnoredOnRequestButNotTheOption) {
  for (const auto* yes : {"true", "True", "TRUE"}) {
    const Variables variables{{"AWS_REGION", "us-east-2"},
                              {"AWS_ENDPOINT_URL_STS", "http://localhost:1234"},
                              {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", yes}};
    EXPECT_EQ(resolve_in(variables).endpoint.url, "https://sts.us-east-2.amazonaws.com/");
    EXPECT_EQ(resolve_in(variables, {.endpoint_url = "http://h/"}).endpoint.url, "http://h/");
  }
  EXPECT_EQ(resolve_in({{"AWS_REGION", "us-east-2"},
                        {"AWS_ENDPOINT_URL_STS", "http://localhost:1234"},
                        {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "false"}})
                .endpoint.url,
            "http://localhost:1234/");
}

TEST(StsOptions, EndpointThatCannotBeUsedIsRefusedWithoutItsText) {
  for (const auto* url : {"ftp://h/", "localhost:80", "//h", "http://", "http://user:hunter2@h/", "http://h/?hunter2",
                          "http://h/#hunter2", "http://h/?", "http://h:0/", "http://h h/", "http:///x"}) {
    try {
      validate(StsClientOptions{.endpoint_url = url});
      FAIL() << url;
    } catch (const ValidationError& error) {
      EXPECT_EQ(error.param(), "endpoint_url");
      EXPECT_THAT(error.what(), Not(HasSubstr("hunter2")));
    }
    try {
      static_cast<void>(resolve_in({{"AWS_REGION", "r"}, {"AWS_ENDPOINT_URL", url}}));
      FAIL() << url;
    } catch (const ConfigurationError& error) {
      EXPECT_EQ(error.param(), "AWS_ENDPOINT_URL");
      EXPECT_THAT(error.what(), Not(HasSubstr("hunter2")));
    }
  }
}

TEST(StsOptions, Row15_CaBundleAndAttemptsComeFromOptionThenEnvironment) {
  const Variables variables{{"AWS_REGION", "r"}, {"AWS_CA_BUNDLE", "/env.pem"}, {"AWS_MAX_ATTEMPTS", "5"}};
  EXPECT_EQ(resolve_in(variables).ca_bundle, "/env.pem");
  EXPECT_EQ(resolve_in(variables).max_attempts, 5);
  EXPECT_EQ(resolve_in(variables, {.ca_bundle = "/mine.pem"}).ca_bundle, "/mine.pem");
  EXPECT_EQ(resolve_in(variables, {.max_attempts = 1}).max_attempts, 1);
  EXPECT_EQ(resolve_in({{"AWS_REGION", "r"}}).max_attempts, 3);
  EXPECT_EQ(resolve_in({{"AWS_REGION", "r"}, {"AWS_MAX_ATTEMPTS", "99"}}).max_attempts, 10);
  for (const auto* bad : {"0", "-1", "three", "3.5", "3 ", "99999999999999999999"}) {
    EXPECT_THROW(static_cast<void>(resolve_in({{"AWS_REGION", "r"}, {"AWS_MAX_ATTEMPTS", bad}})), ConfigurationError)
        << bad;
  }
}

TEST(StsOptions, Row15_TimeLimitsAndAttemptsOutsideTheirBoundsAreRefused) {
  using std::chrono::milliseconds;
  for (const auto& [options, param] : std::vector<std::pair<StsClientOptions, std::string>>{
           {{.connect_timeout = milliseconds{0}}, "connect_timeout"},
           {{.attempt_timeout = milliseconds{-1}}, "attempt_timeout"},
           {{.max_attempts = 0}, "max_attempts"},
           {{.max_attempts = 11}, "max_attempts"},
       }) {
    try {
      validate(options);
      FAIL() << param;
    } catch (const ValidationError& error) {
      EXPECT_EQ(error.param(), param);
    }
  }
}

TEST(StsOptions, Row15_AnotherServiceIsWarnedAboutAndForcedToSts) {
  const support::RecordedWarnings warnings;
  EXPECT_EQ(resolve_in({{"AWS_REGION", "us-east-1"}}, {.service = "s3"}).endpoint.url,
            "https://sts.us-east-1.amazonaws.com/");
  EXPECT_THAT(warnings.places(), ElementsAre("sts.service"));
}

TEST(StsOptions, Row15_UnverifiedTlsIsWarnedAbout) {
  const support::RecordedWarnings warnings;
  EXPECT_FALSE(resolve_in({{"AWS_REGION", "us-east-1"}}, {.verify_tls = false}).verify_tls);
  EXPECT_THAT(warnings.places(), ElementsAre("sts.verify_tls"));
}

TEST(StsOptions, OrdinaryOptionsWarnOfNothing) {
  const support::RecordedWarnings warnings;
  static_cast<void>(resolve_in({{"AWS_REGION", "us-east-1"}}));
  EXPECT_THAT(warnings.places(), IsEmpty());
}

}  // namespace
}  // namespace aws_refresh_session::aws
