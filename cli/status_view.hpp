#pragma once

/// \file
/// What is in the cache, for a person and for a program. Never a secret.

#include <aws_refresh_session/clock.hpp>
#include <aws_refresh_session/credential_cache.hpp>

#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <vector>

namespace aws_refresh_session::cli {

inline constexpr std::size_t kUnlimitedColumns = std::numeric_limits<std::size_t>::max();

/// A heading and a line an entry: what is left of its life, as a bar, too, and the last failure. At most `columns`
/// wide.
[[nodiscard]] std::vector<std::string> status_lines(std::span<const CacheEntry> entries, WallTime now,
                                                    std::size_t columns, bool colour);

/// `{"Entries": [...]}`.
[[nodiscard]] std::string status_json(std::span<const CacheEntry> entries, WallTime now);

}  // namespace aws_refresh_session::cli
