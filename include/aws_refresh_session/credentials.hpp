#pragma once

/// \file
/// The value: one set of AWS credentials.

#include <aws_refresh_session/clock.hpp>

#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace aws_refresh_session {

/// Text that must not be seen. It keeps its bytes on the heap, zeroes them on destruction, assignment and move, and
/// prints as `***`. Comparison takes the same time wherever the texts differ. A `std::string` that was handed in
/// stays the caller's to wipe.
class SecretString {
 public:
  SecretString() noexcept = default;
  explicit SecretString(std::string_view text);
  SecretString(const SecretString& other);
  SecretString(SecretString&& other) noexcept;
  SecretString& operator=(const SecretString& other);
  SecretString& operator=(SecretString&& other) noexcept;
  ~SecretString();

  /// The text itself, valid as long as this object lives unchanged. The name is long so that a review finds it.
  [[nodiscard]] std::string_view reveal() const noexcept { return {data_.get(), size_}; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  friend bool operator==(const SecretString& left, const SecretString& right) noexcept;

 private:
  void wipe() noexcept;

  std::unique_ptr<char[]> data_;
  std::size_t size_ = 0;
};

/// Prints `***`, or nothing for an empty text.
std::ostream& operator<<(std::ostream& out, const SecretString& secret);

/// Overwrites the text's bytes, spare capacity included, in a way the compiler must not drop, and empties it.
void wipe(std::string& text) noexcept;

/// One set of credentials. Immutable; copies and moves as a value; a moved-from set is empty. Every printing path
/// shows the access key id and the expiration, never the secret key or the token. Reading it is thread-safe.
class Credentials {
 public:
  /// An empty set: `empty()` is true.
  Credentials() = default;

  /// Checks nothing: the refresh engine refuses a set that cannot be used.
  /// \param expiration when the service stops taking the set; none for keys that do not expire
  Credentials(std::string_view access_key_id, std::string_view secret_access_key, std::string_view session_token = {},
              std::optional<WallTime> expiration = std::nullopt, std::string_view account_id = {},
              std::string_view provider_name = {});

  [[nodiscard]] const std::string& access_key_id() const noexcept { return access_key_id_; }
  [[nodiscard]] const SecretString& secret_access_key() const noexcept { return secret_access_key_; }
  [[nodiscard]] const SecretString& session_token() const noexcept { return session_token_; }
  [[nodiscard]] std::optional<WallTime> expiration() const noexcept { return expiration_; }
  /// The account of the keys, where the source says it.
  [[nodiscard]] const std::string& account_id() const noexcept { return account_id_; }
  /// Which provider made it.
  [[nodiscard]] const std::string& provider_name() const noexcept { return provider_name_; }

  /// True when an access key id or a secret key is missing.
  [[nodiscard]] bool empty() const noexcept { return access_key_id_.empty() || secret_access_key_.empty(); }
  /// True when there is an expiration and it is not after `now`.
  [[nodiscard]] bool expired(WallTime now) const noexcept { return expiration_ && *expiration_ <= now; }

  friend bool operator==(const Credentials&, const Credentials&) noexcept = default;

 private:
  std::string access_key_id_;
  SecretString secret_access_key_;
  SecretString session_token_;
  std::optional<WallTime> expiration_;
  std::string account_id_;
  std::string provider_name_;
};

/// `Credentials(access_key_id=AKIA..., expiration=2026-01-01T00:00:00Z, provider=sts)`.
std::ostream& operator<<(std::ostream& out, const Credentials& credentials);
/// The same text.
[[nodiscard]] std::string to_string(const Credentials& credentials);

/// Where a set stands in its life; see refreshing_provider.hpp.
enum class Freshness {
  /// Nothing was ever received, or the last set was dropped.
  none,
  fresh,
  /// A refresh is due and happens in the background.
  advisory,
  /// Still valid, but running out.
  mandatory,
  /// Past its expiration; only handed out when the options allow it.
  expired,
};

[[nodiscard]] std::string_view to_string(Freshness freshness) noexcept;

/// What a reader holds: one set, complete and unchanging, however often the session refreshes meanwhile. Cheap to
/// copy and to move. It keeps the set alive; dropping the last copy zeroes the secrets.
class CredentialsSnapshot {
 public:
  CredentialsSnapshot() noexcept = default;
  CredentialsSnapshot(std::shared_ptr<const Credentials> credentials, Freshness freshness) noexcept
      : credentials_(std::move(credentials)), freshness_(freshness) {}

  [[nodiscard]] const Credentials& operator*() const noexcept { return *credentials_; }
  [[nodiscard]] const Credentials* operator->() const noexcept { return credentials_.get(); }
  [[nodiscard]] explicit operator bool() const noexcept { return credentials_ != nullptr; }

  /// Where the set stood when it was read. `mandatory` marks one that is running out.
  [[nodiscard]] Freshness freshness() const noexcept { return freshness_; }
  /// The same set for code that wants a shared pointer.
  [[nodiscard]] const std::shared_ptr<const Credentials>& shared() const noexcept { return credentials_; }

 private:
  std::shared_ptr<const Credentials> credentials_;
  Freshness freshness_ = Freshness::none;
};

}  // namespace aws_refresh_session
