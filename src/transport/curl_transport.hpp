#pragma once

#include <aws_refresh_session/http_transport.hpp>

#include <memory>

namespace aws_refresh_session::transport {

/// A transport over libcurl: HTTP/1.1, TLS 1.2 or later, proxies as libcurl reads them from the environment
/// (`https_proxy`, `no_proxy`, ...). Answers past the request's
/// `max_response` are refused. Connections are kept and reused by whoever shares
/// the transport, and closed with it. A `fork()` leaves both sides working; the child starts without connections.
///
/// Wiped after use: the header list and the answer's body. Not wiped, because libcurl offers no way: its own buffers
/// for what it sends and receives.
[[nodiscard]] std::shared_ptr<HttpTransport> make_curl_transport();

}  // namespace aws_refresh_session::transport
