#include "client/service_url.hpp"

#include "aws/sigv4.hpp"
#include "core/percent_encoding.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace aws_refresh_session::client {
namespace {

[[noreturn]] void refuse(std::string message, std::string param, std::string value) {
  throw ValidationError{{.message = std::move(message),
                         .code = "InvalidParameter",
                         .param = std::move(param),
                         .value = std::move(value)}};
}

/// An address that is no name: no bucket can stand before it.
bool is_address(std::string_view host) noexcept {
  return host.starts_with('[') ||
         std::all_of(host.begin(), host.end(), [](char c) { return (c >= '0' && c <= '9') || c == '.' || c == ':'; });
}

struct Parts {
  /// `https://`
  std::string_view scheme;
  std::string_view host;
  /// Begins and ends with `/`.
  std::string_view path;
};

Parts split(std::string_view url) {
  const auto host = url.find("://") + 3;
  const auto path = url.find('/', host);
  return {url.substr(0, host), url.substr(host, path - host), url.substr(path)};
}

bool uses_virtual_host(const ServiceTarget& target, const Parts& parts, const std::string& bucket) {
  switch (target.s3_addressing) {
    case S3Addressing::path:
      return false;
    case S3Addressing::virtual_host:
      if (!is_host_name(bucket) || is_address(parts.host)) {
        refuse("The bucket's name cannot stand in the host's: use path addressing", "bucket", bucket);
      }
      return true;
    case S3Addressing::automatic:
      break;
  }
  // A name with dots fits no wildcard certificate.
  const bool certificate_fits = parts.scheme == "http://" || bucket.find('.') == std::string::npos;
  return !target.is_configured && is_host_name(bucket) && certificate_fits;
}

void check_bucket(const ServiceTarget& target, const std::string& bucket) {
  constexpr std::size_t kLongest = 255;
  if (!aws::uses_s3_rules(target.signing_name)) {
    refuse("Only S3 has buckets: put the name into the path", "bucket", bucket);
  }
  const bool fits =
      bucket.size() <= kLongest && bucket != "." && bucket != ".." &&
      std::all_of(bucket.begin(), bucket.end(), [](char c) { return c > ' ' && c != '/' && c != '\x7f'; });
  if (!fits) {
    refuse("A bucket's name has neither a slash nor a blank, and is no ARN", "bucket", bucket);
  }
}

}  // namespace

bool is_host_name(std::string_view bucket) noexcept {
  constexpr std::size_t kShortest = 3;
  constexpr std::size_t kLongest = 63;
  const auto is_inner = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return bucket.size() >= kShortest && bucket.size() <= kLongest && is_inner(bucket.front()) &&
         is_inner(bucket.back()) && bucket.find("..") == std::string_view::npos && !is_address(bucket) &&
         std::all_of(bucket.begin(), bucket.end(), [&](char c) { return is_inner(c) || c == '-' || c == '.'; });
}

std::string make_url(const ServiceTarget& target, const ServiceRequest& request) {
  if (!request.path.empty() && request.path.front() != '/') {
    refuse("A request's path begins with a slash", "path", request.path);
  }
  const auto parts = split(target.url);
  std::string url{parts.scheme};
  bool virtual_host = false;
  if (!request.bucket.empty()) {
    check_bucket(target, request.bucket);
    virtual_host = uses_virtual_host(target, parts, request.bucket);
  }
  if (virtual_host) {
    url.append(request.bucket).append(".");
  }
  url.append(parts.host).append(parts.path.substr(0, parts.path.size() - 1));
  if (!request.bucket.empty() && !virtual_host) {
    url.append("/").append(core::percent_encode(request.bucket));
  }
  url += request.path.empty() ? "/" : core::percent_encode(request.path, true);
  char mark = '?';
  for (const auto& [name, value] : request.query) {
    url += std::exchange(mark, '&');
    url.append(core::percent_encode(name)).append("=").append(core::percent_encode(value));
  }
  return url;
}

}  // namespace aws_refresh_session::client
