#pragma once

#include <sys/types.h>
#include <termios.h>

#include <optional>

namespace aws_refresh_session::cli {

/// The controlling terminal, as a program that runs another one shares it with that (tcsetpgrp(3)).
class JobTerminal {
 public:
  JobTerminal() noexcept;
  ~JobTerminal();
  JobTerminal(const JobTerminal&) = delete;
  JobTerminal& operator=(const JobTerminal&) = delete;

  /// False without a controlling terminal.
  [[nodiscard]] bool exists() const noexcept { return descriptor_ >= 0; }
  /// True if `group` is in the foreground.
  [[nodiscard]] bool belongs_to(::pid_t group) const noexcept;
  /// True when a shell with job control has made this process a job of its own, on the terminal alone: then the
  /// program can be one. In a pipeline or a script others share the group, who must keep the terminal.
  [[nodiscard]] bool is_ours_alone() const noexcept;

  void give_to(::pid_t group) noexcept;
  /// Remembers the modes that a stopped program has set; `restore_modes` gives them back to it.
  void keep_modes() noexcept;
  void restore_modes() noexcept;

  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

 private:
  int descriptor_;
  std::optional<::termios> modes_{};
};

}  // namespace aws_refresh_session::cli
