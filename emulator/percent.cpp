#include "emulator/percent.hpp"

#include <algorithm>
#include <cstddef>

namespace aws_refresh_session::emulator {
namespace {

constexpr std::size_t kMaxParameters = 1'000;

int hex_value(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  if (c >= 'A' && c <= 'F') {
    return c - 'A' + 10;
  }
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool unreserved(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

std::optional<std::string> decode(std::string_view text, bool plus_is_space) {
  std::string plain{text};
  if (plus_is_space) {
    std::ranges::replace(plain, '+', ' ');
  }
  return percent_decode(plain);
}

}  // namespace

std::optional<std::string> percent_decode(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      result += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_value(text[i + 2]) : -1;
    if (low < 0) {
      return std::nullopt;
    }
    result += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return result;
}

std::string percent_encode(std::string_view text, bool keep_slash) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string result;
  result.reserve(text.size());
  for (const char c : text) {
    if (unreserved(c) || (keep_slash && c == '/')) {
      result += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      result += '%';
      result += kDigits[byte >> 4U];
      result += kDigits[byte & 0xfU];
    }
  }
  return result;
}

std::optional<Parameters> parse_parameters(std::string_view text, bool plus_is_space) {
  Parameters parameters;
  while (!text.empty()) {
    const auto end = std::min(text.find('&'), text.size());
    const auto part = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (part.empty()) {
      continue;
    }
    const auto equals = part.find('=');
    auto key = decode(part.substr(0, equals), plus_is_space);
    auto value = equals == std::string_view::npos ? std::optional<std::string>{""}
                                                  : decode(part.substr(equals + 1), plus_is_space);
    if (!key || !value || parameters.size() == kMaxParameters) {
      return std::nullopt;
    }
    parameters.emplace_back(std::move(*key), std::move(*value));
  }
  return parameters;
}

}  // namespace aws_refresh_session::emulator
