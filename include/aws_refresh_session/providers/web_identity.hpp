#pragma once

/// \file
/// Method "web_identity": credentials by AssumeRoleWithWebIdentity, as on EKS (IRSA) and in CI systems.
/// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html

#include <aws_refresh_session/provider_seams.hpp>
#include <aws_refresh_session/sts.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace aws_refresh_session {

struct WebIdentityOptions {
  /// Empty: AWS_ROLE_ARN.
  std::string role_arn{};
  /// A file with the token, read again at every refresh. Empty: AWS_WEB_IDENTITY_TOKEN_FILE.
  std::string web_identity_token_file{};
  /// Empty: AWS_ROLE_SESSION_NAME, else `aws-refresh-session`.
  std::string role_session_name{};
  std::optional<std::chrono::seconds> duration{};
  std::string policy{};
  std::vector<std::string> policy_arns{};
  /// The call is not signed: `credentials` is not used.
  StsClientOptions client{};
};

/// Options and variables are checked as those of AssumeRole; a token is asked with again when STS does not know its
/// provider yet (`InvalidIdentityToken`), as the Go and C++ SDKs do. No error holds the token.
/// \throws ValidationError for `client` options that cannot be used
/// What the provider throws: CredentialError of kind not_configured when neither option nor variable names a token
/// file; ConfigurationError of code `WebIdentityTokenFile` for a file that is missing, unreadable, empty or larger than
/// 64 KiB, and of code `MissingRoleArn` for a file without a role; ValidationError for a
/// parameter out of bounds; RequestError and ConnectionError as `sts`.
[[nodiscard]] std::shared_ptr<CredentialsProvider> make_web_identity_provider(WebIdentityOptions options = {},
                                                                              ProviderSeams seams = {});

}  // namespace aws_refresh_session
