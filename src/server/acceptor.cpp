#include "server/acceptor.hpp"

#include <boost/asio/post.hpp>

#include <fcntl.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <utility>

namespace aws_refresh_session::server {
namespace {

RequestHandler::Settings settings(const ListeningSocket& socket, const CredentialsServerOptions& options) {
  auto hosts = options.allowed_hosts;
  hosts.push_back(socket.host);
  hosts.emplace_back("localhost");
  return {.token = options.token,
          .hosts = HostCheck{std::move(hosts), socket.family == AF_UNIX},
          .imds = options.imds,
          .page = options.page,
          .first_set_timeout = options.limits.first_set_timeout,
          .clock = options.clock};
}

}  // namespace

Acceptor::Acceptor(ListeningSocket socket, std::vector<ServedRole> roles, const CredentialsServerOptions& options)
    : family_(socket.family),
      limits_(options.limits),
      clock_(options.clock),
      handler_(std::move(roles), settings(socket, options)),
      loop_(1),
      listener_(loop_, ::fcntl(socket.descriptor.get(), F_DUPFD_CLOEXEC, 0)),
      timer_(loop_) {
  for (const RoleWatch& role : handler_.roles()) {
    static_cast<void>(role.usable_set());
  }
  await_connections();
  // Signals are for the program's own threads.
  ::sigset_t all{};
  ::sigset_t before{};
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    thread_ = std::thread{[this] { run(); }};
  } catch (...) {
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw;
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

Acceptor::~Acceptor() {
  stop(std::chrono::milliseconds{0});
}

void Acceptor::stop(std::chrono::milliseconds grace) noexcept {
  if (!thread_.joinable()) {
    return;
  }
  boost::asio::post(loop_, [this, grace] { wind_down(grace); });
  thread_.join();
}

void Acceptor::run() noexcept {
  for (;;) {
    try {
      loop_.run();
      return;
    } catch (...) {  // NOLINT(bugprone-empty-catch)
      // Out of memory: the connection whose turn it was has ended, the others go on.
    }
  }
}

void Acceptor::await_connections() {
  listener_.async_wait(boost::asio::posix::stream_descriptor::wait_read, [this](boost::system::error_code error) {
    if (!error && !stopping_) {
      accept_pending();
    }
  });
}

void Acceptor::accept_pending() {
  // A flood must not keep the connections that are open from being served.
  constexpr int kMostAtOnce = 64;
  const ConnectionContext context{handler_, connections_, limits_, *clock_, stopping_};
  for (int i = 0; i < kMostAtOnce; ++i) {
    const int descriptor = ::accept4(listener_.native_handle(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (descriptor < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)) {
      pause_accepting();
      return;
    }
    if (descriptor < 0) {
      // Nothing is left to accept, or a client has gone away meanwhile.
      break;
    }
    if (connections_.size() >= limits_.max_connections) {
      handler_.metrics().count_eviction();
      if (!connections_.evict()) {
        ::close(descriptor);
        continue;
      }
    }
    try {
      serve_connection(loop_, family_, descriptor, context);
    } catch (...) {
      // No memory for it, or for the kernel's notes of it: this client is turned away, the next ones are not.
      ::close(descriptor);
      pause_accepting();
      return;
    }
  }
  await_connections();
}

void Acceptor::pause_accepting() {
  // The socket stays readable: without a pause the thread would spin until a descriptor is free.
  constexpr std::chrono::milliseconds kPause{20};
  if (connections_.evict()) {
    handler_.metrics().count_eviction();
  }
  timer_.expires_after(kPause);
  timer_.async_wait([this](boost::system::error_code error) {
    if (!error && !stopping_) {
      await_connections();
    }
  });
}

void Acceptor::wind_down(std::chrono::milliseconds grace) {
  stopping_ = true;
  listener_.close();
  timer_.cancel();
  connections_.wind_down([this] { loop_.stop(); });
  timer_.expires_after(grace);
  timer_.async_wait([this](boost::system::error_code) { loop_.stop(); });
}

}  // namespace aws_refresh_session::server
