#pragma once

/// \file
/// Texts from outside that end up in an error.

#include <cstddef>
#include <string>
#include <string_view>

namespace aws_refresh_session::core {

/// One printable line without blanks around it, cut at `longest` bytes and between characters.
[[nodiscard]] std::string printable(std::string_view text, std::size_t longest);

/// Replaces each whole occurrence of the secret by `***`.
void replace_secret(std::string& text, std::string_view secret);

/// The same for a long secret, also where only its beginning is left (texts from outside are cut): up to the next blank
/// or mark.
void redact(std::string& text, std::string_view secret);

}  // namespace aws_refresh_session::core
