#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace aws_refresh_session::test {

/// One accepted connection, in the clear or over TLS. Used by the thread that serves it.
class ServerStream {
 public:
  /// Takes over the socket. \param tls an SSL*, already shaken hands, or null
  ServerStream(int socket, void* tls) noexcept : socket_(socket), tls_(tls) {}

  /// The next request, headers and body as received; nullopt when the client has gone.
  [[nodiscard]] std::optional<std::string> read_request();
  /// False when the client has gone.
  bool write(std::string_view data);
  /// Waits until the client closes, or the server stops.
  void wait_for_close();
  /// Makes the close that follows a reset (RST), so that the client sees ECONNRESET.
  void reset_on_close();

 private:
  [[nodiscard]] std::optional<std::string> read_some();

  int socket_;
  void* tls_;
  std::string pending_;
};

/// A server on 127.0.0.1 at a free port that answers as a test says. Every connection has a thread of its own and is
/// closed when the handler returns.
class LoopbackServer {
 public:
  using Handler = std::function<void(ServerStream& stream)>;

  explicit LoopbackServer(Handler handler) : LoopbackServer(std::move(handler), {}, {}) {}
  /// Speaks TLS with that certificate and key (PEM).
  LoopbackServer(Handler handler, const std::string& certificate_pem, const std::string& key_pem);
  ~LoopbackServer();
  LoopbackServer(const LoopbackServer&) = delete;
  LoopbackServer& operator=(const LoopbackServer&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] std::string url(std::string_view path = "/") const;
  /// Connections accepted so far.
  [[nodiscard]] int accepted() const noexcept { return accepted_; }

  /// Answers every request on a connection with the same text.
  [[nodiscard]] static Handler always(std::string response);
  /// A complete answer with a Content-Length.
  [[nodiscard]] static std::string answer(std::string_view body, std::string_view status = "200 OK",
                                          std::string_view headers = {});

 private:
  void accept_all();
  void serve(int socket);

  Handler handler_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<int> accepted_{0};
  std::shared_ptr<void> tls_context_;
  std::mutex mutex_;
  std::vector<int> open_;             // guarded by mutex_
  std::vector<std::thread> serving_;  // guarded by mutex_
  bool stopping_ = false;             // guarded by mutex_
  std::thread accepting_;
};

/// A certificate that signs itself, valid for an hour before and after now.
struct TestCertificate {
  std::string certificate_pem;
  std::string key_pem;
};
[[nodiscard]] TestCertificate make_test_certificate(
    const std::string& alternative_names = "DNS:localhost,IP:127.0.0.1");

}  // namespace aws_refresh_session::test
