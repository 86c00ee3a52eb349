#include "cli/logging_transport.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace aws_refresh_session::cli {

LoggingTransport::LoggingTransport(std::shared_ptr<HttpTransport> inner, Messages& messages)
    : inner_(std::move(inner)), messages_(messages) {}

HttpResponse LoggingTransport::send(const HttpRequest& request, const std::stop_token& stop) {
  using Milliseconds = std::chrono::duration<double, std::milli>;
  const std::string what = fmt::format("{} {}", request.method, bare_url(request.url));
  const auto start = std::chrono::steady_clock::now();
  const auto taken = [&] { return Milliseconds{std::chrono::steady_clock::now() - start}.count(); };
  try {
    HttpResponse response = inner_->send(request, stop);
    const std::string* id = response.header("x-amzn-requestid");
    messages_.detail(fmt::format("{}: {} in {:.1f} ms{}", what, response.status, taken(),
                                 id == nullptr ? "" : ", request id " + *id));
    return response;
  } catch (const Error& error) {
    messages_.detail(fmt::format("{}: {} after {:.1f} ms", what, error.what(), taken()));
    throw;
  }
}

std::string bare_url(std::string_view url) {
  url = url.substr(0, url.find_first_of("?#"));
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) {
    return std::string{url};
  }
  const std::size_t host = scheme + 3;
  const std::size_t host_end = std::min(url.find('/', host), url.size());
  const std::size_t at = url.substr(0, host_end).rfind('@');
  const std::size_t from = at == std::string_view::npos || at < host ? host : at + 1;
  return std::string{url.substr(0, host)} + std::string{url.substr(from)};
}

}  // namespace aws_refresh_session::cli
