#include "cli/signal_pipe.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <system_error>

namespace aws_refresh_session::cli {
namespace {

constexpr std::array kSignals{SIGCHLD, SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGCONT, SIGTSTP, SIGWINCH};
static_assert(SIGWINCH < 128, "a signal and its origin go in one byte");
constexpr unsigned char kFromKernel = 0x80;

/// A signal handler reaches nothing but what is global.
std::atomic<int> write_end{-1};
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler must not lock");

void on_signal(int signal, siginfo_t* info, void* /*context*/) {
  const int saved = errno;
  auto byte = static_cast<unsigned char>(signal);
  if (info != nullptr && info->si_code > 0) {
    byte |= kFromKernel;
  }
  // A full pipe holds more news than anybody needs.
  static_cast<void>(!::write(write_end.load(), &byte, 1));
  errno = saved;
}

}  // namespace

SignalPipe::SignalPipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    throw std::system_error{errno, std::generic_category(), "pipe"};
  }
  read_end_ = ends[0];
  static_cast<void>(::fcntl(ends[1], F_SETFL, O_NONBLOCK));
  write_end.store(ends[1]);
  for (const int signal : kSignals) {
    struct sigaction before {};
    if (::sigaction(signal, nullptr, &before) != 0 || (before.sa_handler == SIG_IGN && signal != SIGCHLD)) {
      continue;
    }
    struct sigaction action {};
    action.sa_sigaction = on_signal;
    action.sa_flags = SA_RESTART | SA_SIGINFO;
    ::sigemptyset(&action.sa_mask);
    if (::sigaction(signal, &action, nullptr) == 0) {
      before_.emplace_back(signal, before);
    }
  }
}

SignalPipe::~SignalPipe() {
  for (const auto& [signal, before] : before_) {
    static_cast<void>(::sigaction(signal, &before, nullptr));
  }
  ::close(write_end.exchange(-1));
  ::close(read_end_);
}

CaughtSignal SignalPipe::next() {
  unsigned char byte = 0;
  while (::read(read_end_, &byte, 1) != 1) {
  }
  return {byte & ~kFromKernel, (byte & kFromKernel) != 0};
}

}  // namespace aws_refresh_session::cli
