#pragma once

/// \file
/// The file that `aws login` leaves, and its refresh by the sign-in service's CreateOAuth2Token. AWS documents neither
/// in prose; what is here was read in the AWS SDKs:
///   - the file's name and members, what must be there: aws-sdk-go-v2, credentials/logincreds/token.go
///   - request (POST /v1/token, members clientId, grantType, refreshToken) and answer (accessToken, expiresIn,
///     refreshToken at the top): aws-sdk-go-v2, service/signin/serializers.go and deserializers.go
///   - what the errors mean (`error` of AccessDeniedException): aws-sdk-go-v2, credentials/logincreds/provider.go
///   - refreshed five minutes before the end: aws-sdk-js-v3, LoginCredentialsFetcher

#include <aws_refresh_session/clock.hpp>
#include <aws_refresh_session/credentials.hpp>

#include <string>
#include <string_view>

namespace aws_refresh_session::providers {

struct LoginToken {
  Credentials credentials;
  WallTime expires_at;
  SecretString client_id;
  SecretString refresh_token;
  /// An EC private key in PEM.
  SecretString dpop_key;
};

/// \param advice ends the error's message
/// \param provider_name goes into the credentials
/// \throws CredentialError of code `LoginTokenMalformed` that names the field, never its value
[[nodiscard]] LoginToken parse_login_token(std::string_view text, std::string_view advice,
                                           std::string_view provider_name);

/// The file's name: the SHA-256 of the login session, without the white space around it.
[[nodiscard]] std::string login_token_file_name(std::string_view login_session);

/// The body of the request that refreshes the token.
[[nodiscard]] SecretString create_oauth2_token_body(const LoginToken& token);

/// The file's new text: what the service answered replaces the old, everything else stays.
/// \param file_text one that parse_login_token takes
/// \throws CredentialError of code `MalformedResponse` for an answer that cannot be used
[[nodiscard]] SecretString refreshed_login_token(std::string_view file_text, std::string_view answer, WallTime now);

}  // namespace aws_refresh_session::providers
