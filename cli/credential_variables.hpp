#pragma once

/// \file
/// Credentials as the environment variables that AWS programs read.
/// https://docs.aws.amazon.com/sdkref/latest/guide/environment-variables.html

#include <aws_refresh_session/credentials.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aws_refresh_session::cli {

struct CredentialVariable {
  std::string_view name;
  /// None: the variable must not be there, or it would be taken together with these keys.
  std::optional<SecretString> value;
};

/// The id, the secret key, token, expiration and account; and AWS_SECURITY_TOKEN, which botocore prefers to
/// AWS_SESSION_TOKEN, as one that must not be there.
[[nodiscard]] std::vector<CredentialVariable> credential_variables(const Credentials& credentials);

}  // namespace aws_refresh_session::cli
