#pragma once

#include <aws_refresh_session/credentials.hpp>

namespace aws_refresh_session::server {

/// 32 bytes from the kernel as base64url without padding: 43 characters that every header and shell takes as they are.
/// \throws ConfigurationError when the kernel gives none
[[nodiscard]] SecretString random_token();

}  // namespace aws_refresh_session::server
