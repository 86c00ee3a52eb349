#pragma once

/// \file
/// Runs a person's own program in place of ourselves, as far as another process can.

#include "cli/child_environment.hpp"

#include <span>
#include <string>

namespace aws_refresh_session::cli {

/// A program that cannot be started, as a shell says it.
inline constexpr int kNotExecutable = 126;
inline constexpr int kNotFound = 127;

struct ProgramEnd {
  /// The exit status, 128 + N after signal N, or one of the two above.
  int status = 0;
  /// Why it could not be started; an errno, or 0.
  int start_error = 0;
};

/// Starts the program and waits for its end.
///
/// It gets a process group of its own, and the terminal with it where this process has that to itself; signals that
/// come here go on to that group. In a pipeline or a script on a terminal it stays in our group, where it gets the
/// terminal's signals as we do, and those of kill(2) from us. When it is stopped (Ctrl-Z), so are we, until the shell
/// continues us, and then it.
/// \param arguments the program, looked up in PATH, and its arguments; not empty
/// \throws std::system_error
[[nodiscard]] ProgramEnd run_child_program(std::span<const std::string> arguments, ChildEnvironment& environment);

}  // namespace aws_refresh_session::cli
