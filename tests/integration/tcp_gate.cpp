#include "integration/tcp_gate.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <system_error>
#include <vector>

namespace aws_refresh_session::testing {
namespace {

constexpr int kPollMilliseconds = 10;

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

int stream_socket() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) {
    throw std::system_error{errno, std::generic_category(), "TcpGate: socket"};
  }
  return socket;
}

}  // namespace

TcpGate::TcpGate(std::uint16_t target_port) : target_port_(target_port) {
  listen();
  thread_ = std::jthread{[this](const std::stop_token& stop) { run(stop); }};
}

TcpGate::~TcpGate() {
  thread_.request_stop();
  thread_.join();
  for (const auto& relay : relays_) {
    reset(relay);
  }
  if (listener_ >= 0) {
    ::close(listener_);
  }
}

void TcpGate::listen() {
  listener_ = stream_socket();
  const int on = 1;
  ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  auto address = loopback(port_);
  socklen_t size = sizeof address;
  if (::bind(listener_, reinterpret_cast<const sockaddr*>(&address), size) != 0 || ::listen(listener_, 128) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::system_error{errno, std::generic_category(), "TcpGate: listen"};
  }
  port_ = ntohs(address.sin_port);
}

void TcpGate::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const State state = state_;
    if (state == State::closed) {
      for (const auto& relay : relays_) {
        reset(relay);
      }
      relays_.clear();
      if (listener_ >= 0) {
        ::close(listener_);
        listener_ = -1;
      }
      ::poll(nullptr, 0, kPollMilliseconds);
      continue;
    }
    if (listener_ < 0) {
      listen();
    }
    std::vector<pollfd> polled{{listener_, POLLIN, 0}};
    if (state == State::open) {
      for (const auto& relay : relays_) {
        polled.push_back({relay.client, POLLIN, 0});
        polled.push_back({relay.server, POLLIN, 0});
      }
    }
    if (::poll(polled.data(), polled.size(), kPollMilliseconds) <= 0) {
      continue;
    }
    if (state == State::open) {
      std::size_t index = 1;
      for (auto relay = relays_.begin(); relay != relays_.end(); index += 2) {
        const bool alive = (polled[index].revents == 0 || forward(relay->client, relay->server)) &&
                           (polled[index + 1].revents == 0 || forward(relay->server, relay->client));
        if (alive) {
          ++relay;
          continue;
        }
        ::close(relay->client);
        ::close(relay->server);
        relay = relays_.erase(relay);
      }
    }
    if (polled.front().revents != 0) {
      accept();
    }
  }
}

void TcpGate::accept() {
  const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  if (client < 0) {
    return;
  }
  const int server = stream_socket();
  const auto address = loopback(target_port_);
  if (::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    reset({client, server});
    return;
  }
  relays_.push_back({client, server});
}

bool TcpGate::forward(int from, int to) noexcept {
  std::array<char, 65'536> buffer;
  const ssize_t size = ::recv(from, buffer.data(), buffer.size(), 0);
  ssize_t sent = 0;
  while (sent < size) {
    const ssize_t part = ::send(to, buffer.data() + sent, static_cast<std::size_t>(size - sent), MSG_NOSIGNAL);
    if (part <= 0) {
      return false;
    }
    sent += part;
  }
  return size > 0;
}

void TcpGate::reset(const Relay& relay) noexcept {
  // Closing with a linger time of zero sends RST: the client sees a broken connection, not an end.
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(relay.client, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  ::close(relay.client);
  ::close(relay.server);
}

}  // namespace aws_refresh_session::testing
