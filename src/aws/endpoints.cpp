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

}  // namespace

bool is_valid_region(std::string_view region) noexcept {
  const auto is_letter_or_digit = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  return !region.empty() && region.size() <= kLongestLabel && region.front() != '-' && region.back() != '-' &&
         std::all_of(region.begin(), region.end(), [&](char c) { return c == '-' || is_letter_or_digit(c); });
}

ServiceEndpoint service_endpoint(Service service, const EndpointRules& rules) {
  static_cast<void>(service);
  const std::string& region = rules.region;
  if (region == "aws-global") {
    return {"https://sts.amazonaws.com/", std::string{kDefaultRegion}};
  }
  const auto& partition = *std::find_if(kPartitions.begin(), kPartitions.end(),
                                        [&](const Partition& each) { return region.starts_with(each.region_prefix); });
  std::string url = "https://sts.";
  url.append(region).append(".").append(partition.dns_suffix).append("/");
  return {std::move(url), region};
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
