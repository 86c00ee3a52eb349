#pragma once

#include <aws_refresh_session/credentials.hpp>

#include <string_view>

namespace aws_refresh_session::providers {

/// What the two JSON forms of a set differ in.
enum class CredentialsJson {
  /// Of container endpoints and instance metadata: `Token`; `Expiration` may be missing.
  served,
  /// Of a credential_process: `"Version": 1`, `SessionToken`.
  process,
};

/// Reads a set. The answer's text is the caller's to wipe.
/// \param source names the source in errors and in the set
/// \param code the error's code
/// \throws CredentialError of that code that names the field at fault, never its value; recoverable for `served`
[[nodiscard]] Credentials parse_credentials_json(std::string_view text, CredentialsJson form, std::string_view source,
                                                 std::string_view code);

}  // namespace aws_refresh_session::providers
