#include "providers/one_time_code.hpp"

#include <algorithm>
#include <cstddef>

namespace aws_refresh_session::providers {
namespace {

constexpr std::size_t kDigits = 6;

bool is_digit(char character) noexcept {
  return character >= '0' && character <= '9';
}

bool is_word(char character) noexcept {
  return is_digit(character) || (character >= 'A' && character <= 'Z') || (character >= 'a' && character <= 'z') ||
         character == '_' || static_cast<unsigned char>(character) >= 0x80;
}

}  // namespace

bool is_one_time_code(std::string_view text) noexcept {
  return text.size() == kDigits && std::all_of(text.begin(), text.end(), is_digit);
}

std::optional<std::string_view> find_one_time_code(std::string_view text) noexcept {
  auto end = text.size();
  while (end > 0) {
    while (end > 0 && !is_word(text[end - 1])) {
      --end;
    }
    auto begin = end;
    while (begin > 0 && is_word(text[begin - 1])) {
      --begin;
    }
    if (const auto word = text.substr(begin, end - begin); is_one_time_code(word)) {
      return word;
    }
    end = begin;
  }
  return std::nullopt;
}

}  // namespace aws_refresh_session::providers
