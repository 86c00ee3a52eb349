#pragma once

#include <aws_refresh_session/http_body.hpp>

#include <curl/curl.h>
#include <cstddef>
#include <cstdint>
#include <exception>

namespace aws_refresh_session::transport {

/// Hands a request's body to libcurl. What the source throws ends the transfer and waits in `error()`.
class BodyReader {
 public:
  /// Rewinds the source.
  /// \param source null for a request without one; outlives this
  /// \throws what the source throws
  explicit BodyReader(BodySource* source);

  /// Makes the handle read here. This object must live until the transfer has ended.
  void attach(CURL* easy) noexcept;

  [[nodiscard]] const std::exception_ptr& error() const noexcept { return error_; }

 private:
  static std::size_t on_read(char* buffer, std::size_t size, std::size_t count, void* self) noexcept;
  /// libcurl sends again what it had begun to send over a kept connection that turned out to be closed.
  static int on_seek(void* self, curl_off_t offset, int origin) noexcept;

  std::size_t read(char* buffer, std::size_t size);

  BodySource* const source_;
  std::uint64_t left_ = 0;
  std::exception_ptr error_;
};

}  // namespace aws_refresh_session::transport
