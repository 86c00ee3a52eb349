#pragma once

/// \file
/// The subcommands. Each returns the program's exit code, and throws UsageError, OutputError or Error.

#include "cli/command_line.hpp"
#include "cli/exit_codes.hpp"
#include "cli/output.hpp"

#include <stop_token>

namespace aws_refresh_session::cli {

[[nodiscard]] ExitCode run_demo(const CommandLine& line, Messages& messages, const std::stop_token& stop);
[[nodiscard]] ExitCode run_whoami(const CommandLine& line, Messages& messages, const std::stop_token& stop);
[[nodiscard]] ExitCode run_process(const CommandLine& line, Messages& messages, const std::stop_token& stop);
[[nodiscard]] ExitCode run_export(const CommandLine& line, Messages& messages, const std::stop_token& stop);
[[nodiscard]] ExitCode run_console(const CommandLine& line, Messages& messages, const std::stop_token& stop);
/// Returns the program's own exit status, or 128 + N, 127, 126.
[[nodiscard]] ExitCode run_exec(const CommandLine& line, Messages& messages, const std::stop_token& stop);
[[nodiscard]] ExitCode run_status(const CommandLine& line, Messages& messages, const std::stop_token& stop);
[[nodiscard]] ExitCode run_serve(const CommandLine& line, Messages& messages, const std::stop_token& stop);
[[nodiscard]] ExitCode run_doctor(const CommandLine& line, Messages& messages, const std::stop_token& stop);
[[nodiscard]] ExitCode run_completion(const CommandLine& line);
[[nodiscard]] ExitCode run_version(const CommandLine& line);

}  // namespace aws_refresh_session::cli
