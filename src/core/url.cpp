#include "core/url.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <algorithm>
#include <charconv>
#include <cstddef>
#include <system_error>

namespace aws_refresh_session::core {
namespace {

bool is_digit(char character) noexcept {
  return character >= '0' && character <= '9';
}

bool is_hex_digit(char character) noexcept {
  return is_digit(character) || (character >= 'A' && character <= 'F') || (character >= 'a' && character <= 'f');
}

char to_lower(char character) noexcept {
  return character >= 'A' && character <= 'Z' ? static_cast<char>(character - 'A' + 'a') : character;
}

std::string to_lower(std::string_view text) {
  std::string lower{text};
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char each) { return to_lower(each); });
  return lower;
}

bool is_url_text(std::string_view text) noexcept {
  for (std::size_t index = 0; index < text.size(); ++index) {
    const char each = text[index];
    // `\` is a slash to some parsers and not to others: a way to send a request to a host that nobody checked.
    if (each <= ' ' || each >= '\x7f' || each == '"' || each == '<' || each == '>' || each == '\\') {
      return false;
    }
    if (each == '%' && (text.size() - index < 3 || !is_hex_digit(text[index + 1]) || !is_hex_digit(text[index + 2]))) {
      return false;
    }
  }
  return true;
}

bool is_name_or_ipv4(std::string_view host) noexcept {
  return !host.empty() && std::all_of(host.begin(), host.end(), [](char each) {
    return is_digit(each) || (to_lower(each) >= 'a' && to_lower(each) <= 'z') || each == '-' || each == '.' ||
           each == '_' || each == '~';
  });
}

bool is_ipv6(const std::string& address) noexcept {
  in6_addr parsed{};
  return ::inet_pton(AF_INET6, address.c_str(), &parsed) == 1;
}

/// What stands before the first of the characters is taken off `rest` and returned; they stay.
std::string_view take_until(std::string_view& rest, std::string_view characters) noexcept {
  const auto taken = rest.substr(0, rest.find_first_of(characters));
  rest.remove_prefix(taken.size());
  return taken;
}

bool read_port(std::string_view text, Url& url) noexcept {
  unsigned port = 0;
  const auto* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, port);
  if (error != std::errc{} || stop != end || port == 0 || port > 65'535) {
    return false;
  }
  url.port = static_cast<std::uint16_t>(port);
  return true;
}

std::uint16_t default_port(std::string_view scheme) noexcept {
  return scheme == "https" ? 443 : 80;
}

bool read_authority(std::string_view authority, Url& url) {
  // The last `@` divides, as in every browser and in libcurl: an `@` in a password must not name another host.
  if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
    url.user_info = authority.substr(0, at);
    authority.remove_prefix(at + 1);
  }
  if (authority.starts_with('[')) {
    const auto bracket = authority.find(']');
    if (bracket == std::string_view::npos) {
      return false;
    }
    url.host = to_lower(authority.substr(1, bracket - 1));
    authority.remove_prefix(bracket + 1);
    if (!is_ipv6(url.host)) {
      return false;
    }
  } else {
    url.host = to_lower(take_until(authority, ":"));
    if (!is_name_or_ipv4(url.host)) {
      return false;
    }
  }
  if (authority.empty()) {
    return true;
  }
  return authority.front() == ':' && read_port(authority.substr(1), url);
}

}  // namespace

std::uint16_t Url::effective_port() const noexcept {
  return port.value_or(default_port(scheme));
}

std::optional<Url> parse_url(std::string_view text) {
  if (!is_url_text(text)) {
    return std::nullopt;
  }
  const auto colon = text.find("://");
  if (colon == std::string_view::npos) {
    return std::nullopt;
  }
  Url url;
  url.scheme = to_lower(text.substr(0, colon));
  if (url.scheme != "http" && url.scheme != "https") {
    return std::nullopt;
  }
  auto rest = text.substr(colon + 3);
  if (!read_authority(take_until(rest, "/?#"), url)) {
    return std::nullopt;
  }
  url.path = take_until(rest, "?#");
  if (url.path.empty()) {
    url.path = "/";
  }
  if (rest.starts_with('?')) {
    rest.remove_prefix(1);
    url.query = take_until(rest, "#");
  }
  if (rest.starts_with('#')) {
    url.fragment = rest.substr(1);
  }
  return url;
}

std::string host_header(const Url& url) {
  std::string value = url.host.find(':') == std::string::npos ? url.host : "[" + url.host + "]";
  if (url.effective_port() != default_port(url.scheme)) {
    value += ":" + std::to_string(url.effective_port());
  }
  return value;
}

}  // namespace aws_refresh_session::core
