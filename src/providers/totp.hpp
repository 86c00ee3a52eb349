#pragma once

#include <aws_refresh_session/clock.hpp>
#include <aws_refresh_session/credentials.hpp>

#include <optional>
#include <string_view>

namespace aws_refresh_session::providers {

/// The bytes of a base 32 text (RFC 4648, 6), letters of either case; blanks, dashes and `=` at the end do not count.
/// Nothing for anything else, and for no bytes at all.
[[nodiscard]] std::optional<SecretString> decode_base32(std::string_view text);

/// The six-digit code of a device at a time (RFC 6238 with SHA-1 and steps of 30 s, which is what AWS's virtual devices
/// use).
[[nodiscard]] SecretString totp_code(const SecretString& seed, WallTime time);

}  // namespace aws_refresh_session::providers
