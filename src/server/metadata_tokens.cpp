#include "server/metadata_tokens.hpp"

#include "server/random_token.hpp"

#include <charconv>

namespace aws_refresh_session::server {

std::optional<std::chrono::seconds> MetadataTokens::parse_life(std::string_view text) {
  constexpr int kLongest = 21'600;
  int seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc{} || end != text.data() + text.size() || seconds < 1 || seconds > kLongest) {
    return std::nullopt;
  }
  return std::chrono::seconds{seconds};
}

const SecretString& MetadataTokens::issue(std::chrono::seconds life, SteadyTime now) {
  std::erase_if(issued_, [&](const Issued& each) { return each.end <= now; });
  if (issued_.size() >= kMost) {
    issued_.pop_front();
  }
  issued_.push_back({random_token(), now + life});
  return issued_.back().token;
}

bool MetadataTokens::knows(std::string_view token, SteadyTime now) const {
  const SecretString asked{token};
  bool known = false;
  for (const auto& [each, end] : issued_) {
    // No short cut: which of them it is must not show in the time.
    known = static_cast<bool>(static_cast<unsigned>(known) | static_cast<unsigned>(each == asked && now < end));
  }
  return known;
}

}  // namespace aws_refresh_session::server
