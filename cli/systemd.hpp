#pragma once

/// \file
/// What a service manager and a service tell each other: sd_listen_fds(3) and sd_notify(3), of which these are the
/// documented protocols.

#include <optional>
#include <string_view>

namespace aws_refresh_session::cli {

/// The socket that the service manager opened for this process, if it did; the variables that say so are removed, for
/// they mean nothing to children. To be called before there are threads.
/// \throws ConfigurationError of code `SocketActivation` for more than one
[[nodiscard]] std::optional<int> take_activation_socket();

/// Tells the service manager, if there is one that listens: `READY=1`, `STOPPING=1`, `STATUS=...`.
void notify_service_manager(std::string_view state) noexcept;

}  // namespace aws_refresh_session::cli
