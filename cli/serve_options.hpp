#pragma once

/// \file
/// From the command line of `serve` to what is served and where.

#include "cli/command_line.hpp"
#include "cli/output.hpp"

#include <aws_refresh_session/credentials_server.hpp>

#include <string>
#include <vector>

namespace aws_refresh_session::cli {

/// `--role NAME=PROFILE`, `--role NAME=ARN`; without one the source options themselves, as `default`.
/// \throws UsageError, Error
[[nodiscard]] std::vector<ServedRole> served_roles(const CommandLine& line, Messages& messages);

/// Where and how. Reads the file of `--token-from`.
/// \throws UsageError, ConfigurationError
[[nodiscard]] CredentialsServerOptions server_options(const ServeArguments& serve);

/// Where the token is written when nobody says: RUNTIME_DIRECTORY (of systemd), XDG_RUNTIME_DIR, TMPDIR or /tmp.
[[nodiscard]] std::string default_token_file();

}  // namespace aws_refresh_session::cli
