#pragma once

/// \file
/// Method "sso": credentials of IAM Identity Center by the token that `aws sso login` left.
/// https://docs.aws.amazon.com/sdkref/latest/guide/feature-sso-credentials.html

#include <aws_refresh_session/provider_seams.hpp>
#include <aws_refresh_session/sts.hpp>

#include <memory>
#include <string>

namespace aws_refresh_session {

struct SsoOptions {
  std::string account_id{};
  std::string role_name{};
  /// Where the portal is.
  std::string region{};
  std::string start_url{};
  /// The name of the `[sso-session]`; empty for the older configuration without one, whose tokens cannot be refreshed.
  std::string session_name{};
  /// The profile to name in the command that an error tells the user to run. Empty: none is named.
  std::string profile{};
  /// Empty: ~/.aws/sso/cache.
  std::string cache_directory{};
  /// CA bundle, TLS, time limits and attempts; endpoint_url is not used, see the two below.
  StsClientOptions client{};
  /// Empty: by the region's partition (AWS_ENDPOINT_URL_SSO, AWS_ENDPOINT_URL_SSO_OIDC, then AWS_ENDPOINT_URL win).
  std::string portal_endpoint_url{};
  std::string oidc_endpoint_url{};
};

/// \throws ValidationError for a missing account id, role name, region or start URL
/// What the provider throws: CredentialError of code `SsoTokenMissing`, `SsoTokenExpired` or `SsoTokenMalformed`, which
/// says which command to run, `TokenFileUnreadable`, `TokenFileLocked`, `MalformedResponse`, `ExpiredCredentials`;
/// RequestError (`UnauthorizedException` says to log in again; `ForbiddenException`, `ResourceNotFoundException`);
/// ConnectionError.
///
/// The token's file is read at each `resolve`. When it ends within five minutes it is refreshed, by one process at a
/// time, and written back; after a refresh that failed, the next is tried half a minute later, and a token that is
/// still valid is used meanwhile.
[[nodiscard]] std::shared_ptr<CredentialsProvider> make_sso_provider(SsoOptions options, ProviderSeams seams = {});

}  // namespace aws_refresh_session
