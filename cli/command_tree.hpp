#pragma once

/// \file
/// What the program understands, as data. Read off the parser itself, so that help and completion cannot drift from
/// what is parsed.

#include <string>
#include <string_view>
#include <vector>

namespace aws_refresh_session::cli {

struct OptionNode {
  /// With their dashes, the short one first. Empty for a positional argument.
  std::vector<std::string> names;
  /// `FILE`, `N`, ...; empty for a flag; `a|b|c` lists all the values there are.
  std::string value_name;
  std::string help;
  /// The heading it stands under.
  std::string group;
  bool repeatable = false;

  /// The values there are; empty when they cannot be listed.
  [[nodiscard]] std::vector<std::string> choices() const;
  /// True when the value is a path.
  [[nodiscard]] bool takes_file() const { return value_name == "FILE"; }
};

struct CommandNode {
  std::string name;
  /// One line.
  std::string summary;
  /// What a person needs to work with it: a paragraph, then examples. Lines are kept as they are.
  std::string description;
  std::vector<OptionNode> options;
  std::vector<CommandNode> subcommands;
};

/// The whole program's tree.
[[nodiscard]] CommandNode command_tree();

/// The help page of `program` (no path) or of the subcommand named by `path`. At most 80 columns wide.
[[nodiscard]] std::string help_text(const CommandNode& program, std::string_view subcommand);

/// A completion script for `bash`, `zsh` or `fish`.
[[nodiscard]] std::string completion_script(const CommandNode& program, std::string_view shell);

}  // namespace aws_refresh_session::cli
