#pragma once

#include "aws/signing_key_cache.hpp"

#include <aws_refresh_session/credentials.hpp>
#include <aws_refresh_session/http_transport.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace aws_refresh_session::testing {

/// As much of an S3 client as it takes to use credentials. Thread-safe.
class S3Client {
 public:
  explicit S3Client(std::string endpoint);

  /// What the service said: `200`, or `403 AccessDenied`. Holds no secret.
  struct Answer {
    int status = 0;
    std::string code;
    std::string body;

    [[nodiscard]] bool accepted() const noexcept { return status >= 200 && status < 300; }
  };

  /// \param target path and query, percent-encoded, e.g. `/bucket/key`
  /// \throws ConnectionError
  Answer send(const Credentials& credentials, std::string_view method, std::string_view target, std::string body = {});

 private:
  std::string endpoint_;
  std::shared_ptr<HttpTransport> transport_;
  aws::SigningKeyCache keys_;
};

}  // namespace aws_refresh_session::testing
