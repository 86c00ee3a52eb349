#include "cli/child_program.hpp"

#include "cli/exit_codes.hpp"
#include "cli/job_terminal.hpp"
#include "cli/signal_pipe.hpp"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

namespace aws_refresh_session::cli {
namespace {

/// posix_spawn's two objects with their ends.
class SpawnSettings {
 public:
  SpawnSettings() {
    check(::posix_spawnattr_init(&attributes_));
    check(::posix_spawn_file_actions_init(&actions_));
  }
  ~SpawnSettings() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  void lead_own_group() {
    check(::posix_spawnattr_setpgroup(&attributes_, 0));
    check(::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETPGROUP));
  }
  /// Before its first instruction, so that it never reads as a background process.
  void take_terminal(int terminal) { check(::posix_spawn_file_actions_addtcsetpgrp_np(&actions_, terminal)); }

  [[nodiscard]] const ::posix_spawnattr_t* attributes() const noexcept { return &attributes_; }
  [[nodiscard]] const ::posix_spawn_file_actions_t* actions() const noexcept { return &actions_; }

 private:
  static void check(int error) {
    if (error != 0) {
      throw std::system_error{error, std::generic_category(), "posix_spawn"};
    }
  }

  ::posix_spawnattr_t attributes_{};
  ::posix_spawn_file_actions_t actions_{};
};

/// A program that was started, until it has ended.
class Child {
 public:
  Child(::pid_t pid, bool own_group, JobTerminal& terminal) : pid_(pid), own_group_(own_group), terminal_(terminal) {}

  /// What the person or the system asks of us is meant for the program.
  void forward(const CaughtSignal& caught) noexcept {
    if (caught.number == SIGCONT) {
      resume();
    } else if (own_group_) {
      static_cast<void>(::kill(-pid_, caught.number));
    } else if (!caught.from_kernel) {
      static_cast<void>(::kill(pid_, caught.number));
    }
  }

  /// The status, once it has ended. Follows it when it is stopped.
  [[nodiscard]] std::optional<int> look() {
    int status = 0;
    while (::waitpid(pid_, &status, WNOHANG | WUNTRACED) > 0) {
      if (WIFSTOPPED(status)) {
        stop_with_it(WSTOPSIG(status));
        continue;
      }
      take_terminal_back();
      return WIFEXITED(status) ? WEXITSTATUS(status) : kSignalBase + WTERMSIG(status);
    }
    return std::nullopt;
  }

 private:
  void take_terminal_back() noexcept {
    if (own_group_ && terminal_.belongs_to(pid_)) {
      terminal_.give_to(::getpgrp());
    }
  }

  /// Without a terminal nobody would continue us, and the program may have been stopped for a debugger.
  void stop_with_it(int signal) {
    if (!terminal_.exists()) {
      return;
    }
    if (own_group_ && terminal_.belongs_to(pid_)) {
      terminal_.keep_modes();
      take_terminal_back();
    }
    struct sigaction before {};
    struct sigaction standard {};
    standard.sa_handler = SIG_DFL;
    ::sigemptyset(&standard.sa_mask);
    // Where no shell is there to continue us the kernel drops the signal, which it would not do with SIGSTOP, and the
    // program goes on.
    const int own = signal == SIGSTOP ? SIGTSTP : signal;
    const bool changed = ::sigaction(own, &standard, &before) == 0;
    // On this very thread: stopped when it returns.
    static_cast<void>(::raise(own));
    if (changed) {
      static_cast<void>(::sigaction(own, &before, nullptr));
    }
    resume();
  }

  void resume() noexcept {
    if (own_group_ && terminal_.is_ours_alone() && terminal_.belongs_to(::getpgrp())) {
      terminal_.restore_modes();
      terminal_.give_to(pid_);
    }
    static_cast<void>(::kill(own_group_ ? -pid_ : pid_, SIGCONT));
  }

  ::pid_t pid_;
  bool own_group_;
  JobTerminal& terminal_;
};

}  // namespace

ProgramEnd run_child_program(std::span<const std::string> arguments, ChildEnvironment& environment) {
  std::vector<std::string> texts{arguments.begin(), arguments.end()};
  std::vector<char*> argv;
  argv.reserve(texts.size() + 1);
  for (auto& text : texts) {
    argv.push_back(text.data());
  }
  argv.push_back(nullptr);

  JobTerminal terminal;
  const bool own_group = !terminal.exists() || terminal.is_ours_alone();
  const bool in_foreground = terminal.belongs_to(::getpgrp());
  SpawnSettings settings;
  if (own_group) {
    settings.lead_own_group();
    if (in_foreground) {
      settings.take_terminal(terminal.descriptor());
    }
  }

  SignalPipe signals;
  ::pid_t pid = 0;
  if (const int error = ::posix_spawnp(&pid, argv.front(), settings.actions(), settings.attributes(), argv.data(),
                                       environment.pointers().data());
      error != 0) {
    // The terminal may have been given to a process that is gone.
    if (in_foreground) {
      terminal.give_to(::getpgrp());
    }
    return {error == ENOENT ? kNotFound : kNotExecutable, error};
  }
  Child child{pid, own_group, terminal};
  for (;;) {
    const auto caught = signals.next();
    if (caught.number != SIGCHLD) {
      child.forward(caught);
    } else if (const auto status = child.look()) {
      return {*status, 0};
    }
  }
}

}  // namespace aws_refresh_session::cli
