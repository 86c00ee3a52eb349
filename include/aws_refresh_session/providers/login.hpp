#pragma once

/// \file
/// Method "login": credentials that `aws login` left, refreshed by its refresh token with a DPoP proof (RFC 9449).
/// https://docs.aws.amazon.com/sdkref/latest/guide/feature-login-credentials.html

#include <aws_refresh_session/provider_seams.hpp>
#include <aws_refresh_session/sts.hpp>

#include <memory>
#include <string>

namespace aws_refresh_session {

struct LoginOptions {
  /// The value of the profile's `login_session`.
  std::string login_session{};
  /// Where sign-in is. Empty: the client's, AWS_REGION, AWS_DEFAULT_REGION, the profile's.
  std::string region{};
  /// The profile to name in the command that an error tells the user to run. Empty: none is named.
  std::string profile{};
  /// Empty: AWS_LOGIN_CACHE_DIRECTORY, else ~/.aws/login/cache.
  std::string cache_directory{};
  /// CA bundle, TLS, time limits and attempts; endpoint_url replaces the sign-in service's.
  StsClientOptions client{};
};

/// \throws ValidationError for a missing login session
/// What the provider throws: CredentialError of code `LoginTokenMissing`, `LoginTokenExpired` or `LoginTokenMalformed`,
/// which says which command to run, `TokenFileUnreadable`, `TokenFileLocked`, `MalformedResponse`; ConfigurationError
/// of code `MissingRegion` when a refresh is due; RequestError; ConnectionError.
///
/// The file is read at each `resolve`, and its credentials are handed out as they are until five minutes before their
/// end. Then they are refreshed, by one process at a time, and written back; after a refresh that failed, the next is
/// tried half a minute later, and credentials that are still valid are used meanwhile.
[[nodiscard]] std::shared_ptr<CredentialsProvider> make_login_provider(LoginOptions options, ProviderSeams seams = {});

}  // namespace aws_refresh_session
