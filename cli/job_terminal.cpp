#include "cli/job_terminal.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <csignal>

namespace aws_refresh_session::cli {
namespace {

/// Whoever is not in the foreground is stopped when it changes the terminal, unless it blocks the signal.
class TerminalOutputAllowed {
 public:
  TerminalOutputAllowed() noexcept {
    ::sigset_t set{};
    ::sigemptyset(&set);
    ::sigaddset(&set, SIGTTOU);
    ::pthread_sigmask(SIG_BLOCK, &set, &before_);
  }
  ~TerminalOutputAllowed() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  TerminalOutputAllowed(const TerminalOutputAllowed&) = delete;
  TerminalOutputAllowed& operator=(const TerminalOutputAllowed&) = delete;

 private:
  ::sigset_t before_{};
};

}  // namespace

JobTerminal::JobTerminal() noexcept : descriptor_(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)) {}

JobTerminal::~JobTerminal() {
  if (descriptor_ >= 0) {
    ::close(descriptor_);
  }
}

bool JobTerminal::belongs_to(::pid_t group) const noexcept {
  return descriptor_ >= 0 && ::tcgetpgrp(descriptor_) == group;
}

bool JobTerminal::is_ours_alone() const noexcept {
  return descriptor_ >= 0 && ::getpgrp() == ::getpid() && ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1;
}

void JobTerminal::give_to(::pid_t group) noexcept {
  if (descriptor_ >= 0) {
    const TerminalOutputAllowed allowed;
    static_cast<void>(::tcsetpgrp(descriptor_, group));
  }
}

void JobTerminal::keep_modes() noexcept {
  ::termios modes{};
  if (descriptor_ >= 0 && ::tcgetattr(descriptor_, &modes) == 0) {
    modes_ = modes;
  }
}

void JobTerminal::restore_modes() noexcept {
  if (descriptor_ >= 0 && modes_) {
    const TerminalOutputAllowed allowed;
    static_cast<void>(::tcsetattr(descriptor_, TCSADRAIN, &*modes_));
    modes_.reset();
  }
}

}  // namespace aws_refresh_session::cli
