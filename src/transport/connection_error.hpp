#pragma once

#include <aws_refresh_session/exceptions.hpp>

#include <curl/curl.h>
#include <cstddef>
#include <string>
#include <string_view>

namespace aws_refresh_session::transport {

/// What is known about a transfer that brought no answer.
struct TransferFailure {
  CURLcode result = CURLE_OK;
  /// The request had gone out, or could have: name lookup, TCP and TLS were done.
  bool connected = false;
  /// The operating system's error number, or 0.
  int os_error = 0;
  /// libcurl's own words. Used only where they can hold nothing but host names and OpenSSL's text: for other failures
  /// libcurl may put a proxy's URL, password included, into them.
  std::string_view tls_text;
  std::string_view ca_bundle;
};

/// The error for it, with the codes of http_transport.hpp and what to do.
/// \param host goes into the details: host and port, never a path or a query
[[nodiscard]] ConnectionError connection_error(const TransferFailure& failure, const std::string& host);

[[nodiscard]] ConnectionError cancelled_error(const std::string& host);
/// \param limit in bytes
[[nodiscard]] ConnectionError response_too_large_error(const std::string& host, std::size_t limit);
/// Holds nothing of the URL, which may have a password or a signature in it.
[[nodiscard]] ConnectionError invalid_url_error();

}  // namespace aws_refresh_session::transport
