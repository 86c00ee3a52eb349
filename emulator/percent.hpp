#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace aws_refresh_session::emulator {

/// Percent-decodes (RFC 3986, 2.1). `+` stays. \returns nullopt for a `%` without two hexadecimal digits
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text);

/// Encodes every byte but the unreserved ones of RFC 3986, 2.3, and `/` where it is kept.
[[nodiscard]] std::string percent_encode(std::string_view text, bool keep_slash = false);

using Parameters = std::vector<std::pair<std::string, std::string>>;

/// Splits at `&` and `=` and decodes. A key without `=` has an empty value; empty parts are skipped.
/// \param plus_is_space as in form bodies, not as in signed queries
/// \returns nullopt if something does not decode, or for more than 1000 parameters
[[nodiscard]] std::optional<Parameters> parse_parameters(std::string_view text, bool plus_is_space);

}  // namespace aws_refresh_session::emulator
