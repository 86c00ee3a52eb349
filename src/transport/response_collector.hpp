#pragma once

#include <aws_refresh_session/http_transport.hpp>

#include <curl/curl.h>
#include <cstddef>
#include <string_view>

namespace aws_refresh_session::transport {

/// Receives one answer from libcurl. Headers and body together may have `kMaxResponse` bytes; what comes past that
/// ends the transfer with CURLE_WRITE_ERROR.
class ResponseCollector {
 public:
  static constexpr std::size_t kMaxResponse = std::size_t{1} << 20U;

  /// Makes the handle deliver here. This object must live until the transfer has ended.
  void attach(CURL* easy) noexcept;

  [[nodiscard]] bool too_large() const noexcept { return too_large_; }
  /// The answer, once. The status is the caller's to fill in.
  [[nodiscard]] HttpResponse take() noexcept { return std::move(response_); }

 private:
  static std::size_t on_header(const char* data, std::size_t size, std::size_t count, void* self) noexcept;
  static std::size_t on_body(const char* data, std::size_t size, std::size_t count, void* self) noexcept;

  bool fits(std::size_t size) noexcept;
  void add_header(std::string_view line);
  void add_body(std::string_view data);

  HttpResponse response_;
  std::size_t received_ = 0;
  bool too_large_ = false;
};

}  // namespace aws_refresh_session::transport
