#pragma once

#include <cstddef>
#include <stop_token>
#include <string>
#include <string_view>

namespace aws_refresh_session::cli {

struct TerminalSize {
  std::size_t columns = 80;
  std::size_t rows = 24;
};

/// True if the descriptor is a terminal that understands cursor movement.
[[nodiscard]] bool is_live_terminal(int descriptor) noexcept;
[[nodiscard]] TerminalSize terminal_size(int descriptor) noexcept;
/// True on a terminal, unless NO_COLOR is set (https://no-color.org).
[[nodiscard]] bool wants_colour(int descriptor) noexcept;

/// True if there is a terminal to ask a person on, whatever the standard streams are.
[[nodiscard]] bool can_prompt() noexcept;

/// Asks on the controlling terminal, without echo, and restores it on every way out.
/// \returns the line without its end and surrounding blanks
/// \throws ConfigurationError without a terminal, Error of kind cancelled after `stop` or at the end of input
[[nodiscard]] std::string prompt_hidden(std::string_view question, const std::stop_token& stop);

}  // namespace aws_refresh_session::cli
