#pragma once

#include "server/request_handler.hpp"

#include <aws_refresh_session/credentials_server.hpp>

#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <functional>
#include <list>
#include <memory>

namespace aws_refresh_session::server {

class Connection;

/// The open connections, in the order in which the next one is given up when there are too many: first those that wait
/// for a request, longest first. For the server's thread.
class Connections {
 public:
  using Place = std::list<Connection*>::iterator;

  [[nodiscard]] Place add(Connection& connection) { return open_.insert(open_.end(), &connection); }
  void remove(Place place, bool was_closing);
  /// It waits from now on.
  void move_to_back(Place place) { open_.splice(open_.end(), open_, place); }

  /// Those that are being closed left out.
  [[nodiscard]] std::size_t size() const noexcept { return open_.size() - closing_; }
  /// One of them is being closed.
  void note_closing() noexcept { ++closing_; }
  /// Gives up the one that has waited longest.
  /// \returns false if none waits
  [[nodiscard]] bool evict();
  /// Lets answers go out, and ends everything else. `when_empty` runs as soon as none is left.
  void wind_down(std::function<void()> when_empty);

 private:
  std::list<Connection*> open_;
  std::size_t closing_ = 0;
  std::function<void()> when_empty_;
};

/// What all connections share. Outlives them.
struct ConnectionContext {
  RequestHandler& handler;
  Connections& connections;
  const ServerLimits& limits;
  const Clock& clock;
  /// Set when the server stops: every answer is its connection's last.
  const bool& stopping;
};

/// Serves the accepted socket until it ends. It owns itself.
/// \param descriptor non-blocking; taken over
void serve_connection(boost::asio::io_context& loop, int family, int descriptor, const ConnectionContext& context);

}  // namespace aws_refresh_session::server
