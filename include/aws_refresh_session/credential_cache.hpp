#pragma once

/// \file
/// Credentials that many processes share, and one call to the source for all of them.
///
/// A cache is never needed: what it cannot read is a miss, what it cannot write is a Warning. Off by default in the
/// library; wrap a provider by `make_cached_provider` to use one.

#include <aws_refresh_session/clock.hpp>
#include <aws_refresh_session/credentials.hpp>
#include <aws_refresh_session/credentials_provider.hpp>
#include <aws_refresh_session/environment.hpp>
#include <aws_refresh_session/exceptions.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace aws_refresh_session {

/// Names an entry by everything that determines the credentials in it. The parts may be secret: only their digest
/// (SHA-256) is kept. A value type.
class CacheKey {
 public:
  /// \param label what a person sees in a list of entries, e.g. a role's ARN; not part of the key, never a secret
  explicit CacheKey(std::string_view label);

  /// Adds a part. The order of the parts counts; an empty value is a part, too.
  CacheKey& with(std::string_view name, std::string_view value);

  /// 64 hexadecimal digits.
  [[nodiscard]] const std::string& digest() const noexcept { return digest_; }
  [[nodiscard]] const std::string& label() const noexcept { return label_; }

  friend bool operator==(const CacheKey& left, const CacheKey& right) noexcept { return left.digest_ == right.digest_; }

 private:
  std::string label_;
  std::string digest_;
};

/// Adds what AWS tools read: the user, the settings in the environment, the content of the shared config and
/// credentials files. A change to any of them makes another key.
[[nodiscard]] CacheKey with_aws_settings(CacheKey key, const Environment& environment);

/// A failure that a process left for the others.
struct CachedFailure {
  WallTime at{};
  std::string message{};
  std::string code{};
  std::optional<int> status_code{};
  ErrorKind kind = ErrorKind::recoverable;

  friend bool operator==(const CachedFailure&, const CachedFailure&) = default;
};

struct CacheEntry {
  std::string label{};
  std::optional<Credentials> credentials{};
  /// When the credentials came from the source.
  WallTime received{};
  /// Of the last attempt, if that failed.
  std::optional<CachedFailure> last_failure{};
};

/// The right to ask the source for one key, held while the object lives. The end of its process ends it, however that
/// comes about.
class CacheLease {
 public:
  virtual ~CacheLease() = default;
  /// False: another process had it until the limit was over, or the stop came.
  [[nodiscard]] virtual bool held() const noexcept = 0;

 protected:
  CacheLease() = default;
  CacheLease(const CacheLease&) = default;
  CacheLease& operator=(const CacheLease&) = default;
};

/// Where entries are kept. Thread-safe; many processes may use one place at once. Nothing throws but `std::bad_alloc`.
class CredentialCache {
 public:
  virtual ~CredentialCache() = default;

  /// Nullopt for an entry that is missing, damaged, of another version, of another encryption key, or not safe to read.
  [[nodiscard]] virtual std::optional<CacheEntry> load(const CacheKey& key) = 0;
  virtual void store(const CacheKey& key, const CacheEntry& entry) = 0;
  virtual void remove(const CacheKey& key) = 0;
  /// Null if the cache cannot lock: then everybody may ask.
  [[nodiscard]] virtual std::unique_ptr<CacheLease> lease(const CacheKey& key, std::chrono::milliseconds limit,
                                                          const std::stop_token& stop) = 0;
  /// All entries that can be read, by label.
  [[nodiscard]] virtual std::vector<CacheEntry> list() = 0;
  /// Removes all entries, those that cannot be read too. \returns how many there were
  virtual std::size_t clear() = 0;

 protected:
  CredentialCache() = default;
  CredentialCache(const CredentialCache&) = default;
  CredentialCache& operator=(const CredentialCache&) = default;
};

/// Gives the 32 bytes that entries are encrypted with, the same in every process that shares them; empty if it has none
/// to give, which turns the cache off. What it throws turns the cache off with a Warning.
using EncryptionKeySource = std::function<SecretString()>;

/// A key that the kernel keeps for this user (Linux's user keyring), made at the first use: it is never on a disk, and
/// gone after a restart, and the entries with it. Empty where the kernel allows no keyring, as in most containers.
/// https://man7.org/linux/man-pages/man7/user-keyring.7.html
[[nodiscard]] EncryptionKeySource encryption_key_from_keyring();
/// A key in a file of mode 0600, made at the first use.
[[nodiscard]] EncryptionKeySource encryption_key_from_file(std::string path);

struct FileCacheOptions {
  /// Made with mode 0700 if missing. Empty: `aws-refresh-session/credentials` in XDG_CACHE_HOME, else in ~/.cache.
  std::string directory{};
  /// Empty: the keyring; where there is none, the file `key` in the directory.
  EncryptionKeySource encryption_key{};
  /// Null: the machine's own.
  std::shared_ptr<const Clock> clock{};
  std::shared_ptr<const Environment> environment{};
};

/// One file an entry, encrypted by AES-256-GCM, of mode 0600 and replaced in one step; a file of locks beside them.
/// Entries of two days ago are removed. A directory or file that belongs to somebody else, or that others can write, is
/// not used. The directory and the encryption key are found and made here; without them the cache is there, and empty.
/// Never null.
[[nodiscard]] std::shared_ptr<CredentialCache> make_file_cache(const FileCacheOptions& options = {});

struct CachedProviderOptions {
  /// A set with less left than this is replaced. None: half of its lifetime.
  std::optional<std::chrono::milliseconds> advisory_window{};
  /// Makes the key anew for every question, for a source whose settings may change meanwhile. What was asked for while
  /// they changed is not kept: nobody knows whose it is. Empty: the key stays as it was given.
  std::function<CacheKey()> current_key{};
  /// How long to wait for another process that asks the source. After that a source that may have to ask a person
  /// fails, and any other is asked all the same. Zero: another process that asks is enough, whatever the source.
  std::chrono::milliseconds lease_timeout{60'000};
  /// Which sets to keep; empty: all that expire. One that does not expire is never kept.
  std::function<bool(const Credentials&)> keep{};
  /// Null: the machine's own.
  std::shared_ptr<const Clock> clock{};
};

/// `source` behind a cache, for a RefreshingCredentialsProvider, or to be asked once: each question is for another set
/// than the one before, which comes from the cache if another process has put it there. However many processes ask at
/// once for a key that has no set, one of them asks the source, and the others get its set, or its error. When the
/// source fails, a set that is still valid is given, with a Warning, to whoever does not have it yet. \throws
/// ValidationError for a null source or cache
[[nodiscard]] std::shared_ptr<CredentialsProvider> make_cached_provider(std::shared_ptr<CredentialsProvider> source,
                                                                        std::shared_ptr<CredentialCache> cache,
                                                                        CacheKey key,
                                                                        CachedProviderOptions options = {});

}  // namespace aws_refresh_session
