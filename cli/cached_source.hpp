#pragma once

/// \file
/// The cache that all runs of the program share, in front of a source.

#include "cli/command_line.hpp"
#include "cli/output.hpp"
#include "cli/source.hpp"

#include <aws_refresh_session/credential_cache.hpp>

#include <memory>
#include <optional>

namespace aws_refresh_session::cli {

/// What the source arguments say, with everything else that decides which credentials they stand for.
class CachedSource {
 public:
  /// Nullopt with `--no-cache` or AWS_REFRESH_SESSION_CACHE=off.
  /// \throws UsageError for a variable that names no absolute path
  [[nodiscard]] static std::optional<CachedSource> open(const SourceArguments& arguments);

  /// A set that can be handed out without asking anybody.
  struct Found {
    Credentials credentials;
    /// More than half of its life is over.
    bool refresh_due = false;
  };
  /// Nullopt if there is none, or too little of its life is left for the SDK that gets it: the least of a quarter of
  /// the life and 15 minutes, below which botocore asks again at every request.
  [[nodiscard]] std::optional<Found> find() const;

  /// The source behind the cache.
  [[nodiscard]] std::shared_ptr<CredentialsProvider> wrap(std::shared_ptr<CredentialsProvider> source) const;

  /// Starts a process that refreshes the entry and leaves this one nothing to wait for. Nobody is asked anything. Call
  /// it when all output is written.
  void refresh_in_background() const;

 private:
  CachedSource(SourceArguments arguments, std::shared_ptr<CredentialCache> cache, CacheKey key)
      : arguments_(std::move(arguments)), cache_(std::move(cache)), key_(std::move(key)) {}

  [[nodiscard]] CachedProviderOptions options_with(CachedProviderOptions options) const;

  SourceArguments arguments_;
  std::shared_ptr<CredentialCache> cache_;
  CacheKey key_;
};

/// The program's cache; null if it is switched off.
/// \throws UsageError as CachedSource::open
[[nodiscard]] std::shared_ptr<CredentialCache> open_cache();

}  // namespace aws_refresh_session::cli
