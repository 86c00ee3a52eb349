#pragma once

/// \file
/// The prose of the help pages.

#include "cli/command_line.hpp"

#include <string_view>

namespace aws_refresh_session::cli {

struct HelpTopic {
  std::string_view name;
  std::string_view summary;
  /// A paragraph and examples, in lines of at most 79 columns.
  std::string_view description;
};

inline constexpr std::string_view kProgramSummary = "Temporary AWS credentials that never expire in your hands.";

/// \param command any but `help`
[[nodiscard]] const HelpTopic& help_topic(Command command);

/// The environment variables that commands with a source read.
[[nodiscard]] std::string_view environment_help();
[[nodiscard]] std::string_view exit_code_help();

}  // namespace aws_refresh_session::cli
