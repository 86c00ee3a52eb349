#pragma once

#include <aws_refresh_session/clock.hpp>
#include <aws_refresh_session/exceptions.hpp>

#include <string_view>

namespace aws_refresh_session::providers {

/// An expiration that a user wrote as text.
/// \param param how the user knows it
/// \throws CredentialError of code `InvalidExpiry` and that kind, which says what is wrong: no time zone, no RFC 3339
[[nodiscard]] WallTime parse_expiry(std::string_view text, std::string_view param, ErrorKind kind);

}  // namespace aws_refresh_session::providers
