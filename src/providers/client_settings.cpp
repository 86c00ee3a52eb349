#include "providers/client_settings.hpp"

#include "providers/imds_region.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <algorithm>
#include <charconv>
#include <utility>

namespace aws_refresh_session::providers {
namespace {

constexpr std::string_view kDefaultRegion = "us-east-1";
constexpr int kDefaultAttempts = 3;
constexpr int kMostAttempts = 10;

std::string with_path(std::string url) {
  if (url.find('/', url.find("://") + 3) == std::string::npos) {
    url += '/';
  }
  return url;
}

/// \param key what the setting is called in a profile, for a value that stands there
[[noreturn]] void refuse(const profile::Setting& setting, std::string_view key, std::string message, std::string code,
                         bool shown = true) {
  const bool is_variable = setting.origin.starts_with("AWS_");
  throw ConfigurationError{{.message = std::move(message) + ": correct " + setting.origin,
                            .code = std::move(code),
                            .param = is_variable ? setting.origin : std::string{key},
                            .value = shown ? setting.value : std::string{}}};
}

std::string lower(std::string_view text) {
  std::string result{text};
  std::transform(result.begin(), result.end(), result.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return result;
}

bool uses_legacy_global_sts(const profile::Settings& settings) {
  const auto setting = settings.get("AWS_STS_REGIONAL_ENDPOINTS", "sts_regional_endpoints");
  if (!setting) {
    return false;
  }
  const auto value = lower(setting->value);
  if (value != "regional" && value != "legacy") {
    refuse(*setting, "sts_regional_endpoints", "The setting must be regional or legacy", "InvalidSetting");
  }
  return value == "legacy";
}

std::string resolve_ca_bundle(const StsClientOptions& client, const profile::Settings& settings) {
  if (!client.ca_bundle.empty()) {
    return client.ca_bundle;
  }
  const auto setting = settings.get("AWS_CA_BUNDLE", "ca_bundle");
  return setting ? profile::expand_home(setting->value, settings.environment()) : std::string{};
}

}  // namespace

std::optional<profile::Setting> configured_endpoint(std::string_view service_id, const StsClientOptions& client,
                                                    const profile::Settings& settings) {
  if (!client.endpoint_url.empty()) {
    return profile::Setting{with_path(client.endpoint_url), "option endpoint_url"};
  }
  auto setting = settings.endpoint_url(service_id);
  if (setting) {
    if (const auto fault = aws::endpoint_fault(setting->value)) {
      // Without the value: it may hold a password.
      refuse(*setting, "endpoint_url", "The configured endpoint cannot be used: " + *fault, "InvalidEndpoint", false);
    }
    setting->value = with_path(std::move(setting->value));
  }
  return setting;
}

/// Every mode retries as `standard` does: `legacy` asks for no less, and `adaptive` adds a rate limit for clients that
/// send many requests. A misspelt one is refused all the same, as it is by other SDKs.
void check_retry_mode(const profile::Settings& settings) {
  const auto setting = settings.get("AWS_RETRY_MODE", "retry_mode");
  if (!setting) {
    return;
  }
  if (const auto mode = lower(setting->value); mode != "standard" && mode != "adaptive" && mode != "legacy") {
    refuse(*setting, "retry_mode", "The retry mode must be standard, adaptive or legacy", "InvalidSetting");
  }
}

aws::EndpointRules endpoint_rules(std::string_view region, const StsClientOptions& client,
                                  const profile::Settings& settings) {
  const auto flag = [&](std::optional<bool> option, std::string_view variable, std::string_view key) {
    return option ? *option : settings.flag(variable, key).value_or(false);
  };
  return {.region = std::string{region},
          .use_fips = flag(client.use_fips_endpoint, "AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint"),
          .use_dualstack = flag(client.use_dualstack_endpoint, "AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint"),
          .legacy_global_sts = uses_legacy_global_sts(settings)};
}

std::optional<profile::Setting> configured_region(std::string_view option, const profile::Settings& settings) {
  if (!option.empty()) {
    return profile::Setting{std::string{option}, "option region"};
  }
  auto setting = settings.get("AWS_REGION", {});
  if (!setting) {
    setting = settings.get("AWS_DEFAULT_REGION", "region");
  }
  if (setting && !aws::is_valid_region(setting->value)) {
    refuse(*setting, "region", "A region is one host label, like eu-west-1", "InvalidRegion");
  }
  return setting;
}

ClientSettings resolve_sts_client(const StsClientOptions& options, const profile::Settings& settings,
                                  const ProviderSeams& seams, const ResolveContext& context) {
  return resolve_sts_client(options, settings, [&] { return imds_region(settings, seams, context); });
}

ClientSettings resolve_sts_client(const StsClientOptions& options, const profile::Settings& settings,
                                  const std::function<std::optional<std::string>()>& instance_region) {
  ClientSettings client;
  auto endpoint = configured_endpoint("sts", options, settings);
  auto region = configured_region(options.region, settings);
  if (!region) {
    if (auto found = instance_region(); found && aws::is_valid_region(*found)) {
      region = profile::Setting{std::move(*found), "instance metadata"};
    }
  }
  if (!region) {
    region = profile::Setting{std::string{kDefaultRegion}, "default"};
  }
  client.region_origin = region->origin;
  auto rules = endpoint_rules(region->value, options, settings);
  if (endpoint) {
    // What is configured is used as it stands, whatever the rules' flags say.
    auto plain = aws::with_plain_region(std::move(rules)).region;
    client.resolved.endpoint = {.url = std::move(endpoint->value),
                                .signing_region = plain == "aws-global" ? std::string{kDefaultRegion} : plain};
    client.endpoint_origin = endpoint->origin;
  } else {
    try {
      client.resolved.endpoint = aws::service_endpoint(aws::Service::sts, rules);
    } catch (const ConfigurationError& error) {
      auto fields = error.fields();
      fields.message += " (" + region->origin + ")";
      throw ConfigurationError{std::move(fields)};
    }
    client.endpoint_origin = "region";
  }
  client.resolved.ca_bundle = resolve_ca_bundle(options, settings);
  client.resolved.verify_tls = options.verify_tls;
  client.resolved.connect_timeout = options.connect_timeout;
  client.resolved.attempt_timeout = options.attempt_timeout;
  check_retry_mode(settings);
  client.resolved.max_attempts = resolve_attempts(options, settings);
  return client;
}

std::string resolve_service_endpoint(aws::Service service, std::string_view service_id, std::string_view region,
                                     const StsClientOptions& client, const profile::Settings& settings) {
  if (auto endpoint = configured_endpoint(service_id, client, settings)) {
    return std::move(endpoint->value);
  }
  return aws::service_endpoint(service, endpoint_rules(region, client, settings)).url;
}

int resolve_attempts(const StsClientOptions& client, const profile::Settings& settings) {
  if (client.max_attempts) {
    return *client.max_attempts;
  }
  const auto setting = settings.get("AWS_MAX_ATTEMPTS", "max_attempts");
  if (!setting) {
    return kDefaultAttempts;
  }
  int attempts = 0;
  const auto* const end = setting->value.data() + setting->value.size();
  if (const auto [stop, fault] = std::from_chars(setting->value.data(), end, attempts);
      fault != std::errc{} || stop != end || attempts < 1) {
    refuse(*setting, "max_attempts", "The number of attempts must be a whole number from 1", "InvalidMaxAttempts");
  }
  return std::min(attempts, kMostAttempts);
}

void apply_tls_settings(HttpRequest& request, const StsClientOptions& client, const profile::Settings& settings) {
  request.ca_bundle = resolve_ca_bundle(client, settings);
  request.verify_tls = client.verify_tls;
  request.connect_timeout = client.connect_timeout;
  request.timeout = client.attempt_timeout;
}

}  // namespace aws_refresh_session::providers
