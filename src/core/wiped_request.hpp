#pragma once

#include <aws_refresh_session/credentials.hpp>
#include <aws_refresh_session/http_transport.hpp>

#include <utility>

namespace aws_refresh_session::core {

/// A request that holds secrets in its headers or its body, and zeroes them at its end.
struct WipedRequest {
  HttpRequest request;

  explicit WipedRequest(HttpRequest made) : request(std::move(made)) {}
  WipedRequest(const WipedRequest&) = delete;
  WipedRequest& operator=(const WipedRequest&) = delete;
  ~WipedRequest() {
    wipe(request.body);
    for (auto& header : request.headers) {
      wipe(header.second);
    }
  }
};

}  // namespace aws_refresh_session::core
