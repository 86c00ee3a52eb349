#pragma once

/// \file
/// A way into the AWS console for whoever holds credentials of a role.
/// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-custom-url.html

#include <aws_refresh_session/credentials.hpp>
#include <aws_refresh_session/provider_seams.hpp>
#include <aws_refresh_session/sts.hpp>

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>

namespace aws_refresh_session {

struct ConsoleOptions {
  /// The page to open, an `https://` URL. Empty: the console's start page of the region, if one is configured.
  std::string destination{};
  /// Where the console sends people whose session has ended: the URL of a sign-in page. Empty: nowhere.
  std::string issuer{};
  /// How long the console session may last: 900 to 43200 seconds. AWS takes it for credentials that AssumeRole gave to
  /// long-term keys only, not for roles reached through roles nor GetFederationToken. None: as long as the credentials.
  std::optional<std::chrono::seconds> session_duration{};
  /// Another federation endpoint, `https://`, or `http://` on this machine. Empty: that of the region's partition.
  std::string signin_endpoint_url{};
  /// Profile, region, TLS, time limits and attempts; what is left empty comes from the environment and the profile. Its
  /// `endpoint_url` is that of STS and is not used.
  StsClientOptions client{};
};

/// Asks the federation endpoint for a sign-in token and makes the URL that signs in with it. The URL is a secret: it is
/// good for 15 minutes, for anybody who has it. The keys go in the body of a POST, not in a URL.
/// \param credentials temporary ones, of AssumeRole, AssumeRoleWithSAML, AssumeRoleWithWebIdentity, IAM Identity Center
///   or GetFederationToken
/// \throws ValidationError for options (param as spelled above), and credentials without a session token (code
///   `LastingKeys`); ConfigurationError of code `NoConsole` for a partition whose endpoint is not known; RequestError
///   of code `SigninRefused` or `UnexpectedStatus`; ConnectionError
[[nodiscard]] SecretString console_signin_url(const Credentials& credentials, const ConsoleOptions& options = {},
                                              const ProviderSeams& seams = {}, const std::stop_token& stop = {});

}  // namespace aws_refresh_session
