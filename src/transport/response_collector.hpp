#pragma once

#include <aws_refresh_session/http_transport.hpp>

#include <curl/curl.h>
#include <cstddef>
#include <exception>
#include <string_view>

namespace aws_refresh_session::transport {

/// Receives one answer from libcurl. What is kept in memory may have the request's `max_response` bytes; what comes
/// past that ends the transfer with CURLE_WRITE_ERROR, and so does a sink that throws.
class ResponseCollector {
 public:
  /// \param request outlives this
  explicit ResponseCollector(const HttpRequest& request) noexcept
      : limit_(request.max_response), sink_(request.body_sink.get()) {}

  /// Makes the handle deliver here. This object must live until the transfer has ended.
  void attach(CURL* easy) noexcept;

  [[nodiscard]] bool too_large() const noexcept { return too_large_; }
  /// What the sink threw, or null.
  [[nodiscard]] const std::exception_ptr& error() const noexcept { return error_; }
  /// The answer, once, when the transfer has ended well.
  /// \throws what the sink throws when an empty body is all it gets
  [[nodiscard]] HttpResponse take(int status);

 private:
  static std::size_t on_header(const char* data, std::size_t size, std::size_t count, void* self) noexcept;
  static std::size_t on_body(const char* data, std::size_t size, std::size_t count, void* self) noexcept;

  bool fits(std::size_t size) noexcept;
  void add_header(std::string_view line);
  void add_body(std::string_view data);
  [[nodiscard]] bool is_for_sink() const noexcept;

  const std::size_t limit_;
  BodySink* const sink_;
  HttpResponse response_;
  std::exception_ptr error_;
  bool sink_has_begun_ = false;
  std::size_t received_ = 0;
  bool too_large_ = false;
};

}  // namespace aws_refresh_session::transport
