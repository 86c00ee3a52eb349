#include "aws/endpoints.hpp"

#include "aws/partitions.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <gmock/gmock.h>

#include <string>
#include <utility>
#include <vector>

namespace aws_refresh_session::aws {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string sts_url(EndpointRules rules) {
  return service_endpoint(Service::sts, rules).url;
}

TEST(StsEndpoint, EveryPartitionHasItsOwnHosts) {
  struct Case {
    const char* region;
    const char* partition;
    const char* plain;
    const char* fips;
    const char* dual_stack;
  };
  for (const auto& each : std::vector<Case>{
           {"us-east-1", "aws", "sts.us-east-1.amazonaws.com", "sts-fips.us-east-1.amazonaws.com",
            "sts.us-east-1.api.aws"},
           {"mx-central-1", "aws", "sts.mx-central-1.amazonaws.com", "sts-fips.mx-central-1.amazonaws.com",
            "sts.mx-central-1.api.aws"},
           {"cn-north-1", "aws-cn", "sts.cn-north-1.amazonaws.com.cn", "sts-fips.cn-north-1.amazonaws.com.cn",
            "sts.cn-north-1.api.amazonwebservices.com.cn"},
           // Every endpoint of GovCloud is a FIPS endpoint: there is no host of another name.
           {"us-gov-west-1", "aws-us-gov", "sts.us-gov-west-1.amazonaws.com", "sts.us-gov-west-1.amazonaws.com",
            "sts.us-gov-west-1.api.aws"},
           {"us-iso-east-1", "aws-iso", "sts.us-iso-east-1.c2s.ic.gov", "sts-fips.us-iso-east-1.c2s.ic.gov",
            "sts.us-iso-east-1.api.aws.ic.gov"},
           {"us-isob-east-1", "aws-iso-b", "sts.us-isob-east-1.sc2s.sgov.gov", "sts-fips.us-isob-east-1.sc2s.sgov.gov",
            "sts.us-isob-east-1.api.aws.scloud"},
           {"eu-isoe-west-1", "aws-iso-e", "sts.eu-isoe-west-1.cloud.adc-e.uk",
            "sts-fips.eu-isoe-west-1.cloud.adc-e.uk", "sts.eu-isoe-west-1.api.cloud-aws.adc-e.uk"},
           {"us-isof-south-1", "aws-iso-f", "sts.us-isof-south-1.csp.hci.ic.gov",
            "sts-fips.us-isof-south-1.csp.hci.ic.gov", "sts.us-isof-south-1.api.aws.hci.ic.gov"},
           {"eusc-de-east-1", "aws-eusc", "sts.eusc-de-east-1.amazonaws.eu", "sts-fips.eusc-de-east-1.amazonaws.eu",
            "sts.eusc-de-east-1.api.amazonwebservices.eu"},
       }) {
    EXPECT_EQ(partition_of(each.region).id, each.partition);
    const auto url = [](std::string host) { return "https://" + std::move(host) + "/"; };
    EXPECT_EQ(service_endpoint(Service::sts, {.region = each.region}), (ServiceEndpoint{url(each.plain), each.region}));
    EXPECT_EQ(service_endpoint(Service::sts, {.region = each.region, .use_fips = true}),
              (ServiceEndpoint{url(each.fips), each.region}));
    EXPECT_EQ(service_endpoint(Service::sts, {.region = each.region, .use_dualstack = true}),
              (ServiceEndpoint{url(each.dual_stack), each.region}));
  }
}

TEST(StsEndpoint, FipsAndDualStackTogetherAreOneHostInEveryPartition) {
  for (const auto& [region, url] : std::vector<std::pair<const char*, const char*>>{
           {"us-east-1", "https://sts-fips.us-east-1.api.aws/"},
           {"us-gov-west-1", "https://sts-fips.us-gov-west-1.api.aws/"},
           {"cn-northwest-1", "https://sts-fips.cn-northwest-1.api.amazonwebservices.com.cn/"}}) {
    EXPECT_EQ(sts_url({.region = region, .use_fips = true, .use_dualstack = true}), url);
  }
}

TEST(StsEndpoint, RegionThatNobodyKnowsYetBelongsToThePartitionOfItsPattern) {
  for (const auto& [region, partition] : std::vector<std::pair<const char*, const char*>>{
           {"us-north-77", "aws"},
           {"cn-south-12", "aws-cn"},
           {"us-gov-north-3", "aws-us-gov"},
           {"us-isob-north-2", "aws-iso-b"},
           {"eusc-de-west-9", "aws-eusc"},
           // What fits no pattern is of the first partition, as AWS's rules have it.
           {"eusc-fr-west-1", "aws"},
           {"cn-north", "aws"},
           {"cn-north-", "aws"},
           {"cn--1", "aws"},
           {"cn-north-1a", "aws"},
           {"cn-north-1-1", "aws"},
           {"cn", "aws"},
           {"us-isox-east-1", "aws"},
           {"RegionOne", "aws"},
           {"mars-global", "aws"},
           {"", "aws"},
           {"aws-cn-global", "aws-cn"},
           {"aws-global", "aws"}}) {
    EXPECT_EQ(partition_of(region).id, partition) << region;
  }
}

TEST(StsEndpoint, GlobalRegionIsSignedForUsEast1) {
  EXPECT_EQ(service_endpoint(Service::sts, {.region = "aws-global"}),
            (ServiceEndpoint{"https://sts.amazonaws.com/", "us-east-1"}));
}

TEST(StsEndpoint, LegacySettingGivesOnlyTheOlderRegionsTheGlobalHost) {
  const ServiceEndpoint global{"https://sts.amazonaws.com/", "us-east-1"};
  for (const auto* region : {"ap-northeast-1", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ca-central-1",
                             "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1",
                             "us-east-1", "us-east-2", "us-west-1", "us-west-2", "aws-global"}) {
    EXPECT_EQ(service_endpoint(Service::sts, {.region = region, .legacy_global_sts = true}), global) << region;
  }
  for (const auto* region : {"ap-east-1", "eu-south-1", "me-central-1", "us-gov-west-1", "cn-north-1"}) {
    EXPECT_EQ(service_endpoint(Service::sts, {.region = region, .legacy_global_sts = true}).signing_region, region);
  }
}

TEST(StsEndpoint, FipsAndDualStackWinOverTheLegacySetting) {
  EXPECT_EQ(sts_url({.region = "eu-west-1", .use_fips = true, .legacy_global_sts = true}),
            "https://sts-fips.eu-west-1.amazonaws.com/");
  EXPECT_EQ(sts_url({.region = "eu-west-1", .use_dualstack = true, .legacy_global_sts = true}),
            "https://sts.eu-west-1.api.aws/");
}

TEST(StsEndpoint, FipsPseudoRegionIsTheRegionWithFips) {
  for (const auto* region : {"us-east-2-fips", "fips-us-east-2"}) {
    EXPECT_EQ(service_endpoint(Service::sts, {.region = region, .legacy_global_sts = true}),
              (ServiceEndpoint{"https://sts-fips.us-east-2.amazonaws.com/", "us-east-2"}));
  }
  EXPECT_EQ(sts_url({.region = "us-gov-east-1-fips"}), "https://sts.us-gov-east-1.amazonaws.com/");
}

TEST(StsEndpoint, PseudoRegionWithoutAHostIsRefused) {
  for (const auto& rules : std::vector<EndpointRules>{{.region = "aws-global", .use_fips = true},
                                                      {.region = "aws-global", .use_dualstack = true},
                                                      {.region = "aws-global-fips"},
                                                      {.region = "aws-cn-global"},
                                                      {.region = "aws-us-gov-global"}}) {
    try {
      ADD_FAILURE() << sts_url(rules);
    } catch (const ConfigurationError& error) {
      EXPECT_EQ(error.code(), "UnsupportedEndpoint");
      EXPECT_EQ(error.param(), "region");
      EXPECT_EQ(error.value(), rules.region);
    }
  }
}

TEST(ServiceEndpoint, SsoAndItsOidcHaveTheirOwnLabels) {
  struct Case {
    Service service;
    EndpointRules rules;
    const char* url;
  };
  for (const auto& each : std::vector<Case>{
           {Service::sso_portal, {.region = "eu-west-1"}, "https://portal.sso.eu-west-1.amazonaws.com/"},
           {Service::sso_portal, {.region = "cn-north-1"}, "https://portal.sso.cn-north-1.amazonaws.com.cn/"},
           {Service::sso_portal,
            {.region = "us-east-1", .use_fips = true},
            "https://portal.sso-fips.us-east-1.amazonaws.com/"},
           {Service::sso_portal,
            {.region = "us-gov-west-1", .use_fips = true},
            "https://portal.sso.us-gov-west-1.amazonaws.com/"},
           {Service::sso_portal,
            {.region = "us-gov-west-1", .use_fips = true, .use_dualstack = true},
            "https://portal.sso-fips.us-gov-west-1.api.aws/"},
           {Service::sso_portal,
            {.region = "us-east-1", .use_dualstack = true},
            "https://portal.sso.us-east-1.api.aws/"},
           {Service::sso_oidc, {.region = "eu-west-1"}, "https://oidc.eu-west-1.amazonaws.com/"},
           {Service::sso_oidc, {.region = "us-east-1", .use_fips = true}, "https://oidc-fips.us-east-1.amazonaws.com/"},
           {Service::sso_oidc,
            {.region = "us-gov-west-1", .use_fips = true},
            "https://oidc.us-gov-west-1.amazonaws.com/"},
           // The legacy setting is STS's alone.
           {Service::sso_oidc,
            {.region = "us-east-1", .legacy_global_sts = true},
            "https://oidc.us-east-1.amazonaws.com/"},
       }) {
    EXPECT_EQ(service_endpoint(each.service, each.rules), (ServiceEndpoint{each.url, each.rules.region}));
  }
  EXPECT_THROW(static_cast<void>(service_endpoint(Service::sso_portal, {.region = "aws-global"})), ConfigurationError);
}

TEST(ServiceEndpoint, SignInHasADomainOfItsOwnInTheOlderPartitions) {
  for (const auto& [rules, url] : std::vector<std::pair<EndpointRules, const char*>>{
           {{.region = "us-east-1"}, "https://us-east-1.signin.aws.amazon.com/"},
           {{.region = "cn-north-1"}, "https://cn-north-1.signin.amazonaws.cn/"},
           {{.region = "us-gov-west-1"}, "https://us-gov-west-1.signin.amazonaws-us-gov.com/"},
           {{.region = "eusc-de-east-1"}, "https://signin.eusc-de-east-1.amazonaws.eu/"},
           {{.region = "us-iso-east-1"}, "https://signin.us-iso-east-1.c2s.ic.gov/"},
           {{.region = "us-east-1", .use_fips = true}, "https://signin-fips.us-east-1.amazonaws.com/"},
           {{.region = "us-gov-west-1", .use_fips = true}, "https://signin-fips.us-gov-west-1.amazonaws.com/"},
           {{.region = "us-east-1", .use_dualstack = true}, "https://signin.us-east-1.api.aws/"},
           {{.region = "us-east-1", .use_fips = true, .use_dualstack = true}, "https://signin-fips.us-east-1.api.aws/"},
       }) {
    EXPECT_EQ(service_endpoint(Service::signin, rules).url, url);
  }
}

const std::vector<std::string>& regions_that_could_change_the_host() {
  static const std::vector<std::string> regions{
      "evil.com/", "a.b", "us-east-1@evil", "us east",  "-a",        "a-",    "a/b",   "a?b",
      "a#b",       "a:1", "a\nb",           "\xC3\xA9", "us_east_1", "fips-", "-fips", std::string(64, 'a')};
  return regions;
}

TEST(ServiceEndpoint, RegionThatCouldChangeTheHostIsRefusedForEveryService) {
  for (const auto service : {Service::sts, Service::sso_portal, Service::sso_oidc, Service::signin}) {
    for (const auto& region : regions_that_could_change_the_host()) {
      try {
        ADD_FAILURE() << service_endpoint(service, {.region = region}).url;
      } catch (const ConfigurationError& error) {
        EXPECT_EQ(error.code(), "InvalidRegion");
      }
    }
    EXPECT_THROW(static_cast<void>(service_endpoint(service, {})), ConfigurationError);
  }
}

TEST(StsOptions, RegionThatCouldChangeTheHostIsRefused) {
  for (const auto& region : {"evil.com/", "a.b", "us-east-1@evil", "us east", "-a", "a-", "a\nb", "us_east_1"}) {
    try {
      validate(StsClientOptions{.region = region});
      FAIL() << region;
    } catch (const ValidationError& error) {
      EXPECT_EQ(error.param(), "region");
    }
  }
  EXPECT_TRUE(is_valid_region("RegionOne"));
}

TEST(StsOptions, EndpointThatCannotBeUsedIsRefusedWithoutItsText) {
  for (const auto* url :
       {"ftp://h/", "localhost:80", "//h", "http://", "http://user:SECRETCANARY@h/", "http://h/?SECRETCANARY",
        "http://h/#SECRETCANARY", "http://h/?", "http://h:0/", "http://h h/", "http:///x"}) {
    EXPECT_TRUE(endpoint_fault(url)) << url;
    try {
      validate(StsClientOptions{.endpoint_url = url});
      FAIL() << url;
    } catch (const ValidationError& error) {
      EXPECT_EQ(error.param(), "endpoint_url");
      EXPECT_TRUE(std::string{error.what()}.find("SECRETCANARY") == std::string::npos);
    }
  }
  for (const auto* url : {"http://localhost:1234", "https://[::1]:8443/path", "https://h/a%20b/"}) {
    EXPECT_FALSE(endpoint_fault(url)) << url;
    EXPECT_NO_THROW(validate(StsClientOptions{.endpoint_url = url}));
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

}  // namespace
}  // namespace aws_refresh_session::aws
