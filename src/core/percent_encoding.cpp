#include "core/percent_encoding.hpp"

#include <cstddef>

namespace aws_refresh_session::core {
namespace {

bool is_unreserved(char character) noexcept {
  return (character >= 'A' && character <= 'Z') || (character >= 'a' && character <= 'z') ||
         (character >= '0' && character <= '9') || character == '-' || character == '.' || character == '_' ||
         character == '~';
}

std::optional<unsigned> hex_value(char digit) noexcept {
  if (digit >= '0' && digit <= '9') {
    return static_cast<unsigned>(digit - '0');
  }
  if (digit >= 'A' && digit <= 'F') {
    return static_cast<unsigned>(digit - 'A') + 10;
  }
  if (digit >= 'a' && digit <= 'f') {
    return static_cast<unsigned>(digit - 'a') + 10;
  }
  return std::nullopt;
}

}  // namespace

std::string percent_encode(std::string_view text, bool keep_slash) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  // The exact size first: growing would leave copies of a secret value behind in freed memory.
  std::size_t size = 0;
  for (const char each : text) {
    size += is_unreserved(each) || (keep_slash && each == '/') ? 1U : 3U;
  }
  std::string encoded;
  encoded.reserve(size);
  for (const char each : text) {
    if (is_unreserved(each) || (keep_slash && each == '/')) {
      encoded.push_back(each);
      continue;
    }
    const auto byte = static_cast<unsigned char>(each);
    encoded.push_back('%');
    encoded.push_back(kDigits[byte >> 4U]);
    encoded.push_back(kDigits[byte & 0x0FU]);
  }
  return encoded;
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t index = 0; index < text.size(); ++index) {
    if (text[index] != '%') {
      decoded.push_back(text[index]);
      continue;
    }
    if (text.size() - index < 3) {
      return std::nullopt;
    }
    const auto high = hex_value(text[index + 1]);
    const auto low = hex_value(text[index + 2]);
    if (!high || !low) {
      return std::nullopt;
    }
    decoded.push_back(static_cast<char>(*high << 4U | *low));
    index += 2;
  }
  return decoded;
}

}  // namespace aws_refresh_session::core
