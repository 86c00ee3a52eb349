#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace aws_refresh_session::emulator {

/// Raw bytes, 32 of them.
[[nodiscard]] std::string hmac_sha256(std::string_view key, std::string_view message);
/// Raw bytes, 20 of them.
[[nodiscard]] std::string hmac_sha1(std::string_view key, std::string_view message);
/// Lower-case hexadecimal.
[[nodiscard]] std::string sha256_hex(std::string_view message);
[[nodiscard]] std::string to_hex(std::string_view bytes);
/// In a time that depends on the lengths alone.
[[nodiscard]] bool same_secret(std::string_view left, std::string_view right) noexcept;

/// Random text from the given alphabet, from the system's generator.
[[nodiscard]] std::string random_text(std::size_t length, std::string_view alphabet);

inline constexpr std::string_view kBase32Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
inline constexpr std::string_view kBase64Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace aws_refresh_session::emulator
