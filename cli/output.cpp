#include "cli/output.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <system_error>

namespace aws_refresh_session::cli {
namespace {

/// \returns 0, or the errno that stopped it
int write_all(int descriptor, std::string_view text) noexcept {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written < 0) {
      if (errno == EINTR) {
        continue;
      }
      return errno;
    }
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

}  // namespace

bool OutputError::closed() const noexcept {
  return error_number_ == EPIPE;
}

void write_result(std::string_view text) {
  if (const int error = write_all(STDOUT_FILENO, text); error != 0) {
    throw OutputError{error, "cannot write to standard output: " + std::generic_category().message(error)};
  }
}

std::string one_line(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool control = byte < 0x20 || byte == 0x7f;
    if (!control) {
      out += c;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  while (!out.empty() && out.back() == ' ') {
    out.pop_back();
  }
  return out;
}

void Messages::error(std::string_view text) {
  write_error_stream(fmt::format("aws-refresh-session: {}\n", one_line(text)));
}

void Messages::warning(std::string_view text) {
  if (quiet_) {
    return;
  }
  {
    const std::lock_guard lock{mutex_};
    if (!warned_.emplace(text).second) {
      return;
    }
  }
  write_error_stream(fmt::format("aws-refresh-session: warning: {}\n", one_line(text)));
}

void Messages::notice(std::string_view text) {
  if (!quiet_) {
    write_error_stream(fmt::format("{}\n", one_line(text)));
  }
}

void Messages::detail(std::string_view text) {
  if (verbose_) {
    write_error_stream(fmt::format("{} {}\n", time_of_day_now(), one_line(text)));
  }
}

std::string time_of_day_now() {
  const auto since_midnight =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()) %
      std::chrono::days{1};
  const std::chrono::hh_mm_ss time{since_midnight};
  return fmt::format("{:02}:{:02}:{:02}.{:03}", time.hours().count(), time.minutes().count(), time.seconds().count(),
                     time.subseconds().count());
}

void write_error_stream(std::string_view text) noexcept {
  static_cast<void>(write_all(STDERR_FILENO, text));
}

}  // namespace aws_refresh_session::cli
