#include "aws/endpoints.hpp"

#include "aws/partitions.hpp"
#include "core/url.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace aws_refresh_session::aws {
namespace {

constexpr std::string_view kGlobalRegion = "aws-global";
constexpr std::string_view kGlobalSigningRegion = "us-east-1";
constexpr int kMostAttempts = 10;
constexpr std::size_t kLongestLabel = 63;

/// The service's label, and the one of its FIPS endpoints.
struct Label {
  std::string_view plain;
  std::string_view fips;
};

constexpr Label label_of(Service service) noexcept {
  switch (service) {
    case Service::sts:
      return {"sts", "sts-fips"};
    case Service::sso_portal:
      return {"portal.sso", "portal.sso-fips"};
    case Service::sso_oidc:
      return {"oidc", "oidc-fips"};
    case Service::signin:
      return {"signin", "signin-fips"};
  }
  return {};
}

std::string host_of(Service service, const EndpointRules& rules, const Partition& partition) {
  std::string host;
  if (service == Service::signin && !partition.signin_suffix.empty() && !rules.use_fips && !rules.use_dualstack) {
    host.append(rules.region).append(".").append(partition.signin_suffix);
    return host;
  }
  const auto label = label_of(service);
  // In GovCloud every IPv4 endpoint is a FIPS endpoint, so those services have no host of that name.
  const bool is_fips_anyway = partition.id == "aws-us-gov" && !rules.use_dualstack && service != Service::signin;
  host.append(rules.use_fips && !is_fips_anyway ? label.fips : label.plain);
  host.append(".").append(rules.region).append(".");
  host.append(rules.use_dualstack ? partition.dual_stack_suffix : partition.dns_suffix);
  return host;
}

}  // namespace

bool is_valid_region(std::string_view region) noexcept {
  const auto is_letter_or_digit = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  return !region.empty() && region.size() <= kLongestLabel && region.front() != '-' && region.back() != '-' &&
         std::all_of(region.begin(), region.end(), [&](char c) { return c == '-' || is_letter_or_digit(c); });
}

EndpointRules with_plain_region(EndpointRules rules) {
  constexpr std::string_view kPrefix = "fips-";
  constexpr std::string_view kSuffix = "-fips";
  if (rules.region.starts_with(kPrefix)) {
    rules.region.erase(0, kPrefix.size());
    rules.use_fips = true;
  }
  if (rules.region.ends_with(kSuffix)) {
    rules.region.erase(rules.region.size() - kSuffix.size());
    rules.use_fips = true;
  }
  return rules;
}

ServiceEndpoint service_endpoint(Service service, const EndpointRules& given) {
  const auto rules = with_plain_region(given);
  if (!is_valid_region(rules.region)) {
    throw ConfigurationError{{.message = "A region is one host label, like eu-west-1",
                              .code = "InvalidRegion",
                              .param = "region",
                              .value = given.region}};
  }
  const bool is_plain = !rules.use_fips && !rules.use_dualstack;
  if (service == Service::sts && is_plain &&
      (rules.region == kGlobalRegion || (rules.legacy_global_sts && shares_legacy_global_sts(rules.region)))) {
    return {"https://sts.amazonaws.com/", std::string{kGlobalSigningRegion}};
  }
  if (is_global_pseudo_region(rules.region)) {
    throw ConfigurationError{{.message = "The service has no endpoint for " + rules.region +
                                         (is_plain ? "" : " with FIPS or dual-stack") +
                                         ": choose a region, like eu-west-1",
                              .code = "UnsupportedEndpoint",
                              .param = "region",
                              .value = given.region}};
  }
  return {"https://" + host_of(service, rules, partition_of(rules.region)) + "/", rules.region};
}

void validate(const StsClientOptions& options) {
  const auto refuse = [](std::string message, std::string param, std::string value) {
    throw ValidationError{{.message = std::move(message),
                           .code = "InvalidParameter",
                           .param = std::move(param),
                           .value = std::move(value)}};
  };
  if (!options.region.empty() && !is_valid_region(options.region)) {
    refuse("A region is one host label, like eu-west-1", "region", options.region);
  }
  if (!options.endpoint_url.empty()) {
    if (const auto fault = endpoint_fault(options.endpoint_url)) {
      refuse("The endpoint URL cannot be used: " + *fault, "endpoint_url", {});
    }
  }
  if (options.max_attempts && (*options.max_attempts < 1 || *options.max_attempts > kMostAttempts)) {
    refuse("A call may take from 1 to 10 attempts", "max_attempts", std::to_string(*options.max_attempts));
  }
  for (const auto& [name, timeout] :
       {std::pair{"connect_timeout", options.connect_timeout}, std::pair{"attempt_timeout", options.attempt_timeout}}) {
    if (timeout <= std::chrono::milliseconds::zero()) {
      refuse("A time limit must be longer than zero: a server that hangs would hang the caller", name,
             std::to_string(timeout.count()) + " ms");
    }
  }
}

std::optional<std::string> endpoint_fault(std::string_view text) {
  const auto url = core::parse_url(text);
  if (!url) {
    return "it must be an absolute http:// or https:// URL with a host";
  }
  if (!url->user_info.empty() || text.find('@') != std::string_view::npos) {
    return "it must not carry a user name or a password";
  }
  if (text.find_first_of("?#") != std::string_view::npos) {
    return "it must have neither a query nor a fragment";
  }
  return std::nullopt;
}

}  // namespace aws_refresh_session::aws
