#pragma once

#include "emulator/guarded.hpp"
#include "emulator/http_message.hpp"
#include "emulator/socket.hpp"

#include <atomic>
#include <cstddef>
#include <functional>
#include <string>

namespace aws_refresh_session::emulator {

/// How an answer ends.
enum class Ending {
  /// Sent whole; the connection stays open if the client likes.
  keep,
  /// Nothing is sent, the connection is closed.
  drop,
  /// Nothing is sent, the connection is reset.
  reset,
  /// Reset after the head and half of the body.
  reset_mid_body,
};

struct Reply {
  HttpResponse response;
  Ending ending = Ending::keep;
};

/// Whether anybody still waits for an answer.
class Peer {
 public:
  virtual ~Peer() = default;
  /// True once the client has closed, or the server stops. Thread-safe.
  [[nodiscard]] virtual bool gone() const noexcept = 0;

 protected:
  Peer() = default;
  Peer(const Peer&) = default;
  Peer& operator=(const Peer&) = default;
};

/// Makes the answer; may block as long as `peer` is there. Called from many threads at once.
using Handler = std::function<Reply(const HttpRequest& request, const Peer& peer)>;

struct Limits {
  std::size_t head = std::size_t{64} * 1024;
  std::size_t body = std::size_t{8} * 1024 * 1024;
};

/// One client's connection: reads requests, writes answers, one after the other (HTTP/1.1 with keep-alive and
/// pipelining; bodies by Content-Length only).
class Connection final : public Peer {
 public:
  Connection(Socket socket, Limits limits);

  /// Serves until the connection ends. Throws nothing: a handler that throws gives 500.
  void serve(const Handler& handler) noexcept;
  /// Ends it from another thread: `serve` returns as soon as the handler does.
  /// \param reset tells the client by a reset rather than by an orderly end
  void interrupt(bool reset) noexcept;

  [[nodiscard]] bool gone() const noexcept override;

 private:
  enum class Received { request, closed, refused };

  bool fill();
  bool send_all(std::string_view bytes);
  void refuse(int status);
  Received receive(HttpRequest& request);
  bool answer(const HttpRequest& request, const Handler& handler);
  void arm_reset() noexcept;
  void drain() noexcept;

  /// Used by the serving thread freely; opened and closed by it alone, under the lock of `open_`.
  Socket socket_;
  Limits limits_;
  /// What was read and not yet used.
  std::string buffer_;
  std::atomic<bool> interrupted_{false};
  /// The descriptor while it is open, so that an interrupt never hits somebody else's.
  Guarded<int> open_;
};

}  // namespace aws_refresh_session::emulator
