#include "aws/sha256.hpp"

#include "core/fork_safe_once.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <cstddef>

namespace aws_refresh_session::aws {
namespace {

constexpr std::size_t kBlockSize = 64;

[[noreturn]] void fail() {
  throw Error{{.message = "OpenSSL cannot compute SHA-256: check its configuration and providers", .code = "OpenSsl"}};
}

// NOLINTNEXTLINE(cppcoreguidelines-owning-memory): never destroyed, see ForkSafeOnce
core::ForkSafeOnce& digest_fetched = *new core::ForkSafeOnce;
EVP_MD* fetched_digest = nullptr;

/// Fetched once and never freed: EVP_sha256() is looked up in the providers again at every use.
const EVP_MD* sha256_digest() {
  digest_fetched.run([] { fetched_digest = ::EVP_MD_fetch(nullptr, "SHA256", nullptr); });
  return fetched_digest;
}

std::span<const unsigned char> as_bytes(std::string_view text) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): OpenSSL reads bytes
  return {reinterpret_cast<const unsigned char*>(text.data()), text.size()};
}

}  // namespace

void Sha256::Free::operator()(evp_md_ctx_st* context) const noexcept {
  ::EVP_MD_CTX_free(context);
}

Sha256::Sha256() : context_(::EVP_MD_CTX_new()) {
  if (context_ == nullptr || sha256_digest() == nullptr) {
    fail();
  }
}

void Sha256::start() {
  if (::EVP_DigestInit_ex2(context_.get(), sha256_digest(), nullptr) != 1) {
    fail();
  }
}

void Sha256::add(std::span<const unsigned char> data) {
  if (::EVP_DigestUpdate(context_.get(), data.data(), data.size()) != 1) {
    fail();
  }
}

Sha256Digest Sha256::finish() {
  Sha256Digest digest;
  if (::EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr) != 1) {
    fail();
  }
  return digest;
}

Sha256Digest Sha256::hash(std::string_view data) {
  start();
  add(as_bytes(data));
  return finish();
}

// By hand: EVP_MAC allocates and fetches at every use, which doubles the price of a signature.
Sha256Digest Sha256::hmac(std::span<const unsigned char> key, std::string_view data) {
  constexpr unsigned char kInnerPad = 0x36;
  constexpr unsigned char kOuterPad = 0x5c;
  std::array<unsigned char, kBlockSize> block{};
  if (key.size() > kBlockSize) {
    start();
    add(key);
    auto hashed = finish();
    std::copy(hashed.begin(), hashed.end(), block.begin());
    wipe_bytes(hashed);
  } else {
    std::copy(key.begin(), key.end(), block.begin());
  }
  for (auto& byte : block) {
    byte ^= kInnerPad;
  }
  start();
  add(block);
  add(as_bytes(data));
  auto inner = finish();
  for (auto& byte : block) {
    byte ^= kInnerPad ^ kOuterPad;
  }
  start();
  add(block);
  add(inner);
  const auto digest = finish();
  wipe_bytes(block);
  wipe_bytes(inner);
  return digest;
}

void append_hex(std::string& out, std::span<const unsigned char> bytes) {
  const auto start = out.size();
  out.resize(start + 2 * bytes.size());
  const auto digit = [](unsigned nibble) { return static_cast<char>(nibble + (nibble < 10 ? '0' : 'a' - 10)); };
  const std::span<char> digits{out.data() + start, 2 * bytes.size()};
  for (std::size_t index = 0; index < bytes.size(); ++index) {
    digits[2 * index] = digit(bytes[index] >> 4U);
    digits[2 * index + 1] = digit(bytes[index] & 0x0fU);
  }
}

void wipe_bytes(std::span<unsigned char> bytes) noexcept {
  ::OPENSSL_cleanse(bytes.data(), bytes.size());
}

}  // namespace aws_refresh_session::aws
