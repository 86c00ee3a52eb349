#include "core/url.hpp"

#include "core/percent_encoding.hpp"
#include "fuzzing.hpp"

#include <curl/curl.h>
#include <algorithm>
#include <memory>
#include <string>

namespace ars = aws_refresh_session;
using ars::fuzz::require;

namespace {

std::string put_together(const ars::core::Url& url) {
  return url.scheme + "://" + (url.user_info.empty() ? "" : url.user_info + "@") + ars::core::host_header(url) +
         url.path + (url.query.empty() ? "" : "?" + url.query) + (url.fragment.empty() ? "" : "#" + url.fragment);
}

/// The host that libcurl would send the request to, in lower case; empty if it refuses the URL.
std::string host_by_curl(const std::string& text) {
  const std::unique_ptr<CURLU, void (*)(CURLU*)> parsed{curl_url(), &curl_url_cleanup};
  char* host = nullptr;
  if (curl_url_set(parsed.get(), CURLUPART_URL, text.c_str(), CURLU_PATH_AS_IS) != CURLUE_OK ||
      curl_url_get(parsed.get(), CURLUPART_HOST, &host, 0) != CURLUE_OK) {
    return {};
  }
  const std::unique_ptr<char, void (*)(void*)> owned{host, &curl_free};
  std::string lower{host};
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char each) { return each >= 'A' && each <= 'Z' ? static_cast<char>(each + ('a' - 'A')) : each; });
  return lower;
}

/// libcurl writes addresses such as `127.1` and `0x7f.1` out in full; any other difference would be a hole.
bool is_short_ipv4(const std::string& host) {
  return host.find_first_not_of("0123456789abcdefx.") == std::string::npos;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = ars::fuzz::as_text(data, size);
  require(ars::core::percent_decode(ars::core::percent_encode(text)) == std::string{text});
  if (const auto decoded = ars::core::percent_decode(text)) {
    require(ars::core::percent_decode(ars::core::percent_encode(*decoded, true)) == decoded);
  }
  auto url = ars::core::parse_url(text);
  if (!url) {
    return 0;
  }
  require(!url->host.empty() && url->path.starts_with('/') && url->effective_port() != 0);
  auto again = ars::core::parse_url(put_together(*url));
  require(again.has_value());
  again->port = again->effective_port();
  url->port = url->effective_port();
  require(*again == *url);

  // What is checked here must be where libcurl goes.
  const auto by_curl = host_by_curl(std::string{text});
  const bool is_ipv6 = url->host.find(':') != std::string::npos;
  require(by_curl.empty() || is_ipv6 || is_short_ipv4(url->host) || by_curl == url->host);
  require(by_curl.empty() || is_ipv6 == by_curl.starts_with('['));
  return 0;
}
