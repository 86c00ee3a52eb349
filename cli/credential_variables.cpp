#include "cli/credential_variables.hpp"

#include "cli/time_text.hpp"

namespace aws_refresh_session::cli {

std::vector<CredentialVariable> credential_variables(const Credentials& credentials) {
  const auto unless_empty = [](std::string_view text) {
    return text.empty() ? std::nullopt : std::optional{SecretString{text}};
  };
  const auto expiration = credentials.expiration();
  return {{"AWS_ACCESS_KEY_ID", SecretString{credentials.access_key_id()}},
          {"AWS_SECRET_ACCESS_KEY", credentials.secret_access_key()},
          {"AWS_SESSION_TOKEN", unless_empty(credentials.session_token().reveal())},
          {"AWS_SECURITY_TOKEN", std::nullopt},
          {"AWS_CREDENTIAL_EXPIRATION", unless_empty(expiration ? utc_text(*expiration) : std::string{})},
          {"AWS_ACCOUNT_ID", unless_empty(credentials.account_id())}};
}

}  // namespace aws_refresh_session::cli
