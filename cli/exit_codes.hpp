#pragma once

/// \file
/// What the program's exit status means. The numbers are promises to scripts: `--help` and docs/cli.md list them.

namespace aws_refresh_session::cli {

enum class ExitCode : int {
  ok = 0,
  /// No credentials could be had, and trying again will not help until somebody changes something.
  source_failed = 1,
  /// The command line was wrong. Nothing was asked of anybody.
  usage = 2,
  /// The network, a time limit, throttling, a mistyped one-time code: trying again may help.
  recoverable = 3,
  /// The demo ran, and a check at its end failed.
  check_failed = 4,
  /// Standard output could not be written, e.g. a full disk.
  output_failed = 5,
  /// Whoever read standard output went away: what a shell reports for SIGPIPE. Nothing is printed.
  output_closed = 141,
};

/// SIGINT, SIGTERM and SIGHUP end the program as a shell reports a signal: 130, 143, 129.
inline constexpr int kSignalBase = 128;

}  // namespace aws_refresh_session::cli
