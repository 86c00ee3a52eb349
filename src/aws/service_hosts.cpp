#include "aws/service_hosts.hpp"

#include "aws/partitions.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <string>

namespace aws_refresh_session::aws {
namespace {

// Facts of this file: the endpoint rule sets that AWS publishes with each service's model (botocore,
// https://github.com/boto/botocore/tree/develop/botocore/data, endpoint-rule-set-1.json), and the partition endpoints
// of its endpoints.json.

/// A service with one host for a whole partition.
struct GlobalHost {
  std::string_view service;
  std::string_view partition;
  std::string_view host;
  std::string_view signing_region;
  /// Empty: the service's FIPS endpoints follow the pattern.
  std::string_view fips_host;
};

constexpr std::array kGlobalHosts{
    GlobalHost{"account", "aws", "account.us-east-1.amazonaws.com", "us-east-1", ""},
    GlobalHost{"account", "aws-cn", "account.cn-northwest-1.amazonaws.com.cn", "cn-northwest-1", ""},
    GlobalHost{"billingconductor", "aws", "billingconductor.us-east-1.amazonaws.com", "us-east-1", ""},
    GlobalHost{"budgets", "aws", "budgets.amazonaws.com", "us-east-1", ""},
    GlobalHost{"budgets", "aws-cn", "budgets.amazonaws.com.cn", "cn-northwest-1", ""},
    GlobalHost{"ce", "aws", "ce.us-east-1.amazonaws.com", "us-east-1", ""},
    GlobalHost{"ce", "aws-cn", "ce.cn-northwest-1.amazonaws.com.cn", "cn-northwest-1", ""},
    GlobalHost{"chime", "aws", "chime.us-east-1.amazonaws.com", "us-east-1", ""},
    GlobalHost{"cloudfront", "aws", "cloudfront.amazonaws.com", "us-east-1", ""},
    GlobalHost{"cloudfront", "aws-cn", "cloudfront.cn-northwest-1.amazonaws.com.cn", "cn-northwest-1", ""},
    GlobalHost{"health", "aws", "global.health.amazonaws.com", "us-east-1", ""},
    GlobalHost{"health", "aws-cn", "global.health.amazonaws.com.cn", "cn-northwest-1", ""},
    GlobalHost{"iam", "aws", "iam.amazonaws.com", "us-east-1", "iam-fips.amazonaws.com"},
    GlobalHost{"iam", "aws-cn", "iam.cn-north-1.amazonaws.com.cn", "cn-north-1", ""},
    GlobalHost{"iam", "aws-us-gov", "iam.us-gov.amazonaws.com", "us-gov-west-1", "iam.us-gov.amazonaws.com"},
    GlobalHost{"iam", "aws-iso", "iam.us-iso-east-1.c2s.ic.gov", "us-iso-east-1", ""},
    GlobalHost{"iam", "aws-iso-b", "iam.us-isob-east-1.sc2s.sgov.gov", "us-isob-east-1", ""},
    GlobalHost{"networkmanager", "aws", "networkmanager.us-west-2.amazonaws.com", "us-west-2", ""},
    GlobalHost{"networkmanager", "aws-us-gov", "networkmanager.us-gov-west-1.amazonaws.com", "us-gov-west-1", ""},
    GlobalHost{"organizations", "aws", "organizations.us-east-1.amazonaws.com", "us-east-1",
               "organizations-fips.us-east-1.amazonaws.com"},
    GlobalHost{"organizations", "aws-cn", "organizations.cn-northwest-1.amazonaws.com.cn", "cn-northwest-1", ""},
    GlobalHost{"organizations", "aws-us-gov", "organizations.us-gov-west-1.amazonaws.com", "us-gov-west-1",
               "organizations.us-gov-west-1.amazonaws.com"},
    GlobalHost{"route53", "aws", "route53.amazonaws.com", "us-east-1", "route53-fips.amazonaws.com"},
    GlobalHost{"route53", "aws-cn", "route53.amazonaws.com.cn", "cn-northwest-1", ""},
    GlobalHost{"route53", "aws-us-gov", "route53.us-gov.amazonaws.com", "us-gov-west-1",
               "route53.us-gov.amazonaws.com"},
    GlobalHost{"route53", "aws-iso", "route53.c2s.ic.gov", "us-iso-east-1", ""},
    GlobalHost{"route53", "aws-iso-b", "route53.sc2s.sgov.gov", "us-isob-east-1", ""},
    GlobalHost{"savingsplans", "aws", "savingsplans.amazonaws.com", "us-east-1", ""},
    GlobalHost{"shield", "aws", "shield.us-east-1.amazonaws.com", "us-east-1", "shield-fips.us-east-1.amazonaws.com"},
    GlobalHost{"waf", "aws", "waf.amazonaws.com", "us-east-1", "waf-fips.amazonaws.com"},
};

/// The label of IPv4 FIPS endpoints of the partitions `aws` and `aws-us-gov` where it is not `SERVICE-fips`.
struct FipsLabel {
  std::string_view service;
  std::string_view label;
};

constexpr std::array kFipsLabels{
    FipsLabel{"api.ecr", "ecr-fips"},
    FipsLabel{"api.sagemaker", "api-fips.sagemaker"},
    FipsLabel{"batch", "fips.batch"},
    FipsLabel{"data-ats.iot", "data.iot-fips"},
    FipsLabel{"eks", "fips.eks"},
    FipsLabel{"models.lex", "models-fips.lex"},
    FipsLabel{"runtime.lex", "runtime-fips.lex"},
    FipsLabel{"runtime.sagemaker", "runtime-fips.sagemaker"},
    FipsLabel{"transcribe", "fips.transcribe"},
};

/// Services whose every IPv4 endpoint in GovCloud is one with FIPS, so that there is none of that name. Sorted.
constexpr std::array<std::string_view, 30> kFipsAnywayInGovCloud{"acm",
                                                                 "acm-pca",
                                                                 "appconfig",
                                                                 "autoscaling",
                                                                 "batch",
                                                                 "cloudtrail",
                                                                 "config",
                                                                 "dms",
                                                                 "dynamodb",
                                                                 "ec2",
                                                                 "eks",
                                                                 "elasticache",
                                                                 "elasticloadbalancing",
                                                                 "elasticmapreduce",
                                                                 "events",
                                                                 "guardduty",
                                                                 "identitystore",
                                                                 "logs",
                                                                 "monitoring",
                                                                 "rds",
                                                                 "resource-groups",
                                                                 "runtime.sagemaker",
                                                                 "servicecatalog-appregistry",
                                                                 "servicequotas",
                                                                 "sns",
                                                                 "sqs",
                                                                 "ssm",
                                                                 "states",
                                                                 "streams.dynamodb",
                                                                 "support"};

static_assert(std::is_sorted(kFipsAnywayInGovCloud.begin(), kFipsAnywayInGovCloud.end()));

/// Two have the name in one region, and the pattern's in the other.
bool is_fips_anyway(std::string_view service, std::string_view region) noexcept {
  return std::binary_search(kFipsAnywayInGovCloud.begin(), kFipsAnywayInGovCloud.end(), service) &&
         ((service != "states" && service != "support") || region == "us-gov-west-1");
}

const GlobalHost* global_host(std::string_view service, std::string_view partition) noexcept {
  const auto* const found = std::find_if(kGlobalHosts.begin(), kGlobalHosts.end(), [&](const GlobalHost& each) {
    return each.service == service && each.partition == partition;
  });
  return found == kGlobalHosts.end() ? nullptr : found;
}

std::string label_of(std::string_view service, const EndpointRules& rules, const Partition& partition) {
  const bool in_gov_cloud = partition.id == "aws-us-gov";
  if (service == "transcribe" && partition.id == "aws-cn" && !rules.use_fips && !rules.use_dualstack) {
    return "cn.transcribe";
  }
  if (!rules.use_fips || (in_gov_cloud && !rules.use_dualstack && is_fips_anyway(service, rules.region))) {
    return std::string{service};
  }
  if ((partition.id == "aws" || in_gov_cloud) && !rules.use_dualstack) {
    const auto* const named = std::find_if(kFipsLabels.begin(), kFipsLabels.end(),
                                           [&](const FipsLabel& each) { return each.service == service; });
    if (named != kFipsLabels.end()) {
      return std::string{named->label};
    }
  }
  return std::string{service} + "-fips";
}

/// `s3[-fips][.dualstack].REGION.SUFFIX`: older than the dual-stack domains.
std::string s3_host(std::string_view service, const EndpointRules& rules, const Partition& partition) {
  std::string host{service};
  host.append(rules.use_fips ? "-fips" : "").append(rules.use_dualstack ? ".dualstack" : "");
  return host.append(".").append(rules.region).append(".").append(partition.dns_suffix);
}

std::string pattern_host(std::string_view service, const EndpointRules& rules, const Partition& partition) {
  if (service == "s3" || service == "s3-control") {
    return s3_host(service, rules, partition);
  }
  auto host = label_of(service, rules, partition);
  host.append(".").append(rules.region).append(".");
  return host.append(rules.use_dualstack ? partition.dual_stack_suffix : partition.dns_suffix);
}

std::optional<ServiceEndpoint> global_endpoint(std::string_view service, const EndpointRules& rules,
                                               const Partition& partition) {
  const auto* const global = global_host(service, partition.id);
  if (global == nullptr || rules.use_dualstack || (rules.use_fips && global->fips_host.empty())) {
    return std::nullopt;
  }
  const auto host = rules.use_fips ? global->fips_host : global->host;
  return ServiceEndpoint{"https://" + std::string{host} + "/", std::string{global->signing_region}};
}

}  // namespace

ServiceEndpoint host_of_service(std::string_view host_label, const EndpointRules& given) {
  if (host_label == "sts" && !given.region.empty()) {
    return service_endpoint(Service::sts, given);
  }
  const auto rules = with_plain_region(given);
  const auto& partition = partition_of(rules.region);
  if (auto global = global_endpoint(host_label, rules, partition)) {
    return std::move(*global);
  }
  if (rules.region.empty()) {
    throw ConfigurationError{
        {.message = "No region is named: set the option region, AWS_REGION or the profile's region",
         .code = "MissingRegion",
         .param = "region"}};
  }
  if (!is_valid_region(rules.region)) {
    throw ConfigurationError{{.message = "A region is one host label, like eu-west-1",
                              .code = "InvalidRegion",
                              .param = "region",
                              .value = given.region}};
  }
  if (is_global_pseudo_region(rules.region)) {
    const bool is_plain = !rules.use_fips && !rules.use_dualstack;
    if (host_label == "s3" && rules.region == "aws-global" && is_plain) {
      return {"https://s3.amazonaws.com/", "us-east-1"};
    }
    throw ConfigurationError{{.message = "The service has no endpoint for " + rules.region +
                                         (is_plain ? "" : " with FIPS or dual-stack") +
                                         ": choose a region, like eu-west-1",
                              .code = "UnsupportedEndpoint",
                              .param = "region",
                              .value = given.region}};
  }
  if (rules.use_fips && partition.id == "aws-cn" && (host_label == "s3" || host_label == "s3-control")) {
    throw ConfigurationError{{.message = "S3 has no FIPS endpoints in China: turn use_fips_endpoint off",
                              .code = "UnsupportedEndpoint",
                              .param = "use_fips_endpoint",
                              .value = given.region}};
  }
  // A global service signs for its one region even where its host is made by the pattern.
  const auto* const global = global_host(host_label, partition.id);
  return {"https://" + pattern_host(host_label, rules, partition) + "/",
          global == nullptr ? rules.region : std::string{global->signing_region}};
}

}  // namespace aws_refresh_session::aws
