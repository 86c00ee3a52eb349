#include "cli/terminal.hpp"

#include <aws_refresh_session/credentials.hpp>
#include <aws_refresh_session/exceptions.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace aws_refresh_session::cli {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int value) noexcept : value_(value) {}
  ~Descriptor() {
    if (value_ >= 0) {
      ::close(value_);
    }
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const noexcept { return value_; }

 private:
  int value_;
};

class EchoOff {
 public:
  explicit EchoOff(int terminal) noexcept : terminal_(terminal) {
    known_ = ::tcgetattr(terminal_, &before_) == 0;
    if (known_) {
      termios silent = before_;
      silent.c_lflag &= ~static_cast<tcflag_t>(ECHO | ECHOE | ECHOK);
      // The new line still moves the cursor, so that what follows starts on a line of its own.
      silent.c_lflag |= ECHONL;
      ::tcsetattr(terminal_, TCSAFLUSH, &silent);
    }
  }
  ~EchoOff() {
    if (known_) {
      ::tcsetattr(terminal_, TCSAFLUSH, &before_);
    }
  }
  EchoOff(const EchoOff&) = delete;
  EchoOff& operator=(const EchoOff&) = delete;

 private:
  int terminal_;
  termios before_{};
  bool known_ = false;
};

int open_terminal() noexcept {
  return ::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
}

void write_to(int terminal, std::string_view text) noexcept {
  static_cast<void>(!::write(terminal, text.data(), text.size()));
}

[[noreturn]] void give_up(int terminal) {
  write_to(terminal, "\n");
  throw Error{{.message = "The prompt was left without a code.", .code = "Cancelled", .kind = ErrorKind::cancelled}};
}

}  // namespace

bool is_live_terminal(int descriptor) noexcept {
  const char* term = std::getenv("TERM");
  return ::isatty(descriptor) == 1 && term != nullptr && *term != '\0' && std::string_view{term} != "dumb";
}

TerminalSize terminal_size(int descriptor) noexcept {
  winsize size{};
  TerminalSize result;
  if (::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0) {
    result.columns = size.ws_col;
    result.rows = size.ws_row;
  }
  return result;
}

bool wants_colour(int descriptor) noexcept {
  const char* no_colour = std::getenv("NO_COLOR");
  return is_live_terminal(descriptor) && (no_colour == nullptr || *no_colour == '\0');
}

bool can_prompt() noexcept {
  const Descriptor terminal{open_terminal()};
  return terminal.get() >= 0;
}

std::string prompt_hidden(std::string_view question, const std::stop_token& stop) {
  const Descriptor terminal{open_terminal()};
  if (terminal.get() < 0) {
    throw ConfigurationError{{.message = "A one-time code is needed, and there is no terminal to ask on. Give "
                                         "--mfa-command.",
                              .code = "NoTerminal",
                              .param = "SerialNumber"}};
  }
  const EchoOff silent{terminal.get()};
  write_to(terminal.get(), question);

  constexpr int kLookForStopMs = 50;
  constexpr std::size_t kLongestLine = 256;
  std::string line;
  for (;;) {
    if (stop.stop_requested()) {
      give_up(terminal.get());
    }
    pollfd waiting{terminal.get(), POLLIN, 0};
    if (::poll(&waiting, 1, kLookForStopMs) <= 0) {
      continue;
    }
    char c = 0;
    const ssize_t got = ::read(terminal.get(), &c, 1);
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got <= 0 || line.size() > kLongestLine) {
      wipe(line);
      give_up(terminal.get());
    }
    if (c == '\n') {
      break;
    }
    if (c != ' ' && c != '\t' && c != '\r') {
      line += c;
    }
  }
  return line;
}

}  // namespace aws_refresh_session::cli
