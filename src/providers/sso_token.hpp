#pragma once

/// \file
/// The token that `aws sso login` leaves, and its refresh by the OIDC service's CreateToken.
/// https://docs.aws.amazon.com/sdkref/latest/guide/understanding-sso.html
/// https://docs.aws.amazon.com/singlesignon/latest/OIDCAPIReference/API_CreateToken.html

#include <aws_refresh_session/clock.hpp>
#include <aws_refresh_session/credentials.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace aws_refresh_session::providers {

struct SsoToken {
  SecretString access_token;
  WallTime expires_at;
  /// The next four are empty in the older form, which cannot be refreshed.
  SecretString refresh_token;
  SecretString client_id;
  SecretString client_secret;
  std::optional<WallTime> registration_expires_at;

  /// There is what a refresh needs, and the client is still registered.
  [[nodiscard]] bool refreshable(WallTime now) const noexcept;
};

/// \param advice ends the error's message
/// \throws CredentialError of code `SsoTokenMalformed` that names the field, never its value
[[nodiscard]] SsoToken parse_sso_token(std::string_view text, std::string_view advice);

/// The file's name: the SHA-1 of the session's name, or of the start URL in the older form.
[[nodiscard]] std::string sso_token_file_name(std::string_view key);

/// The body of the request that refreshes the token.
[[nodiscard]] SecretString create_token_body(const SsoToken& token);

/// The file's new text: what the service answered replaces the old, everything else stays.
/// \param file_text one that parse_sso_token takes
/// \throws CredentialError of code `MalformedResponse` for an answer that cannot be used
[[nodiscard]] SecretString refreshed_sso_token(std::string_view file_text, std::string_view answer, WallTime now);

}  // namespace aws_refresh_session::providers
