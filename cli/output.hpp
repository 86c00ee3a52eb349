#pragma once

/// \file
/// Standard output for results, standard error for everything else.

#include "cli/command_line.hpp"

#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>

namespace aws_refresh_session::cli {

/// Standard output could not be written.
class OutputError : public std::runtime_error {
 public:
  OutputError(int error_number, const std::string& text) : std::runtime_error(text), error_number_(error_number) {}
  /// True when the reader went away: no reason to say anything.
  [[nodiscard]] bool closed() const noexcept;

 private:
  int error_number_;
};

/// Writes the text to standard output, all of it, without a buffer that would keep a secret.
/// \throws OutputError
void write_result(std::string_view text);

/// The text in one line, without anything a terminal would act on: it may come from a service.
[[nodiscard]] std::string one_line(std::string_view text);

/// What the program says on standard error: `aws-refresh-session: ...`, one line each. Thread-safe. A standard error
/// that cannot be written is nobody's loss.
class Messages {
 public:
  explicit Messages(const OutputArguments& output) : verbose_(output.verbose), quiet_(output.quiet) {}

  void error(std::string_view text);
  /// Not with --quiet; each text once.
  void warning(std::string_view text);
  /// Not with --quiet.
  void notice(std::string_view text);
  /// Only with --verbose; with the time.
  void detail(std::string_view text);

  [[nodiscard]] bool verbose() const noexcept { return verbose_; }
  [[nodiscard]] bool quiet() const noexcept { return quiet_; }

 private:
  bool verbose_;
  bool quiet_;
  std::mutex mutex_;
  /// Guarded by `mutex_`.
  std::set<std::string, std::less<>> warned_;
};

/// `HH:MM:SS.mmm`, UTC.
[[nodiscard]] std::string time_of_day_now();

/// Writes to standard error and ignores failure.
void write_error_stream(std::string_view text) noexcept;

}  // namespace aws_refresh_session::cli
