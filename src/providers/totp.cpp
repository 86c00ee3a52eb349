#include "providers/totp.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <string>

namespace aws_refresh_session::providers {
namespace {

constexpr std::chrono::seconds kTimeStep{30};
constexpr std::size_t kDigits = 6;
constexpr std::uint32_t kModulus = 1'000'000;
constexpr std::size_t kSha1Size = 20;

/// 0-31, or -1.
int base32_value(char c) noexcept {
  if (c >= 'A' && c <= 'Z') {
    return c - 'A';
  }
  if (c >= 'a' && c <= 'z') {
    return c - 'a';
  }
  return c >= '2' && c <= '7' ? c - '2' + 26 : -1;
}

}  // namespace

std::optional<SecretString> decode_base32(std::string_view text) {
  constexpr unsigned kBitsOfLetter = 5;
  constexpr unsigned kBitsOfByte = 8;
  std::string bytes;
  bytes.reserve(text.size());  // no reallocation leaves a copy behind
  std::uint32_t buffer = 0;
  unsigned bits = 0;
  bool padded = false;
  bool valid = true;
  for (const char c : text) {
    if (c == ' ' || c == '-' || c == '\t' || c == '\r' || c == '\n') {
      continue;
    }
    if (c == '=') {
      padded = true;
      continue;
    }
    const int value = base32_value(c);
    if (value < 0 || padded) {
      valid = false;
      break;
    }
    buffer = (buffer << kBitsOfLetter) | static_cast<std::uint32_t>(value);
    bits += kBitsOfLetter;
    if (bits >= kBitsOfByte) {
      bits -= kBitsOfByte;
      bytes += static_cast<char>((buffer >> bits) & 0xffU);
    }
  }
  std::optional<SecretString> decoded;
  if (valid && !bytes.empty()) {
    decoded.emplace(bytes);
  }
  wipe(bytes);
  return decoded;
}

SecretString totp_code(const SecretString& seed, WallTime time) {
  auto step = static_cast<std::uint64_t>(std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()) / kTimeStep);
  std::array<unsigned char, 8> counter{};
  for (std::size_t index = counter.size(); index-- > 0; step >>= 8U) {
    counter.at(index) = static_cast<unsigned char>(step & 0xffU);
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
  unsigned size = 0;
  const auto key = seed.reveal();
  if (::HMAC(::EVP_sha1(), key.data(), static_cast<int>(key.size()), counter.data(), counter.size(), mac.data(),
             &size) == nullptr ||
      size != kSha1Size) {
    throw Error{{.message = "OpenSSL cannot compute HMAC-SHA-1, which one-time codes need: check its configuration and "
                            "providers",
                 .code = "OpenSsl"}};
  }
  // RFC 4226, 5.3: four bytes from where the last half byte says, without the sign.
  const std::size_t offset = mac.at(kSha1Size - 1) & 0x0fU;
  std::uint32_t number = 0;
  for (std::size_t index = 0; index < 4; ++index) {
    number = (number << 8U) | mac.at(offset + index);
  }
  ::OPENSSL_cleanse(mac.data(), mac.size());
  number = (number & 0x7fffffffU) % kModulus;
  std::array<char, kDigits> digits{};
  for (std::size_t index = digits.size(); index-- > 0; number /= 10) {
    digits.at(index) = static_cast<char>('0' + number % 10);
  }
  SecretString code{std::string_view{digits.data(), digits.size()}};
  ::OPENSSL_cleanse(digits.data(), digits.size());
  return code;
}

}  // namespace aws_refresh_session::providers
