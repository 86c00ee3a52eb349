#include "server/random_token.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <sys/random.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

namespace aws_refresh_session::server {

SecretString random_token() {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  constexpr std::size_t kBytes = 32;
  constexpr unsigned kBitsOfByte = 8;
  constexpr unsigned kBitsOfDigit = 6;
  constexpr std::size_t kLength = (kBytes * kBitsOfByte + kBitsOfDigit - 1) / kBitsOfDigit;

  std::array<unsigned char, kBytes> bytes{};
  // A request of at most 256 bytes is never cut short or interrupted once the kernel's pool is ready (getrandom(2)).
  ssize_t got = -1;
  do {
    got = ::getrandom(bytes.data(), bytes.size(), 0);
  } while (got < 0 && errno == EINTR);
  if (got != static_cast<ssize_t>(bytes.size())) {
    throw ConfigurationError{{.message = "The kernel gives no random bytes, so no token can be made.",
                              .code = "NoRandomness",
                              .details = std::strerror(errno)}};
  }

  std::array<char, kLength> text{};
  std::uint32_t pending = 0;
  unsigned bits = 0;
  std::size_t length = 0;
  for (const unsigned char byte : bytes) {
    pending = (pending << kBitsOfByte) | byte;
    for (bits += kBitsOfByte; bits >= kBitsOfDigit;) {
      bits -= kBitsOfDigit;
      text[length++] = kDigits[(pending >> bits) & 0x3FU];
    }
  }
  text[length] = kDigits[(pending << (kBitsOfDigit - bits)) & 0x3FU];

  SecretString token{std::string_view{text.data(), text.size()}};
  ::explicit_bzero(bytes.data(), bytes.size());
  ::explicit_bzero(text.data(), text.size());
  ::explicit_bzero(&pending, sizeof pending);
  return token;
}

}  // namespace aws_refresh_session::server
