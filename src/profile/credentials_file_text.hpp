#pragma once

#include <aws_refresh_session/credentials.hpp>

#include <string>
#include <string_view>

namespace aws_refresh_session::profile {

/// Whether the name can stand between brackets so that every reader finds the same.
[[nodiscard]] bool is_writable_profile_name(std::string_view name) noexcept;

/// Whether every reader takes the value as it is: printable ASCII without blanks, not empty.
[[nodiscard]] bool is_writable_value(std::string_view value) noexcept;

/// The file's text with the profile's keys replaced by these; see credentials_file.hpp. The lines keep the ends that
/// they have, the new ones take that of the first line. The caller wipes the text.
/// \param profile, credentials writable
[[nodiscard]] std::string with_profile(std::string_view text, std::string_view profile, const Credentials& credentials);

}  // namespace aws_refresh_session::profile
