#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace aws_refresh_session::emulator {

/// A request as it arrived: nothing decoded, reordered or merged, for a signature covers the bytes.
struct HttpRequest {
  std::string method;
  /// The target up to the first `?`.
  std::string path;
  /// What follows it; `has_query` tells an empty query from none.
  std::string query;
  bool has_query = false;
  /// In the order of arrival, names as sent, values without the white space around them.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  /// HTTP/1.0 closes unless asked otherwise.
  bool http_1_0 = false;

  /// All values of a header, names compared without case.
  [[nodiscard]] std::vector<std::string_view> all(std::string_view name) const;
  /// The first value.
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const;
};

struct HttpResponse {
  int status = 200;
  /// Without Content-Length and Connection, which the connection writes.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

/// ASCII lower case.
[[nodiscard]] std::string lower(std::string_view text);

/// Reads a request's head: everything up to, and without, the empty line. No body.
/// \returns nullopt if it is not HTTP/1.0 or 1.1 (RFC 9112)
[[nodiscard]] std::optional<HttpRequest> parse_head(std::string_view head);

/// Status line, headers and, unless `head_only`, the body. Content-Length is the body's in either case.
[[nodiscard]] std::string serialize(const HttpResponse& response, bool head_only, bool close);

}  // namespace aws_refresh_session::emulator
