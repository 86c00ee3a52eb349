#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aws_refresh_session::core {

/// Splits a command line into words by the quoting rules of POSIX XCU 2.2 (backslash, single and double quotes, a
/// backslash before a line's end joins the lines). Nothing is expanded and nothing else is special: `$HOME`, `|`, `*`
/// and `#` are text. Blanks, tabs and line ends (CR, too) stand between words; `''` is an empty word.
/// https://pubs.opengroup.org/onlinepubs/9699919799/utilities/V3_chap02.html#tag_18_02
/// \returns nullopt for a quote that is not closed, a backslash at the very end, or a NUL byte, which no argument can
///   hold
[[nodiscard]] std::optional<std::vector<std::string>> split_shell_words(std::string_view text);

}  // namespace aws_refresh_session::core
