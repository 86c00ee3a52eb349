#pragma once

#include <atomic>
#include <stop_token>
#include <thread>

namespace aws_refresh_session::cli {

/// Turns the first SIGINT, SIGTERM or SIGHUP into a stop request; a second one ends the program at once. One at a
/// time in a process; made before the program starts threads or children.
///
/// A handler rather than a blocked mask: children (an MFA command) inherit a mask, and a handler ends with exec.
class Interrupt {
 public:
  /// \throws std::system_error
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  [[nodiscard]] std::stop_token token() const noexcept { return stop_.get_token(); }
  /// The signal that came, or 0.
  [[nodiscard]] int signal() const noexcept { return signal_.load(); }

 private:
  void watch();

  std::stop_source stop_;
  std::atomic<int> signal_{0};
  std::thread watcher_;
};

/// Lets a write to a closed pipe fail with EPIPE. Not by ignoring the signal: children would inherit that.
void catch_broken_pipes() noexcept;

}  // namespace aws_refresh_session::cli
