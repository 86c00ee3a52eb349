#pragma once

#include <aws_refresh_session/sts.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace aws_refresh_session::aws {

/// The services the library talks to.
enum class Service { sts, sso_portal, sso_oidc, signin };

/// What the rules look at.
struct EndpointRules {
  std::string region;
  bool use_fips = false;
  bool use_dualstack = false;
  /// `sts_regional_endpoints = legacy`: the older regions of STS then share the global endpoint.
  bool legacy_global_sts = false;
};

/// Where a service is, and for which region requests to it are signed.
struct ServiceEndpoint {
  /// Scheme, host, path: ready for a request.
  std::string url;
  std::string signing_region;

  friend bool operator==(const ServiceEndpoint&, const ServiceEndpoint&) = default;
};

/// A client's options with the environment and the defaults filled in.
struct ResolvedStsOptions {
  ServiceEndpoint endpoint;
  std::string ca_bundle;
  bool verify_tls = true;
  std::chrono::milliseconds connect_timeout{};
  std::chrono::milliseconds attempt_timeout{};
  int max_attempts = 0;

  friend bool operator==(const ResolvedStsOptions&, const ResolvedStsOptions&) = default;
};

/// `fips-REGION` and `REGION-fips`, names from before there was a setting for FIPS, are REGION with FIPS.
[[nodiscard]] EndpointRules with_plain_region(EndpointRules rules);

/// By the endpoint rules that AWS publishes with each service's model, e.g. `sts.cn-north-1.amazonaws.com.cn`,
/// `sts-fips.us-east-1.api.aws`; `aws-global` is the one STS host without a region. A region that nobody knows yet gets
/// the endpoint that its partition's pattern gives.
/// \param given as they come; pseudo regions are taken for what they mean
/// \throws ConfigurationError of code `InvalidRegion` for what could not be a region, `UnsupportedEndpoint` for a
///   pseudo region that the service has no host for (the published rules make a host that does not exist)
[[nodiscard]] ServiceEndpoint service_endpoint(Service service, const EndpointRules& given);

/// One label of a host name (RFC 1123, 2.1): what is more could lead the signed request to another host.
[[nodiscard]] bool is_valid_region(std::string_view region) noexcept;

/// Checks what can be checked without an environment.
/// \throws ValidationError naming the option
void validate(const StsClientOptions& options);

/// What is wrong with an endpoint URL that somebody configured, without its text; nothing if it can be used.
[[nodiscard]] std::optional<std::string> endpoint_fault(std::string_view text);

}  // namespace aws_refresh_session::aws
