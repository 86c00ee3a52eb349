#include "providers/dpop.hpp"

#include "aws/sha256.hpp"

#include <aws_refresh_session/credentials.hpp>
#include <aws_refresh_session/exceptions.hpp>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <vector>

namespace aws_refresh_session::providers {
namespace {

/// Of a coordinate, and of each half of a signature.
constexpr std::size_t kNumberSize = 32;

template <auto Free>
struct Freed {
  template <typename Object>
  void operator()(Object* object) const noexcept {
    Free(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<::EVP_PKEY_free>>;
using Bio = std::unique_ptr<BIO, Freed<::BIO_free>>;
using Number = std::unique_ptr<BIGNUM, Freed<::BN_clear_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Freed<::EVP_MD_CTX_free>>;
using Signature = std::unique_ptr<ECDSA_SIG, Freed<::ECDSA_SIG_free>>;

[[noreturn]] void fail() {
  ::ERR_clear_error();
  throw Error{{.message = "OpenSSL cannot sign by ES256: check its configuration and providers", .code = "OpenSsl"}};
}

/// RFC 7515, 2: base64url without padding.
std::string base64url(std::span<const unsigned char> bytes) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  constexpr unsigned kBits = 6;
  constexpr unsigned kMask = 63;
  std::string text;
  unsigned held = 0;
  unsigned bits = 0;
  for (const auto byte : bytes) {
    held = (held << 8U) | byte;
    bits += 8;
    while (bits >= kBits) {
      bits -= kBits;
      text += kAlphabet[(held >> bits) & kMask];
    }
  }
  if (bits > 0) {
    text += kAlphabet[(held << (kBits - bits)) & kMask];
  }
  return text;
}

std::span<const unsigned char> as_bytes(std::string_view text) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): OpenSSL reads bytes
  return {reinterpret_cast<const unsigned char*>(text.data()), text.size()};
}

std::string base64url(std::string_view text) {
  return base64url(as_bytes(text));
}

/// An encrypted key has no passphrase here. Without this function OpenSSL would ask for it at the terminal.
int no_passphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*user*/) {
  return -1;
}

/// Null if it is no private key on P-256.
Key parse_key(std::string_view pem) {
  if (pem.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
    return nullptr;
  }
  const Bio bio{::BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
  if (!bio) {
    fail();
  }
  Key key{::PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr)};
  ::ERR_clear_error();
  std::array<char, 64> group{};
  std::size_t size = 0;
  if (!key || ::EVP_PKEY_is_a(key.get(), "EC") != 1 ||
      ::EVP_PKEY_get_group_name(key.get(), group.data(), group.size(), &size) != 1 ||
      std::string_view{group.data(), size} != "prime256v1") {
    ::ERR_clear_error();
    return nullptr;
  }
  return key;
}

std::string coordinate(const EVP_PKEY* key, const char* name) {
  BIGNUM* raw = nullptr;
  const bool got = ::EVP_PKEY_get_bn_param(key, name, &raw) == 1;
  const Number number{raw};
  std::array<unsigned char, kNumberSize> bytes{};
  if (!got || ::BN_bn2binpad(number.get(), bytes.data(), static_cast<int>(bytes.size())) < 0) {
    fail();
  }
  return base64url(bytes);
}

/// The two numbers one after the other (RFC 7518, 3.4), not OpenSSL's DER.
std::string sign(EVP_PKEY* key, std::string_view text) {
  const DigestContext context{::EVP_MD_CTX_new()};
  const auto bytes = as_bytes(text);
  std::size_t size = 0;
  if (!context || ::EVP_DigestSignInit(context.get(), nullptr, ::EVP_sha256(), nullptr, key) != 1 ||
      ::EVP_DigestSign(context.get(), nullptr, &size, bytes.data(), bytes.size()) != 1) {
    fail();
  }
  std::vector<unsigned char> der(size);
  if (::EVP_DigestSign(context.get(), der.data(), &size, bytes.data(), bytes.size()) != 1) {
    fail();
  }
  const unsigned char* at = der.data();
  const Signature signature{::d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(size))};
  std::array<unsigned char, 2 * kNumberSize> raw{};
  if (!signature ||
      ::BN_bn2binpad(::ECDSA_SIG_get0_r(signature.get()), raw.data(), static_cast<int>(kNumberSize)) < 0 ||
      ::BN_bn2binpad(::ECDSA_SIG_get0_s(signature.get()), std::span{raw}.subspan(kNumberSize).data(),
                     static_cast<int>(kNumberSize)) < 0) {
    fail();
  }
  return base64url(raw);
}

}  // namespace

std::optional<std::string> dpop_proof(std::string_view key_pem, const DpopClaims& claims) {
  const auto key = parse_key(key_pem);
  if (!key) {
    return std::nullopt;
  }
  const nlohmann::json header = {{"typ", "dpop+jwt"},
                                 {"alg", "ES256"},
                                 {"jwk",
                                  {{"kty", "EC"},
                                   {"crv", "P-256"},
                                   {"x", coordinate(key.get(), OSSL_PKEY_PARAM_EC_PUB_X)},
                                   {"y", coordinate(key.get(), OSSL_PKEY_PARAM_EC_PUB_Y)}}}};
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(claims.issued_at.time_since_epoch()).count();
  const nlohmann::json payload = {{"jti", claims.id}, {"htm", claims.method}, {"htu", claims.url}, {"iat", seconds}};
  auto proof = base64url(header.dump());
  proof.append(".").append(base64url(payload.dump()));
  const auto signature = sign(key.get(), proof);
  return proof.append(".").append(signature);
}

std::string random_uuid() {
  constexpr unsigned kVersion = 0x40;
  constexpr unsigned kVariant = 0x80;
  std::array<unsigned char, 16> bytes{};
  if (::RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) {
    fail();
  }
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0fU) | kVersion);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3fU) | kVariant);
  std::string text;
  aws::append_hex(text, bytes);
  for (const std::size_t dash : {20U, 16U, 12U, 8U}) {
    text.insert(dash, 1, '-');
  }
  return text;
}

}  // namespace aws_refresh_session::providers
