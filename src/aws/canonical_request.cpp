#include "aws/canonical_request.hpp"

#include "core/percent_encoding.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace aws_refresh_session::aws {
namespace {

constexpr char to_lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

constexpr char to_upper(char c) noexcept {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

constexpr bool is_unreserved(char c) noexcept {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

constexpr bool is_space(char c) noexcept {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

/// A `%` that begins no escape stands for itself.
std::string decoded_or_same(std::string_view text) {
  return core::percent_decode(text).value_or(std::string{text});
}

std::string encode_again(std::string_view text, bool keep_slash) {
  if (std::all_of(text.begin(), text.end(), [&](char c) { return is_unreserved(c) || (keep_slash && c == '/'); })) {
    return std::string{text};
  }
  return core::percent_encode(decoded_or_same(text), keep_slash);
}

std::string canonical_key(std::string_view path) {
  std::string out;
  while (true) {
    std::size_t slash = 0;
    while (slash + 2 < path.size() &&
           !(path[slash] == '%' && path[slash + 1] == '2' && to_lower(path[slash + 2]) == 'f')) {
      ++slash;
    }
    if (slash + 2 >= path.size()) {
      return out += encode_again(path, true);
    }
    out += encode_again(path.substr(0, slash), true);
    out += "%2F";
    path.remove_prefix(slash + 3);
  }
}

std::string without_dot_segments(std::string_view path) {
  std::vector<std::string_view> segments;
  for (std::size_t begin = 0; begin <= path.size();) {
    const auto end = std::min(path.find('/', begin), path.size());
    const auto segment = path.substr(begin, end - begin);
    if (segment == "..") {
      if (!segments.empty()) {
        segments.pop_back();
      }
    } else if (!segment.empty() && segment != ".") {
      segments.push_back(segment);
    }
    begin = end + 1;
  }
  std::string out;
  out.reserve(path.size() + 1);
  for (const auto segment : segments) {
    out += '/';
    out += segment;
  }
  if (segments.empty() || path.back() == '/') {
    out += '/';
  }
  return out;
}

void append_folded(std::string& out, std::string_view value) {
  // Most values, a session token of a kilobyte among them, have nothing to fold: looked at without an early exit, which
  // the compiler makes into vector instructions.
  unsigned char maybe_space = 0;
  for (const char c : value) {
    maybe_space |= static_cast<unsigned char>(static_cast<unsigned char>(c) <= ' ' ? 1 : 0);
  }
  if (maybe_space == 0) {
    out += value;
    return;
  }
  bool first = true;
  for (std::size_t at = 0; at < value.size();) {
    while (at < value.size() && is_space(value[at])) {
      ++at;
    }
    auto end = at;
    while (end < value.size() && !is_space(value[end])) {
      ++end;
    }
    if (end > at) {
      if (!first) {
        out += ' ';
      }
      out += value.substr(at, end - at);
      first = false;
    }
    at = end;
  }
}

}  // namespace

UrlParts split_url(std::string_view url) {
  UrlParts parts;
  const auto scheme_end = url.find("://");
  auto rest = url.substr(scheme_end == std::string_view::npos ? url.size() : scheme_end + 3);
  rest = rest.substr(0, rest.find('#'));
  const auto authority_end = std::min(rest.find_first_of("/?"), rest.size());
  parts.authority = rest.substr(0, authority_end);
  if (const auto at = parts.authority.rfind('@'); at != std::string_view::npos) {
    parts.authority.remove_prefix(at + 1);
  }
  if (scheme_end == 0 || parts.authority.empty()) {
    throw ValidationError{
        {.message = "A URL to sign must be absolute, with a scheme and a host", .code = "InvalidUrl", .param = "url"}};
  }
  parts.scheme = url.substr(0, scheme_end);
  rest.remove_prefix(authority_end);
  const auto question = std::min(rest.find('?'), rest.size());
  parts.path = rest.substr(0, question);
  parts.query = question < rest.size() ? rest.substr(question + 1) : std::string_view{};
  return parts;
}

std::string_view host_header(const UrlParts& url) noexcept {
  const auto default_port = equals_ignoring_case(url.scheme, "https") ? std::string_view{":443"} : ":80";
  return url.authority.ends_with(default_port) ? url.authority.substr(0, url.authority.size() - default_port.size())
                                               : url.authority;
}

std::string canonical_path(std::string_view path, PathRules rules) {
  if (path.empty() || path == "/") {
    return "/";
  }
  if (rules == PathRules::as_key) {
    return canonical_key(path);
  }
  return core::percent_encode(without_dot_segments(path), true);
}

std::string canonical_query(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (std::size_t begin = 0; begin < query.size();) {
    const auto end = std::min(query.find('&', begin), query.size());
    const auto pair = query.substr(begin, end - begin);
    begin = end + 1;
    if (pair.empty()) {
      continue;
    }
    const auto equals = std::min(pair.find('='), pair.size());
    const auto value = equals < pair.size() ? pair.substr(equals + 1) : std::string_view{};
    pairs.emplace_back(encode_again(pair.substr(0, equals), false), encode_again(value, false));
  }
  std::sort(pairs.begin(), pairs.end());
  std::string out;
  out.reserve(query.size() + pairs.size());
  for (const auto& [key, value] : pairs) {
    if (!out.empty()) {
      out += '&';
    }
    out += key;
    out += '=';
    out += value;
  }
  return out;
}

CanonicalRequest make_canonical_request(std::string_view method, std::string_view path, std::string_view query,
                                        std::vector<HeaderView>& headers, std::string_view payload_hash,
                                        PathRules rules) {
  // One buffer for all lower-case names; reserved first, so that the views into it stay good.
  std::size_t names_size = 0;
  std::size_t values_size = 0;
  for (const auto& header : headers) {
    names_size += header.name.size();
    values_size += header.value.size();
  }
  std::string names;
  names.reserve(names_size);
  for (auto& header : headers) {
    const auto begin = names.size();
    std::transform(header.name.begin(), header.name.end(), std::back_inserter(names), to_lower);
    header.name = std::string_view{names}.substr(begin);
  }
  // Insertion sort: stable, without the buffer std::stable_sort allocates, and there are few.
  for (auto next = headers.begin(); next != headers.end(); ++next) {
    const auto place =
        std::upper_bound(headers.begin(), next, *next,
                         [](const HeaderView& left, const HeaderView& right) { return left.name < right.name; });
    std::rotate(place, next, std::next(next));
  }

  CanonicalRequest result;
  auto& out = result.text;
  out.reserve(method.size() + 3 * path.size() + 3 * query.size() + 2 * names_size + values_size + 4 * headers.size() +
              payload_hash.size() + 16);
  std::transform(method.begin(), method.end(), std::back_inserter(out), to_upper);
  out += '\n';
  out += canonical_path(path, rules);
  out += '\n';
  if (!query.empty()) {
    out += canonical_query(query);
  }
  out += '\n';
  for (std::size_t i = 0; i < headers.size(); ++i) {
    if (i > 0 && headers[i].name == headers[i - 1].name) {
      out.back() = ',';
    } else {
      out += headers[i].name;
      out += ':';
    }
    append_folded(out, headers[i].value);
    out += '\n';
  }
  out += '\n';
  result.signed_headers_offset = out.size();
  for (std::size_t i = 0; i < headers.size(); ++i) {
    if (i > 0 && headers[i].name == headers[i - 1].name) {
      continue;
    }
    if (i > 0) {
      out += ';';
    }
    out += headers[i].name;
  }
  result.signed_headers_size = out.size() - result.signed_headers_offset;
  out += '\n';
  out += payload_hash;
  // The views point into `names`, which ends here.
  headers.clear();
  return result;
}

bool is_unsigned_header(std::string_view name) noexcept {
  constexpr std::array<std::string_view, 6> kNames{"authorization", "connection",        "expect",
                                                   "user-agent",    "transfer-encoding", "x-amzn-trace-id"};
  return std::any_of(kNames.begin(), kNames.end(),
                     [&](std::string_view each) { return equals_ignoring_case(name, each); });
}

bool equals_ignoring_case(std::string_view left, std::string_view right) noexcept {
  return left.size() == right.size() &&
         std::equal(left.begin(), left.end(), right.begin(), [](char a, char b) { return to_lower(a) == to_lower(b); });
}

}  // namespace aws_refresh_session::aws
