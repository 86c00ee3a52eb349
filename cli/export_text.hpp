#pragma once

/// \file
/// Variables in the words of a shell. Values are quoted so that the shell takes none of their characters for its own;
/// what a form cannot hold is refused, not changed.

#include "cli/credential_variables.hpp"
#include "cli/secret_text.hpp"

#include <span>
#include <string_view>

namespace aws_refresh_session::cli {

enum class ExportFormat {
  /// `export NAME='value'` and `unset NAME`: sh, bash, zsh, ksh.
  sh,
  fish,
  powershell,
  /// `NAME=value` without quotes, which docker, systemd and shells read differently: only values of letters, digits and
  /// `+/=_.:,@%-`, which all of them take as they are. Variables that must not be there are left out.
  env_file,
  /// An object of the variables that there are.
  json,
  credentials_file,
};

/// \throws UsageError for a name that there is not
[[nodiscard]] ExportFormat export_format(std::string_view name);

/// \param format not credentials_file
/// \throws CredentialError of code `InvalidCredentials` naming the variable that the form cannot hold
void append_variables(SecretText& out, std::span<const CredentialVariable> variables, ExportFormat format);

}  // namespace aws_refresh_session::cli
