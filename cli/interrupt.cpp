#include "cli/interrupt.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <system_error>

namespace aws_refresh_session::cli {
namespace {

constexpr std::array kSignals{SIGINT, SIGTERM, SIGHUP};
/// Ends the watcher; no signal has this number.
constexpr std::uint64_t kQuit = 1U << 20U;

/// A signal handler reaches nothing but what is global.
std::atomic<int> wake_descriptor{-1};
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler must not lock");

void on_signal(int signal) {
  const int saved = errno;
  const auto number = static_cast<std::uint64_t>(signal);
  static_cast<void>(::write(wake_descriptor.load(), &number, sizeof number));
  errno = saved;
}

void set_handler(int signal, void (*handler)(int), int flags) noexcept {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = flags;
  ::sigemptyset(&action.sa_mask);
  static_cast<void>(::sigaction(signal, &action, nullptr));
}

}  // namespace

Interrupt::Interrupt() {
  const int descriptor = ::eventfd(0, EFD_CLOEXEC);
  if (descriptor < 0) {
    throw std::system_error{errno, std::generic_category(), "eventfd"};
  }
  wake_descriptor.store(descriptor);
  watcher_ = std::thread{[this] { watch(); }};
  for (const int signal : kSignals) {
    struct sigaction before {};
    // What the parent chose to ignore (nohup) stays ignored.
    if (::sigaction(signal, nullptr, &before) == 0 && before.sa_handler != SIG_IGN) {
      set_handler(signal, on_signal, SA_RESTART | static_cast<int>(SA_RESETHAND));
    }
  }
}

Interrupt::~Interrupt() {
  for (const int signal : kSignals) {
    struct sigaction now {};
    if (::sigaction(signal, nullptr, &now) == 0 && now.sa_handler == on_signal) {
      set_handler(signal, SIG_DFL, 0);
    }
  }
  static_cast<void>(::write(wake_descriptor.load(), &kQuit, sizeof kQuit));
  watcher_.join();
  ::close(wake_descriptor.exchange(-1));
}

void Interrupt::watch() {
  for (;;) {
    std::uint64_t number = 0;
    if (::read(wake_descriptor.load(), &number, sizeof number) != sizeof number) {
      continue;
    }
    // The descriptor adds up what is written to it.
    if (number >= kQuit) {
      return;
    }
    signal_.store(static_cast<int>(number));
    stop_.request_stop();
  }
}

void catch_broken_pipes() noexcept {
  set_handler(
      SIGPIPE, [](int) {}, SA_RESTART);
}

}  // namespace aws_refresh_session::cli
