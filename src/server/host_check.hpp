#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace aws_refresh_session::server {

/// Which hosts a request may name. A page in a browser whose own name was made to resolve to this machine (DNS
/// rebinding) sends that name in `Host`, and another site's page its own in `Origin`.
class HostCheck {
 public:
  /// \param names as they stand in a URL, without a port: `127.0.0.1`, `[::1]`, `localhost`
  /// \param any_host for unix sockets, which no browser reaches
  explicit HostCheck(std::vector<std::string> names, bool any_host = false);

  /// `Host` as RFC 9110, 7.2 has it. Any port will do: it may have been forwarded, and proves nothing.
  [[nodiscard]] bool accepts_host(std::string_view value) const;
  /// `Origin` of RFC 6454: only pages that this server gave itself.
  [[nodiscard]] bool accepts_origin(std::string_view value) const;

 private:
  std::vector<std::string> names_;
  bool any_host_;
};

}  // namespace aws_refresh_session::server
