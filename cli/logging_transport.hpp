#pragma once

#include "cli/output.hpp"

#include <aws_refresh_session/http_transport.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace aws_refresh_session::cli {

/// Says every attempt, with status, time taken and request id. Never a header's value, a body, or the parts of a URL
/// that may hold a secret.
class LoggingTransport final : public HttpTransport {
 public:
  /// \param messages must outlive the transport
  LoggingTransport(std::shared_ptr<HttpTransport> inner, Messages& messages);
  [[nodiscard]] HttpResponse send(const HttpRequest& request, const std::stop_token& stop) override;

 private:
  std::shared_ptr<HttpTransport> inner_;
  Messages& messages_;
};

/// The URL without user information, query and fragment.
[[nodiscard]] std::string bare_url(std::string_view url);

}  // namespace aws_refresh_session::cli
