#pragma once

#include <aws_refresh_session/environment.hpp>
#include <aws_refresh_session/sts.hpp>

#include <string>
#include <string_view>

namespace aws_refresh_session::aws {

/// Where STS is, and for which region requests to it are signed.
struct StsEndpoint {
  /// Ready for a POST: scheme, host, path.
  std::string url;
  std::string signing_region;
};

/// A client's options with the environment and the defaults filled in.
struct ResolvedStsOptions {
  StsEndpoint endpoint;
  std::string ca_bundle;
  bool verify_tls = true;
  std::chrono::milliseconds connect_timeout{};
  std::chrono::milliseconds attempt_timeout{};
  int max_attempts = 0;
};

/// The regional host, e.g. `sts.cn-north-1.amazonaws.com.cn`; `aws-global` has the one host without a region.
/// https://docs.aws.amazon.com/general/latest/gr/sts.html and the partitions of the AWS SDKs
[[nodiscard]] StsEndpoint regional_sts_endpoint(std::string_view region);

/// One label of a host name (RFC 1123, 2.1): what is more could lead the signed request to another host.
[[nodiscard]] bool is_valid_region(std::string_view region) noexcept;

/// Checks what can be checked without an environment.
/// \throws ValidationError naming the option
void validate(const StsClientOptions& options);

/// Fills in AWS_REGION, AWS_DEFAULT_REGION, AWS_ENDPOINT_URL_STS, AWS_ENDPOINT_URL,
/// AWS_IGNORE_CONFIGURED_ENDPOINT_URLS, AWS_CA_BUNDLE and AWS_MAX_ATTEMPTS, and warns about a missing region,
/// unverified TLS and another service than sts. \throws ValidationError for an option, ConfigurationError for a
/// variable
[[nodiscard]] ResolvedStsOptions resolve(const StsClientOptions& options, const Environment& environment);

}  // namespace aws_refresh_session::aws
