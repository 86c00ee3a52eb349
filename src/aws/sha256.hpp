#pragma once

/// \file
/// SHA-256 and HMAC-SHA-256 (FIPS 180-4, RFC 2104) by OpenSSL, at the cost of the compression function.

#include <array>
#include <memory>
#include <span>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace aws_refresh_session::aws {

using Sha256Digest = std::array<unsigned char, 32>;

/// Hashes any number of texts one after the other with one OpenSSL context: making a context costs more than hashing
/// a small request. Not thread-safe; make one for each signature.
class Sha256 {
 public:
  /// \throws Error of code `OpenSsl` when OpenSSL has no SHA-256
  Sha256();

  [[nodiscard]] Sha256Digest hash(std::string_view data);
  /// A key of any length. What is derived from the key on the way is zeroed.
  [[nodiscard]] Sha256Digest hmac(std::span<const unsigned char> key, std::string_view data);

  /// The same piece by piece: `start`, any number of `add`, `finish`.
  void start();
  void add(std::span<const unsigned char> data);
  [[nodiscard]] Sha256Digest finish();

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const noexcept;
  };

  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

/// Lower-case hexadecimal.
void append_hex(std::string& out, std::span<const unsigned char> bytes);

/// Zeroes in a way the compiler must not drop.
void wipe_bytes(std::span<unsigned char> bytes) noexcept;

}  // namespace aws_refresh_session::aws
