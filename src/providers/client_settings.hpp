#pragma once

#include "aws/endpoints.hpp"
#include "profile/settings.hpp"

#include <aws_refresh_session/credentials_provider.hpp>
#include <aws_refresh_session/provider_seams.hpp>
#include <aws_refresh_session/sts.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace aws_refresh_session::providers {

/// A client's options with environment, profile and defaults filled in, and where each came from.
struct ClientSettings {
  aws::ResolvedStsOptions resolved;
  /// `option region`, `AWS_REGION`, `/home/a/.aws/config:3`, `instance metadata`, `default`.
  std::string region_origin;
  /// The same for the endpoint; `region` when the rules made it.
  std::string endpoint_origin;

  /// Equal when a client made of one serves for the other.
  friend bool operator==(const ClientSettings&, const ClientSettings&) = default;
};

/// What an STS client uses. Blocks while instance metadata is asked for the region, which happens only when nothing
/// else names one, and no longer than the context allows. The options are those that aws::validate has passed. A
/// configured endpoint is used as it stands, whatever the flags for FIPS and dual-stack say. AWS_RETRY_MODE and
/// `retry_mode` are checked and change nothing: every mode retries as `standard` does. More than 10 configured attempts
/// count as 10.
/// \throws ConfigurationError for a variable or a profile's key, of codes `InvalidRegion`, `InvalidEndpoint`,
///   `InvalidMaxAttempts`, `InvalidSetting`, `UnsupportedEndpoint`, `ServicesSectionNotFound`: the text says where it
///   stands, `param` is the variable's or the key's name; as imds_region
[[nodiscard]] ClientSettings resolve_sts_client(const StsClientOptions& options, const profile::Settings& settings,
                                                const ProviderSeams& seams, const ResolveContext& context);

/// The same with the answer of instance metadata from somebody who remembers it.
[[nodiscard]] ClientSettings resolve_sts_client(const StsClientOptions& options, const profile::Settings& settings,
                                                const std::function<std::optional<std::string>()>& instance_region);

/// The region: option, AWS_REGION, AWS_DEFAULT_REGION, profile. Nothing, if only instance metadata could tell.
/// \throws ConfigurationError of code `InvalidRegion`
[[nodiscard]] std::optional<profile::Setting> configured_region(std::string_view option,
                                                                const profile::Settings& settings);

/// The endpoint that the option, the environment or the profile names, checked and with a path.
/// \throws ConfigurationError of code `InvalidEndpoint`, `ServicesSectionNotFound`
[[nodiscard]] std::optional<profile::Setting> configured_endpoint(std::string_view service_id,
                                                                  const StsClientOptions& client,
                                                                  const profile::Settings& settings);

/// The flags for FIPS and dual-stack beside that region: option, environment, profile.
/// \throws ConfigurationError of code `InvalidSetting`
[[nodiscard]] aws::EndpointRules endpoint_rules(std::string_view region, const StsClientOptions& client,
                                                const profile::Settings& settings);

/// \throws ConfigurationError of code `InvalidSetting` for a retry mode that is none
void check_retry_mode(const profile::Settings& settings);

/// Where another service than STS is, e.g. `sso` for the portal: configured, or by the partition's rules.
/// \param service as aws::service_endpoint takes it
/// \param service_id as profile::Settings::endpoint_url takes it
/// \param client whose `endpoint_url` is that service's
/// \throws as aws::service_endpoint, and as resolve_sts_client for settings
[[nodiscard]] std::string resolve_service_endpoint(aws::Service service, std::string_view service_id,
                                                   std::string_view region, const StsClientOptions& client,
                                                   const profile::Settings& settings);

/// The attempts that one call may take: option, AWS_MAX_ATTEMPTS, profile, else 3.
/// \throws ConfigurationError of code `InvalidMaxAttempts`
[[nodiscard]] int resolve_attempts(const StsClientOptions& client, const profile::Settings& settings);

/// CA bundle, TLS and time limits for any request: option, environment, profile.
void apply_tls_settings(HttpRequest& request, const StsClientOptions& client, const profile::Settings& settings);

}  // namespace aws_refresh_session::providers
