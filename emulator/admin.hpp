#pragma once

#include "emulator/connection.hpp"
#include "emulator/emulator.hpp"

#include <string_view>

namespace aws_refresh_session::emulator {

inline constexpr std::string_view kAdminPrefix = "/_emulator/";

/// The control interface, JSON both ways; see `aws-refresh-session-emulator --help`. A bad request changes nothing.
[[nodiscard]] Reply serve_admin(Emulator& emulator, const HttpRequest& request);

}  // namespace aws_refresh_session::emulator
