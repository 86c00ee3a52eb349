#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace aws_refresh_session::core {

/// Encodes every byte but RFC 3986's unreserved ones (2.3: letters, digits, `-._~`) as `%XX`, in upper case: the form
/// that AWS Signature Version 4 asks for.
/// \param keep_slash leaves `/` as it is, for paths
[[nodiscard]] std::string percent_encode(std::string_view text, bool keep_slash = false);

/// Undoes it. `+` stays `+`. A `%` without two hexadecimal digits behind it: nullopt.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text);

}  // namespace aws_refresh_session::core
