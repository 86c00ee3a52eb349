#include "providers/expiry.hpp"

#include "core/rfc3339.hpp"

#include <string>
#include <utility>

namespace aws_refresh_session::providers {
namespace {

/// True for what looks like a time. Anything else may be a token that got into the wrong field, and is not shown.
bool can_be_shown(std::string_view text) noexcept {
  constexpr std::size_t kLongest = 40;
  return text.size() <= kLongest && text.find_first_not_of("0123456789-+:.TtZz ") == std::string_view::npos;
}

}  // namespace

WallTime parse_expiry(std::string_view text, std::string_view param, ErrorKind kind) {
  if (const auto time = core::parse_rfc3339(text)) {
    return *time;
  }
  ErrorFields fields;
  fields.message = core::is_rfc3339_without_zone(text)
                       ? "The expiration has no time zone: append Z for UTC or an offset such as +01:00"
                       : "The expiration is not an RFC 3339 time of the years 1970 to 2261: write it like "
                         "2026-01-01T00:00:00Z";
  fields.code = "InvalidExpiry";
  fields.param = param;
  fields.value = can_be_shown(text) ? text : "";
  fields.kind = kind;
  throw CredentialError{std::move(fields)};
}

}  // namespace aws_refresh_session::providers
