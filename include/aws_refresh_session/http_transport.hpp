#pragma once

/// \file
/// The network seam: one blocking request and its answer. The library's own transport is libcurl's; a program can
/// give another (see testing/fake_http_transport.hpp).

#include <aws_refresh_session/clock.hpp>
#include <aws_refresh_session/http_body.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace aws_refresh_session {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
  std::string method = "GET";
  /// Absolute, `http://` or `https://`, percent-encoded: sent as it stands.
  std::string url{};
  HttpHeaders headers{};
  std::string body{};

  /// To a usable connection: name lookup, TCP and TLS.
  std::chrono::milliseconds connect_timeout{3'000};
  /// The whole attempt, connection included.
  std::chrono::milliseconds timeout{10'000};

  /// A file of PEM certificates that replaces the system's; empty for the system's.
  std::string ca_bundle{};
  /// False accepts any certificate: the caller has warned the user.
  bool verify_tls = true;

  /// True for addresses of this machine's own surroundings (instance metadata): no proxy is used, whatever the
  /// environment says.
  bool bypass_proxy = false;

  /// True if the server must not get the request twice, e.g. because it holds a one-time code. It then goes over a new
  /// connection: libcurl repeats a request when the server closes a kept one before it answers.
  bool never_resend = false;

  /// Sent in place of `body`, from its first byte.
  std::shared_ptr<BodySource> body_source{};
  /// Takes the body of an answer of status 2xx in place of `HttpResponse::body`; other answers stay in memory.
  std::shared_ptr<BodySink> body_sink{};
  /// What an answer may take in memory, headers included.
  std::size_t max_response = std::size_t{1} << 20U;
  /// Ends the attempt when nothing has moved for so long, counted in whole seconds; zero: only `timeout` does. For
  /// bodies whose size nobody can tell a time limit for.
  std::chrono::milliseconds stall_timeout{0};
};

struct HttpResponse {
  int status = 0;
  /// Names in lower case, in the order received.
  HttpHeaders headers;
  std::string body;

  HttpResponse() = default;
  HttpResponse(int status_code, HttpHeaders response_headers, std::string response_body)
      : status(status_code), headers(std::move(response_headers)), body(std::move(response_body)) {}
  HttpResponse(HttpResponse&&) noexcept = default;
  HttpResponse& operator=(HttpResponse&&) noexcept = default;
  HttpResponse(const HttpResponse&) = default;
  HttpResponse& operator=(const HttpResponse&) = default;
  /// Zeroes the body: answers of credential services hold secrets.
  ~HttpResponse();

  /// The first header of that lower-case name, or null. Valid while the response is.
  [[nodiscard]] const std::string* header(std::string_view lower_case_name) const noexcept;
};

/// Sends requests. Thread-safe: `send` may run on many threads at once.
class HttpTransport {
 public:
  virtual ~HttpTransport() = default;

  /// Sends the request and waits for the whole answer. Follows no redirect and retries nothing. Rewinds the body source
  /// before it reads it; a sink that has begun may be left with a part of the body when this throws.
  /// \param stop ends the wait early, within some milliseconds
  /// \returns the answer, whatever its status
  /// \throws ValidationError for a method or header that no HTTP message can carry (a line break in it)
  /// \throws ConnectionError when there is no answer: code `ConnectTimeout`, `Timeout`, `NameResolution`,
  ///   `ConnectionRefused`, `ConnectionReset`, `TlsVerification`, `ResponseTooLarge`, `InvalidUrl` or `Network`;
  ///   kind recoverable, except TlsVerification and InvalidUrl; kind cancelled and code `Cancelled` after `stop`
  /// \throws whatever the body source or the sink throws
  [[nodiscard]] virtual HttpResponse send(const HttpRequest& request, const std::stop_token& stop) = 0;

 protected:
  HttpTransport() = default;
  HttpTransport(const HttpTransport&) = default;
  HttpTransport& operator=(const HttpTransport&) = default;
};

/// The libcurl transport. One instance is shared by all sessions that are given none: connections are kept and
/// reused across them. Never null.
[[nodiscard]] std::shared_ptr<HttpTransport> default_http_transport();

}  // namespace aws_refresh_session
