#include "python/native/command_line.hpp"

#include <aws_refresh_session/sts.hpp>

#include <cstddef>

namespace aws_refresh_session::python {

std::vector<std::string> split_command_line(std::string_view command_line) {
  // From here on every quote is closed, and something is behind every backslash.
  static_cast<void>(MfaTokenProvider::from_command_line(command_line));
  constexpr std::string_view kBlanks = " \t\r\n";
  constexpr std::string_view kEscapableInQuotes = "$`\"\\\n";
  std::vector<std::string> words;
  bool in_word = false;
  const auto word = [&]() -> std::string& {
    if (!in_word) {
      words.emplace_back();
      in_word = true;
    }
    return words.back();
  };
  char quote = '\0';
  for (std::size_t index = 0; index < command_line.size(); ++index) {
    const char each = command_line[index];
    if (quote == '\0' && kBlanks.find(each) != std::string_view::npos) {
      in_word = false;
    } else if (quote == '\0' && (each == '\'' || each == '"')) {
      word();
      quote = each;
    } else if (quote != '\0' && each == quote) {
      quote = '\0';
    } else if (each == '\\' && quote != '\'' &&
               (quote == '\0' || kEscapableInQuotes.find(command_line[index + 1]) != std::string_view::npos)) {
      const char escaped = command_line[++index];
      if (escaped != '\n') {
        word().push_back(escaped);
      }
    } else {
      word().push_back(each);
    }
  }
  return words;
}

}  // namespace aws_refresh_session::python
