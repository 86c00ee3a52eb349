#pragma once

#include <aws_refresh_session/http_transport.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace aws_refresh_session::aws {

/// An absolute URL cut at its delimiters; views into the URL. Nothing is decoded. The fragment is dropped.
struct UrlParts {
  std::string_view scheme;
  /// Host and port as written, without user info.
  std::string_view authority;
  /// As on the wire; may be empty.
  std::string_view path;
  /// Without the question mark.
  std::string_view query;
};

/// \throws ValidationError of code `InvalidUrl` when there is no scheme or host
[[nodiscard]] UrlParts split_url(std::string_view url);

/// The authority without the scheme's default port, as HTTP clients send it in `Host`.
[[nodiscard]] std::string_view host_header(const UrlParts& url) noexcept;

/// How a service reads the path.
enum class PathRules {
  /// Dot segments and empty segments removed, every `%` of the wire encoded again.
  normalize_and_encode_twice,
  /// S3: a key may hold `//` and `..`, and is encoded once.
  as_key,
};

/// The canonical path of a path as it goes over the wire. Segments `.`, `..` and empty ones go as in botocore and the
/// AWS CRT, which drop the slash after a final dot segment. In a key, percent-encoding is made uniform, and `%2F`
/// stays: whether it equals `/` is the service's matter.
[[nodiscard]] std::string canonical_path(std::string_view path, PathRules rules);

/// The canonical query of a query as it goes over the wire: keys and values decoded and encoded again, sorted; a key
/// without `=` has an empty value; empty pairs are dropped; `+` is a plus.
[[nodiscard]] std::string canonical_query(std::string_view query);

/// One header to sign.
struct HeaderView {
  std::string_view name;
  std::string_view value;
};

/// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
struct CanonicalRequest {
  std::string text;
  std::size_t signed_headers_offset = 0;
  std::size_t signed_headers_size = 0;

  /// Names of the signed headers, in lower case, `;` between.
  [[nodiscard]] std::string_view signed_headers() const noexcept {
    return std::string_view{text}.substr(signed_headers_offset, signed_headers_size);
  }
};

/// Builds it. Headers of one name are joined by `,` in their order; white space is trimmed and folded.
/// \param headers in any order; sorted in place
[[nodiscard]] CanonicalRequest make_canonical_request(std::string_view method, std::string_view path,
                                                      std::string_view query, std::vector<HeaderView>& headers,
                                                      std::string_view payload_hash, PathRules rules);

/// True for headers that are never signed: proxies change them on the way, or the signature itself.
[[nodiscard]] bool is_unsigned_header(std::string_view name) noexcept;

/// ASCII only, whatever the locale.
[[nodiscard]] bool equals_ignoring_case(std::string_view left, std::string_view right) noexcept;

}  // namespace aws_refresh_session::aws
