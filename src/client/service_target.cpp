#include "client/service_target.hpp"

#include "aws/endpoints.hpp"
#include "aws/service_hosts.hpp"
#include "aws/service_names.hpp"
#include "providers/client_settings.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <algorithm>
#include <utility>

namespace aws_refresh_session::client {
namespace {

[[noreturn]] void refuse(std::string message, std::string param, std::string value = {}) {
  throw ValidationError{{.message = std::move(message),
                         .code = "InvalidParameter",
                         .param = std::move(param),
                         .value = std::move(value)}};
}

/// Labels of a host name, dots between: what is more could lead the signed request to another host.
bool is_host_part(std::string_view text) noexcept {
  constexpr std::size_t kLongest = 128;
  return !text.empty() && text.size() <= kLongest && text.front() != '.' && text.back() != '.' &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
         });
}

S3Addressing resolve_addressing(const ServiceClientOptions& options, const profile::Settings& settings) {
  const auto* const profile = settings.profile();
  const auto* const s3 = profile == nullptr ? nullptr : profile->find("s3");
  if (options.s3_addressing != S3Addressing::automatic || s3 == nullptr) {
    return options.s3_addressing;
  }
  const auto style = std::find_if(s3->nested.begin(), s3->nested.end(),
                                  [](const profile::Property& each) { return each.key == "addressing_style"; });
  if (style == s3->nested.end() || style->value == "auto" || style->value.empty()) {
    return S3Addressing::automatic;
  }
  if (style->value == "virtual") {
    return S3Addressing::virtual_host;
  }
  if (style->value == "path") {
    return S3Addressing::path;
  }
  throw ConfigurationError{
      {.message = "The addressing style must be auto, virtual or path: correct " + settings.files().place(*style),
       .code = "InvalidSetting",
       .param = "addressing_style",
       .value = std::string{style->value}}};
}

/// The region that requests to a configured endpoint are signed for.
std::string signing_region_of(std::string_view host_label, const aws::EndpointRules& rules) {
  if (rules.region.empty()) {
    return aws::host_of_service(host_label, rules).signing_region;
  }
  auto plain = aws::with_plain_region(rules).region;
  return plain == "aws-global" ? "us-east-1" : plain;
}

}  // namespace

StsClientOptions common_options(const ServiceClientOptions& options) {
  return {.region = options.region,
          .endpoint_url = options.endpoint_url,
          .use_fips_endpoint = options.use_fips_endpoint,
          .use_dualstack_endpoint = options.use_dualstack_endpoint,
          .ca_bundle = options.ca_bundle,
          .verify_tls = options.verify_tls,
          .connect_timeout = options.connect_timeout,
          .attempt_timeout = options.attempt_timeout,
          .max_attempts = options.max_attempts,
          .profile = options.profile};
}

void validate(const ServiceClientOptions& options) {
  if (!is_host_part(options.service)) {
    refuse("A service is a name like s3, dynamodb or execute-api", "service", options.service);
  }
  if (!options.signing_name.empty() && !is_host_part(options.signing_name)) {
    refuse("A signing name is a name like s3 or execute-api", "signing_name", options.signing_name);
  }
  if (options.max_response == 0) {
    refuse("An answer must be allowed some memory", "max_response", "0");
  }
  aws::validate(common_options(options));
}

ServiceTarget resolve_target(const ServiceClientOptions& options, const profile::Settings& settings) {
  const auto common = common_options(options);
  const auto names = aws::service_names(options.service);
  providers::check_retry_mode(settings);
  ServiceTarget target{.signing_name = options.signing_name.empty() ? names.signing_name : options.signing_name,
                       .s3_addressing = resolve_addressing(options, settings),
                       .max_attempts = providers::resolve_attempts(common, settings)};
  const auto region = providers::configured_region(options.region, settings);
  const auto rules = providers::endpoint_rules(region ? region->value : std::string{}, common, settings);
  if (auto endpoint = providers::configured_endpoint(names.id, common, settings)) {
    target.is_configured = true;
    target.signing_region = signing_region_of(names.host_label, rules);
    target.url = std::move(endpoint->value);
  } else {
    auto made = aws::host_of_service(names.host_label, rules);
    target.signing_region = std::move(made.signing_region);
    target.url = std::move(made.url);
  }
  if (!target.url.ends_with('/')) {
    target.url += '/';
  }
  return target;
}

}  // namespace aws_refresh_session::client
