#pragma once

#include <csignal>
#include <optional>
#include <utility>
#include <vector>

namespace aws_refresh_session::cli {

struct CaughtSignal {
  int number = 0;
  /// Of the terminal or the kernel, not of kill(2): whoever is in the foreground has it, too.
  bool from_kernel = false;
};

/// Catches signals that a program is to have, and the end of children, and hands them out one by one. One at a time in
/// a process. Handlers rather than a blocked mask: a child inherits a mask, and a handler ends with exec. What the
/// parent chose to ignore (nohup) stays ignored.
class SignalPipe {
 public:
  /// \throws std::system_error
  SignalPipe();
  /// Puts the handlers back that were there before.
  ~SignalPipe();
  SignalPipe(const SignalPipe&) = delete;
  SignalPipe& operator=(const SignalPipe&) = delete;

  /// Waits for the next one.
  [[nodiscard]] CaughtSignal next();

 private:
  int read_end_ = -1;
  std::vector<std::pair<int, struct sigaction>> before_;
};

}  // namespace aws_refresh_session::cli
