#pragma once

#include "server/connection.hpp"
#include "server/listening_socket.hpp"
#include "server/request_handler.hpp"

#include <aws_refresh_session/credentials_server.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <thread>
#include <vector>

namespace aws_refresh_session::server {

/// Accepts connections on a thread of its own and serves them there.
class Acceptor {
 public:
  /// Starts the first refresh of every role.
  Acceptor(ListeningSocket socket, std::vector<ServedRole> roles, const CredentialsServerOptions& options);
  ~Acceptor();
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  /// Ends within `grace` and a little; the thread has ended when it returns. Once, by one thread.
  void stop(std::chrono::milliseconds grace) noexcept;

 private:
  void run() noexcept;
  void await_connections();
  void accept_pending();
  void pause_accepting();
  void wind_down(std::chrono::milliseconds grace);

  const int family_;
  const ServerLimits limits_;
  const std::shared_ptr<const Clock> clock_;
  /// All below belongs to the thread.
  RequestHandler handler_;
  Connections connections_;
  bool stopping_ = false;
  /// Destroys the connections, which refer to what stands above.
  boost::asio::io_context loop_;
  boost::asio::posix::stream_descriptor listener_;
  boost::asio::steady_timer timer_;
  std::thread thread_;
};

}  // namespace aws_refresh_session::server
