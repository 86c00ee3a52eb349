#pragma once

#include <aws_refresh_session/credential_cache.hpp>

#include <optional>
#include <string_view>

namespace aws_refresh_session::cache {

/// The entry as JSON.
[[nodiscard]] SecretString write_entry(const CacheEntry& entry);

/// Nullopt for what is no entry.
[[nodiscard]] std::optional<CacheEntry> read_entry(std::string_view text);

}  // namespace aws_refresh_session::cache
