#pragma once

/// \file
/// A TCP relay on loopback that can be shut: how a test takes a service away from one client while others reach it.

#include <atomic>
#include <cstdint>
#include <list>
#include <string>
#include <thread>

namespace aws_refresh_session::testing {

/// Relays from a port of its own to a port of 127.0.0.1, on one thread. Open after construction.
class TcpGate {
 public:
  enum class State {
    open,
    /// Connections in use are reset, new ones refused: a service that was stopped.
    closed,
    /// Connections are taken and stay silent until the gate opens again: a service that hangs.
    silent,
  };

  /// \throws std::system_error without a free port
  explicit TcpGate(std::uint16_t target_port);
  ~TcpGate();
  TcpGate(const TcpGate&) = delete;
  TcpGate& operator=(const TcpGate&) = delete;

  /// `http://127.0.0.1:PORT`
  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  /// In force some milliseconds later. From one thread at a time.
  void set(State state) noexcept { state_ = state; }

 private:
  struct Relay {
    int client;
    int server;
  };

  void listen();
  void run(const std::stop_token& stop);
  void accept();
  /// False when the connection has ended.
  [[nodiscard]] static bool forward(int from, int to) noexcept;
  static void reset(const Relay& relay) noexcept;

  std::uint16_t target_port_;
  std::uint16_t port_ = 0;
  int listener_ = -1;
  std::list<Relay> relays_;
  std::atomic<State> state_{State::open};
  std::jthread thread_;
};

}  // namespace aws_refresh_session::testing
