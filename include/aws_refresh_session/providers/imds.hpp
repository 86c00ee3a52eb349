#pragma once

/// \file
/// Method "imds": credentials of an EC2 instance's role, by the instance metadata service, version 2.
/// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html

#include <aws_refresh_session/credentials_provider.hpp>
#include <aws_refresh_session/provider_seams.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace aws_refresh_session {

/// What is not set comes from its variable, then from the profile's key.
struct ImdsOptions {
  /// AWS_EC2_METADATA_SERVICE_ENDPOINT, `ec2_metadata_service_endpoint`. Wins over the mode.
  std::string endpoint{};
  /// AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE, `ec2_metadata_service_endpoint_mode`: `IPv4` (http://169.254.169.254) or
  /// `IPv6` (http://[fd00:ec2::254]), in any letter case.
  std::string endpoint_mode{};
  /// AWS_EC2_METADATA_V1_DISABLED, `ec2_metadata_v1_disabled`. Off, an instance without version 2 (403, 404 or 405 for
  /// the token, or no answer to it in time) is asked by version 1.
  std::optional<bool> v1_disabled{};
  /// AWS_METADATA_SERVICE_TIMEOUT, `metadata_service_timeout`, in seconds; 1 s. One attempt.
  std::optional<std::chrono::milliseconds> timeout{};
  /// AWS_METADATA_SERVICE_NUM_ATTEMPTS, `metadata_service_num_attempts`; 1.
  std::optional<int> max_attempts{};
  /// The profile whose keys count. Empty: AWS_PROFILE, AWS_DEFAULT_PROFILE, `default`.
  std::string profile{};
};

/// Never goes through a proxy, follows no redirect, and keeps the metadata token while it lives. A set that is expired
/// already, as the service hands out during an outage, is given out with a warning and an expiration of 5 to 10 minutes
/// from now ("static stability").
/// A machine without the service costs the attempts times the time limit; a time-out after connecting is followed by
/// version 1's attempts.
/// What the provider throws: CredentialError of kind not_configured when AWS_EC2_METADATA_DISABLED is true
/// (`ImdsDisabled`), when nothing answers at the address and nothing ever has (`ImdsUnreachable`), and when the
/// instance has no role (`ImdsNoRole`); ConfigurationError of code `InvalidEndpoint` or `InvalidSetting`;
/// CredentialError of code `MalformedResponse`; RequestError with the service's code (`AssumeRoleUnauthorizedAccess`),
/// `UnexpectedStatus` or `ImdsTokenRequired`; ConnectionError.
[[nodiscard]] std::shared_ptr<CredentialsProvider> make_imds_provider(ImdsOptions options = {},
                                                                      ProviderSeams seams = {});

}  // namespace aws_refresh_session
