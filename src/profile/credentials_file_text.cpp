#include "profile/credentials_file_text.hpp"

#include "core/rfc3339.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>
#include <vector>

namespace aws_refresh_session::profile {
namespace {

constexpr std::string_view kBlanks = " \t\r\f\v";

/// What is taken out of the profile: what is written, and what would go before it or belong to the old keys.
constexpr std::array<std::string_view, 6> kOwnKeys{"aws_access_key_id", "aws_secret_access_key",
                                                   "aws_session_token", "aws_security_token",
                                                   "aws_account_id",    "aws_credential_expiration"};

std::string_view trimmed(std::string_view text) noexcept {
  const auto from = text.find_first_not_of(kBlanks);
  return from == std::string_view::npos ? std::string_view{}
                                        : text.substr(from, text.find_last_not_of(kBlanks) - from + 1);
}

/// The name between the brackets, or nothing for a line that is no header.
std::string_view header_name(std::string_view line) noexcept {
  if (line.empty() || line.front() != '[') {
    return {};
  }
  return trimmed(line.substr(1, std::min(line.find(']'), line.size()) - 1));
}

bool is_own_key(std::string_view line) {
  std::string key{trimmed(line.substr(0, line.find('=')))};
  std::transform(key.begin(), key.end(), key.begin(),
                 [](char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); });
  return line.find('=') != std::string_view::npos && std::find(kOwnKeys.begin(), kOwnKeys.end(), key) != kOwnKeys.end();
}

/// Appends without growing: the caller has reserved enough, so that no buffer with a secret is freed unwiped.
void append_keys(std::string& out, const Credentials& credentials, const std::string& expiration,
                 std::string_view line_end) {
  const std::array<std::pair<std::string_view, std::string_view>, 5> keys{
      {{"aws_access_key_id", credentials.access_key_id()},
       {"aws_secret_access_key", credentials.secret_access_key().reveal()},
       {"aws_session_token", credentials.session_token().reveal()},
       {"aws_account_id", credentials.account_id()},
       {"aws_credential_expiration", expiration}}};
  for (const auto& [key, value] : keys) {
    if (!value.empty()) {
      out.append(key).append(" = ").append(value).append(line_end);
    }
  }
}

}  // namespace

bool is_writable_profile_name(std::string_view name) noexcept {
  return !name.empty() && name.find_first_of("[]'\"#;") == std::string_view::npos && is_writable_value(name);
}

bool is_writable_value(std::string_view value) noexcept {
  return !value.empty() && std::all_of(value.begin(), value.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

std::string with_profile(std::string_view text, std::string_view profile, const Credentials& credentials) {
  constexpr std::size_t kNamesAndEnds = 256;
  const std::string expiration = credentials.expiration() ? core::format_rfc3339(*credentials.expiration()) : "";
  std::string out;
  out.reserve(text.size() + profile.size() + credentials.access_key_id().size() +
              credentials.secret_access_key().size() + credentials.session_token().size() +
              credentials.account_id().size() + kNamesAndEnds);

  const auto first_end = text.find('\n');
  const std::string_view line_end =
      first_end != std::string_view::npos && first_end > 0 && text[first_end - 1] == '\r' ? "\r\n" : "\n";
  bool written = false;
  bool inside = false;
  bool dropping = false;
  while (!text.empty()) {
    const auto length = std::min(text.find('\n'), text.size() - 1) + 1;
    const std::string_view line = text.substr(0, length);
    text.remove_prefix(length);
    if (line.front() == '[') {
      inside = header_name(line) == profile;
      dropping = false;
      out.append(line);
      if (inside && !written) {
        if (line.back() != '\n') {
          out.append(line_end);
        }
        append_keys(out, credentials, expiration, line_end);
        written = true;
      }
      continue;
    }
    const bool indented = line.front() == ' ' || line.front() == '\t';
    // An indented line goes on with the value before it.
    dropping = inside && (indented ? dropping && !trimmed(line.substr(0, line.find('\n'))).empty() : is_own_key(line));
    if (!dropping) {
      out.append(line);
    }
  }
  if (!written) {
    if (!out.empty()) {
      out.append(out.back() == '\n' ? "" : line_end).append(line_end);
    }
    out.append("[").append(profile).append("]").append(line_end);
    append_keys(out, credentials, expiration, line_end);
  }
  return out;
}

}  // namespace aws_refresh_session::profile
