#include "core/error_text.hpp"

#include <algorithm>

namespace aws_refresh_session::core {
namespace {

bool is_space(char c) noexcept {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

}  // namespace

std::string printable(std::string_view text, std::size_t longest) {
  while (!text.empty() && is_space(text.front())) {
    text.remove_prefix(1);
  }
  while (!text.empty() && is_space(text.back())) {
    text.remove_suffix(1);
  }
  std::string line;
  line.reserve(std::min(text.size(), longest));
  for (const char c : text) {
    if (line.size() == longest) {
      break;
    }
    const bool control = static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    line.push_back(control ? ' ' : c);
  }
  // A character of several bytes that was cut in two goes as a whole.
  if (line.size() == longest) {
    while (!line.empty() && (static_cast<unsigned char>(line.back()) & 0xC0U) == 0x80U) {
      line.pop_back();
    }
    if (!line.empty() && (static_cast<unsigned char>(line.back()) & 0x80U) != 0) {
      line.pop_back();
    }
  }
  return line;
}

void replace_secret(std::string& text, std::string_view secret) {
  if (secret.empty()) {
    return;
  }
  for (auto at = text.find(secret); at != std::string::npos; at = text.find(secret, at)) {
    text.replace(at, secret.size(), "***");
    at += 3;
  }
}

void redact(std::string& text, std::string_view secret) {
  constexpr std::size_t kTelling = 8;
  constexpr std::string_view kMarks = " \"'<>,;";
  replace_secret(text, secret);
  if (secret.size() < 2 * kTelling) {
    return;
  }
  const auto beginning = secret.substr(0, kTelling);
  for (auto at = text.find(beginning); at != std::string::npos; at = text.find(beginning, at + 3)) {
    text.replace(at, std::min(text.find_first_of(kMarks, at), text.size()) - at, "***");
  }
}

}  // namespace aws_refresh_session::core
