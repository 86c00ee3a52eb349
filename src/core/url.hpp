#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace aws_refresh_session::core {

/// The parts of an absolute `http` or `https` URL (RFC 3986), as they stand: nothing is decoded or normalised but the
/// scheme's and the host's letter case.
struct Url {
  /// `http` or `https`.
  std::string scheme;
  /// A name or an address in lower case; an IPv6 address without its brackets.
  std::string host;
  /// Only if the URL names one; 1-65535.
  std::optional<std::uint16_t> port;
  /// Begins with `/`; `/` if the URL has no path.
  std::string path;
  /// Without the `?`; percent-encoded.
  std::string query;
  /// Without the `#`.
  std::string fragment;
  /// What stands before an `@`: may hold a password, so keep it out of every text. Percent-encoded.
  std::string user_info;

  /// The port in use: `port`, else 80 or 443.
  [[nodiscard]] std::uint16_t effective_port() const noexcept;

  friend bool operator==(const Url&, const Url&) = default;
};

/// Splits a URL. Refuses (nullopt): other schemes, an empty host, host characters beyond letters, digits and `-._~`,
/// IPv6 zones, port 0 and ports past 65535, control characters, spaces, bytes past ASCII, `"`, `<`, `>`, `\`, and a `%`
/// without two hexadecimal digits.
[[nodiscard]] std::optional<Url> parse_url(std::string_view text);

/// The value of the `Host` header: the host, IPv6 in brackets, with the port unless it is the scheme's own
/// (RFC 9110, 7.2).
[[nodiscard]] std::string host_header(const Url& url);

}  // namespace aws_refresh_session::core
