#include "aws/endpoints.hpp"

#include "core/url.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace aws_refresh_session::aws {
namespace {

constexpr std::string_view kDefaultRegion = "us-east-1";
constexpr int kDefaultAttempts = 3;
constexpr int kMostAttempts = 10;
constexpr std::size_t kLongestLabel = 63;

struct Partition {
  std::string_view region_prefix;
  std::string_view dns_suffix;
};

// The first match counts; aws and aws-us-gov share the last line.
constexpr std::array<Partition, 7> kPartitions{{
    {"cn-", "amazonaws.com.cn"},
    {"us-iso-", "c2s.ic.gov"},
    {"us-isob-", "sc2s.sgov.gov"},
    {"eu-isoe-", "cloud.adc-e.uk"},
    {"us-isof-", "csp.hci.ic.gov"},
    {"eusc-", "amazonaws.eu"},
    {"", "amazonaws.com"},
}};

/// What is wrong with an endpoint, or nothing.
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

std::string with_path(std::string url) {
  if (url.find('/', url.find("://") + 3) == std::string::npos) {
    url += '/';
  }
  return url;
}

bool is_true(const std::optional<std::string>& value) {
  constexpr std::string_view kTrue = "true";
  return value && std::equal(value->begin(), value->end(), kTrue.begin(), kTrue.end(),
                             [](char left, char right) { return (left | 0x20) == right; });
}

std::string resolve_region(const StsClientOptions& options, const Environment& environment) {
  if (!options.region.empty()) {
    return options.region;
  }
  for (const auto* name : {"AWS_REGION", "AWS_DEFAULT_REGION"}) {
    if (auto value = environment.get(name)) {
      if (!is_valid_region(*value)) {
        throw ConfigurationError{
            {.message = "The environment names a region that is none: set it to one like eu-west-1",
             .code = "InvalidRegion",
             .param = name,
             .value = *value}};
      }
      return *value;
    }
  }
  warn({"sts.region", "No region is set for STS: using us-east-1. Set AWS_REGION or the option region."});
  return std::string{kDefaultRegion};
}

std::optional<std::string> resolve_endpoint(const StsClientOptions& options, const Environment& environment) {
  if (!options.endpoint_url.empty()) {
    return options.endpoint_url;
  }
  if (is_true(environment.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"))) {
    return std::nullopt;
  }
  for (const auto* name : {"AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL"}) {
    if (auto value = environment.get(name)) {
      if (const auto fault = endpoint_fault(*value)) {
        // Without the value: it may hold a password.
        throw ConfigurationError{{.message = "The environment names an endpoint that cannot be used: " + *fault,
                                  .code = "InvalidEndpoint",
                                  .param = name}};
      }
      return value;
    }
  }
  return std::nullopt;
}

int resolve_attempts(const StsClientOptions& options, const Environment& environment) {
  if (options.max_attempts) {
    return *options.max_attempts;
  }
  const auto value = environment.get("AWS_MAX_ATTEMPTS");
  if (!value) {
    return kDefaultAttempts;
  }
  int attempts = 0;
  const auto* const end = value->data() + value->size();
  if (const auto [stop, fault] = std::from_chars(value->data(), end, attempts);
      fault != std::errc{} || stop != end || attempts < 1) {
    throw ConfigurationError{{.message = "The environment's number of attempts must be a whole number from 1",
                              .code = "InvalidMaxAttempts",
                              .param = "AWS_MAX_ATTEMPTS",
                              .value = *value}};
  }
  return std::min(attempts, kMostAttempts);
}

}  // namespace

bool is_valid_region(std::string_view region) noexcept {
  const auto is_letter_or_digit = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  return !region.empty() && region.size() <= kLongestLabel && region.front() != '-' && region.back() != '-' &&
         std::all_of(region.begin(), region.end(), [&](char c) { return c == '-' || is_letter_or_digit(c); });
}

StsEndpoint regional_sts_endpoint(std::string_view region) {
  if (region == "aws-global") {
    return {"https://sts.amazonaws.com/", std::string{kDefaultRegion}};
  }
  const auto& partition = *std::find_if(kPartitions.begin(), kPartitions.end(),
                                        [&](const Partition& each) { return region.starts_with(each.region_prefix); });
  std::string url = "https://sts.";
  url.append(region).append(".").append(partition.dns_suffix).append("/");
  return {std::move(url), std::string{region}};
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

ResolvedStsOptions resolve(const StsClientOptions& options, const Environment& environment) {
  validate(options);
  ResolvedStsOptions resolved;
  const auto region = resolve_region(options, environment);
  resolved.endpoint = regional_sts_endpoint(region);
  if (auto url = resolve_endpoint(options, environment)) {
    resolved.endpoint.url = with_path(std::move(*url));
  }
  resolved.ca_bundle = options.ca_bundle.empty() ? environment.get("AWS_CA_BUNDLE").value_or("") : options.ca_bundle;
  resolved.verify_tls = options.verify_tls;
  resolved.connect_timeout = options.connect_timeout;
  resolved.attempt_timeout = options.attempt_timeout;
  resolved.max_attempts = resolve_attempts(options, environment);
  if (!options.verify_tls) {
    warn({"sts.verify_tls",
          "TLS certificates are not verified: whoever is in between can read and forge credentials. "
          "Set ca_bundle to the server's CA instead."});
  }
  if (!options.service.empty() && options.service != "sts") {
    warn({"sts.service", "The client's service is always sts; '" + options.service + "' is ignored."});
  }
  return resolved;
}

}  // namespace aws_refresh_session::aws
