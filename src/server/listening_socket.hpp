#pragma once

#include "core/file_descriptor.hpp"

#include <aws_refresh_session/credentials_server.hpp>

#include <string>
#include <string_view>

namespace aws_refresh_session::server {

/// A socket that listens, and what it listens at.
struct ListeningSocket {
  core::FileDescriptor descriptor;
  /// AF_INET, AF_INET6 or AF_UNIX.
  int family = 0;
  /// `127.0.0.1`, `[::1]`, or `localhost` for a unix socket; as a URL has it.
  std::string host;
  /// 0 for a unix socket.
  std::uint16_t port = 0;
  /// The file of a unix socket that this process made.
  std::string made_path;
};

/// True for the addresses that credentials may be served at in the clear; see CredentialsServerOptions::address.
[[nodiscard]] bool may_serve_at(std::string_view address);

/// Opens what the options name, not inherited by children. With `imds` answers do not leave the machine (hop limit 1),
/// as IMDSv2's do not leave the instance.
/// \throws ConfigurationError of code `CannotListen`, also for an inherited socket that is no listening stream socket
///   or is bound where credentials must not be served
[[nodiscard]] ListeningSocket open_listening_socket(const CredentialsServerOptions& options);

}  // namespace aws_refresh_session::server
