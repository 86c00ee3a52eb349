#pragma once

/// \file
/// How an entry looks on a disk: encrypted by AES-256-GCM (NIST SP 800-38D), bound to its key.

#include <aws_refresh_session/credentials.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace aws_refresh_session::cache {

inline constexpr std::size_t kEncryptionKeySize = 32;

/// From the generator that OpenSSL keeps for private values.
/// \throws Error of code `OpenSsl`
[[nodiscard]] SecretString random_secret(std::size_t size);

/// \param digest of the entry's CacheKey: an entry that is put under another name is refused
/// \throws Error of code `OpenSsl`
[[nodiscard]] std::string seal(std::string_view plain, const SecretString& encryption_key, std::string_view digest);

/// Nullopt for what `seal` did not make of this key and digest.
[[nodiscard]] std::optional<SecretString> open_sealed(std::string_view sealed, const SecretString& encryption_key,
                                                      std::string_view digest);

}  // namespace aws_refresh_session::cache
