#include "emulator/http_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <system_error>

namespace aws_refresh_session::emulator {
namespace {

void check(int result, const char* what) {
  if (result < 0) {
    throw std::system_error(errno, std::generic_category(), what);
  }
}

void reset_on_close(int descriptor) noexcept {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

}  // namespace

HttpServer::HttpServer(std::uint16_t port, std::size_t max_connections, Handler handler)
    : handler_(std::move(handler)),
      max_connections_(max_connections),
      listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)),
      wake_(::eventfd(0, EFD_CLOEXEC)) {
  check(listener_.get(), "socket");
  check(wake_.get(), "eventfd");
  const int on = 1;
  check(::setsockopt(listener_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), "SO_REUSEADDR");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  // The socket API's own way to pass an address of any family.
  check(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), "bind to 127.0.0.1");
  check(::listen(listener_.get(), SOMAXCONN), "listen");
  socklen_t size = sizeof address;
  check(::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size), "getsockname");
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

HttpServer::~HttpServer() {
  const std::uint64_t one = 1;
  static_cast<void>(!::write(wake_.get(), &one, sizeof one));
  acceptor_.join();
  interrupt_all(false);
  // The threads do not take this lock, so joining them could be done under it; moving the list out is plainer.
  auto last = served_.with([](auto& served) { return std::move(served); });
  for (const auto& each : last) {
    each->thread.join();
  }
}

void HttpServer::set_down(bool down) {
  down_ = down;
  if (down) {
    interrupt_all(true);
  }
}

void HttpServer::interrupt_all(bool reset) {
  served_.with([reset](auto& served) {
    for (const auto& each : served) {
      each->connection.interrupt(reset);
    }
  });
}

void HttpServer::accept_all() {
  std::array<pollfd, 2> watched{pollfd{.fd = listener_.get(), .events = POLLIN, .revents = 0},
                                pollfd{.fd = wake_.get(), .events = POLLIN, .revents = 0}};
  while (true) {
    if (::poll(watched.data(), watched.size(), -1) < 0) {
      continue;
    }
    if (watched[1].revents != 0) {
      return;
    }
    Socket socket{::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)};
    if (!socket) {
      if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
        // The connection stays in the queue and would wake the poll at once.
        std::this_thread::sleep_for(std::chrono::milliseconds{10});
      }
      continue;
    }
    ++accepted_;
    reap();
    admit(std::move(socket));
  }
}

void HttpServer::admit(Socket socket) {
  if (down_) {
    reset_on_close(socket.get());
    return;
  }
  try {
    served_.with([&](auto& all) {
      // `down_` is asked again under the lock, or set_down could miss this connection.
      if (down_ || all.size() >= max_connections_) {
        return;
      }
      // Started under the lock, so that nobody sees an entry without its thread.
      auto& served = *all.emplace_back(std::make_unique<Served>(std::move(socket)));
      try {
        served.thread = std::thread([this, &served] {
          served.connection.serve(handler_);
          served.done = true;
        });
      } catch (const std::system_error&) {
        all.pop_back();
        throw;
      }
    });
  } catch (const std::system_error&) {
    // No thread to be had: the connection is closed, the client tries again.
  }
}

void HttpServer::reap() {
  std::list<std::unique_ptr<Served>> finished;
  served_.with([&finished](auto& served) {
    for (auto each = served.begin(); each != served.end();) {
      const auto next = std::next(each);
      if ((*each)->done) {
        finished.splice(finished.end(), served, each);
      }
      each = next;
    }
  });
  for (const auto& each : finished) {
    each->thread.join();
  }
}

}  // namespace aws_refresh_session::emulator
