#pragma once

#include <optional>
#include <string_view>

namespace aws_refresh_session::providers {

/// True for exactly six ASCII digits.
[[nodiscard]] bool is_one_time_code(std::string_view text) noexcept;

/// The last standalone one-time code in a text: six ASCII digits between characters that are neither ASCII letters,
/// digits nor underscores (`\b\d{6}\b`). Bytes past ASCII count as letters: they may be digits of another script, and
/// to guess wrong would spend one of the few attempts that a device has.
/// \returns a view into `text`
[[nodiscard]] std::optional<std::string_view> find_one_time_code(std::string_view text) noexcept;

}  // namespace aws_refresh_session::providers
