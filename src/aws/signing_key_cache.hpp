#pragma once

#include "aws/sha256.hpp"
#include "core/fork.hpp"
#include "core/mutex.hpp"

#include <aws_refresh_session/credentials.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace aws_refresh_session::aws {

/// A derived key; zeroed on destruction.
class SigningKey {
 public:
  explicit SigningKey(const Sha256Digest& bytes) noexcept : bytes_(bytes) {}
  SigningKey(const SigningKey&) = default;
  SigningKey& operator=(const SigningKey&) = default;
  ~SigningKey() { wipe_bytes(bytes_); }

  [[nodiscard]] std::span<const unsigned char> bytes() const noexcept { return bytes_; }

 private:
  Sha256Digest bytes_;
};

/// Signing keys by secret, day, region and service: deriving one costs four HMACs, and it stays the same all day.
/// Owned by whoever signs. Holds the 16 most recently used; secrets and keys are zeroed when they go. Thread-safe,
/// usable on both sides of a `fork()`.
/// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
class SigningKeyCache final : private core::ForkParticipant {
 public:
  static constexpr std::size_t kCapacity = 16;

  SigningKeyCache();
  ~SigningKeyCache() override;
  SigningKeyCache(const SigningKeyCache&) = delete;
  SigningKeyCache& operator=(const SigningKeyCache&) = delete;

  /// \param date `YYYYMMDD`
  [[nodiscard]] SigningKey get(Sha256& sha256, const SecretString& secret, std::string_view date,
                               std::string_view region, std::string_view service) ARS_EXCLUDES(mutex_);

  /// How many keys are held.
  [[nodiscard]] std::size_t size() const ARS_EXCLUDES(mutex_);

 private:
  struct Entry {
    SecretString secret;
    std::string date;
    std::string region;
    std::string service;
    SigningKey key;
  };

  void before_fork() noexcept override;
  void after_fork_in_parent() noexcept override;
  void after_fork_in_child() noexcept override;

  mutable core::Mutex mutex_;
  /// Most recently used first.
  std::vector<Entry> entries_ ARS_GUARDED_BY(mutex_);
};

}  // namespace aws_refresh_session::aws
