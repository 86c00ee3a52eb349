#pragma once

/// \file
/// Method "container": credentials of ECS, EKS Pod Identity, Greengrass and everything that serves the same endpoint.
/// https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html

#include <aws_refresh_session/credentials_provider.hpp>
#include <aws_refresh_session/provider_seams.hpp>

#include <chrono>
#include <memory>
#include <string>

namespace aws_refresh_session {

/// Every text that is empty comes from its variable at every `resolve`. A URI given here is overruled by neither URI's
/// variable, and a token or token file given here by neither's.
struct ContainerOptions {
  /// AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: a path on http://169.254.170.2. Wins over the full URI.
  std::string relative_uri{};
  /// AWS_CONTAINER_CREDENTIALS_FULL_URI: https to any host; http to loopback, 169.254.170.2, 169.254.170.23 and
  /// [fd00:ec2::23] only.
  std::string full_uri{};
  /// AWS_CONTAINER_AUTHORIZATION_TOKEN: sent as it stands in `Authorization`.
  SecretString authorization_token{};
  /// AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: read at every refresh, wins over the token. One line end at the end of the
  /// file is left out, which the AWS SDKs refuse; at most 16 KiB.
  std::string authorization_token_file{};
  /// AWS_CA_BUNDLE
  std::string ca_bundle{};
  std::chrono::milliseconds connect_timeout{1'000};
  /// One attempt, connection included.
  std::chrono::milliseconds attempt_timeout{2'000};
  /// 1-10
  int max_attempts = 3;
};

/// Never goes through a proxy to the link-local and loopback addresses, and follows no redirect. `localhost` counts as
/// a loopback address, other names do not. 429, 5xx and missing answers are asked again, after 250 ms to 1 s. \throws
/// ValidationError for time limits and attempts that cannot be used What the provider throws: CredentialError of kind
/// not_configured without a URI; ConfigurationError of codes `ContainerUriInvalid`, `ContainerHostNotAllowed`,
/// `ContainerTokenFile`, `ContainerTokenInvalid` (CR or LF in it); CredentialError of code `MalformedResponse`;
/// RequestError with the endpoint's `code` and `message`, or of code `UnexpectedStatus`; ConnectionError.
[[nodiscard]] std::shared_ptr<CredentialsProvider> make_container_provider(ContainerOptions options = {},
                                                                           ProviderSeams seams = {});

}  // namespace aws_refresh_session
