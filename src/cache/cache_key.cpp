#include "aws/sha256.hpp"

#include <aws_refresh_session/credential_cache.hpp>

#include <string>

namespace aws_refresh_session {
namespace {

/// With its length, so that no two lists of parts run into one text.
void append_sized(std::string& text, std::string_view part) {
  text.append(std::to_string(part.size())).append(1, ':').append(part);
}

}  // namespace

CacheKey::CacheKey(std::string_view label) : label_(label) {
  aws::append_hex(digest_, aws::Sha256{}.hash({}));
}

CacheKey& CacheKey::with(std::string_view name, std::string_view value) {
  std::string text = digest_;
  text.reserve(text.size() + name.size() + value.size() + 2 * sizeof "18446744073709551615:");
  append_sized(text, name);
  append_sized(text, value);
  digest_.clear();
  aws::append_hex(digest_, aws::Sha256{}.hash(text));
  wipe(text);
  return *this;
}

}  // namespace aws_refresh_session
