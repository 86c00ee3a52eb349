#pragma once

#include "emulator/connection.hpp"
#include "emulator/guarded.hpp"
#include "emulator/socket.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <thread>

namespace aws_refresh_session::emulator {

/// An HTTP/1.1 server on 127.0.0.1, a thread a connection. Written for this emulator because HTTP libraries do not
/// let a signature be judged and a connection be broken: cpp-httplib 0.11, for one, percent-decodes header values
/// before anybody sees them, cannot reset a connection, and waits for idle ones when it stops.
class HttpServer {
 public:
  /// Listens before it returns.
  /// \throws std::system_error
  HttpServer(std::uint16_t port, std::size_t max_connections, Handler handler);
  /// Interrupts every connection and joins every thread. A handler that waits must heed `Peer::gone`.
  ~HttpServer();

  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  /// Connections accepted so far, those reset by `set_down` included.
  [[nodiscard]] std::uint64_t accepted() const noexcept { return accepted_; }
  /// Down: open connections are reset, new ones as soon as they are accepted.
  void set_down(bool down);

 private:
  struct Served {
    explicit Served(Socket socket) : connection(std::move(socket), Limits{}) {}
    Connection connection;
    std::atomic<bool> done{false};
    std::thread thread;
  };

  void accept_all();
  void admit(Socket socket);
  void reap();
  void interrupt_all(bool reset);

  Handler handler_;
  std::size_t max_connections_;
  std::uint16_t port_ = 0;
  std::atomic<std::uint64_t> accepted_{0};
  std::atomic<bool> down_{false};
  Socket listener_;
  /// Readable when it is time to stop.
  Socket wake_;
  Guarded<std::list<std::unique_ptr<Served>>> served_;
  std::thread acceptor_;
};

}  // namespace aws_refresh_session::emulator
