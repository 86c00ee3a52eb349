#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace aws_refresh_session::core {

/// A program to run, without a shell.
struct ProcessOptions {
  /// The program, searched in this process's PATH if it has no slash, and its arguments.
  std::vector<std::string> arguments{};
  /// Replaces the whole environment, if set.
  std::optional<std::map<std::string, std::string>> environment{};
  /// Set in the program's environment besides this process's own; `environment` wins.
  std::map<std::string, std::string> more_environment{};
  /// Empty: the process's own. A relative program path is taken from here.
  std::string working_directory{};
  /// Its standard input. It reads a file, not a pipe, so nobody has to write while it runs.
  std::string input{};
  std::chrono::milliseconds timeout{30'000};
};

/// How it ended. Move-only: a copy of the output would have to be wiped, too.
struct ProcessResult {
  enum class Outcome {
    /// It ended by itself, with `exit_status`.
    exited,
    /// `signal` ended it.
    signalled,
    /// Killed at the time limit.
    timed_out,
    /// Killed because of the stop token.
    cancelled,
    /// Killed because it wrote more than `kMaxOutput`.
    too_much_output,
    /// It could not be started, or not be waited for; `error` says why.
    failed,
  };

  static constexpr std::size_t kMaxOutput = std::size_t{64} * 1024;

  ProcessResult() = default;
  ProcessResult(ProcessResult&&) noexcept = default;
  ProcessResult& operator=(ProcessResult&&) noexcept = default;
  ~ProcessResult();

  Outcome outcome = Outcome::failed;
  int exit_status = 0;
  int signal = 0;
  /// errno of what failed.
  int error = 0;
  /// True if the working directory is what could not be found or entered, not the program.
  bool bad_directory = false;
  /// What it wrote to standard output. Zeroed on destruction.
  std::string output;
};

/// Runs it to its end and captures its standard output; standard error is this process's own.
///
/// The program gets a process group of its own (so it cannot read from a terminal), default signal handling, and no
/// descriptors but 0, 1 and 2. At the time limit or on `stop` the whole group is killed with SIGKILL and the program
/// is waited for: no zombie stays. When the program has ended, what is in the pipe is read and that is all: a child of
/// its own that keeps standard output open, such as an agent it started, is neither waited for nor killed. A program
/// that this user may not kill (one that changed its user, as sudo does) is left alone at the time limit: it stays a
/// zombie when it ends, until this process does.
///
/// Thread-safe. Blocks. Needs SIGCHLD not to be ignored (the exit status would be lost: `failed` with ECHILD).
[[nodiscard]] ProcessResult run_process(const ProcessOptions& options, const std::stop_token& stop = {});

}  // namespace aws_refresh_session::core
