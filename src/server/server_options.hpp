#pragma once

#include <aws_refresh_session/credentials_server.hpp>

#include <vector>

namespace aws_refresh_session::server {

/// Fills in what was left out: paths of roles, the token, the clock.
/// \throws ValidationError naming the option
void complete(std::vector<ServedRole>& roles, CredentialsServerOptions& options);

}  // namespace aws_refresh_session::server
