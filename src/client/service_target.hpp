#pragma once

#include "profile/settings.hpp"

#include <aws_refresh_session/service_client.hpp>
#include <aws_refresh_session/sts.hpp>

#include <string>

namespace aws_refresh_session::client {

/// Where a client's requests go now: its options with environment, profile and the partition's rules filled in.
struct ServiceTarget {
  /// Scheme, host, path; ends with `/`.
  std::string url{};
  std::string signing_region{};
  std::string signing_name{};
  /// Somebody named the endpoint: it need not be AWS's.
  bool is_configured = false;
  S3Addressing s3_addressing = S3Addressing::automatic;
  int max_attempts = 1;
};

/// What both kinds of client have.
[[nodiscard]] StsClientOptions common_options(const ServiceClientOptions& options);

/// Checks what can be checked without an environment.
/// \throws ValidationError naming the option
void validate(const ServiceClientOptions& options);

/// \throws ConfigurationError as ServiceClient documents
[[nodiscard]] ServiceTarget resolve_target(const ServiceClientOptions& options, const profile::Settings& settings);

}  // namespace aws_refresh_session::client
