#pragma once

#include <string_view>

namespace aws_refresh_session::core {

enum class LogLevel { debug, info, warning, error };

/// Writes one line to the library's log (standard error, level from AWS_REFRESH_SESSION_LOG: debug, info, warning,
/// error, off; default warning). Thread-safe, safe across fork. The text must hold no secret.
void log(LogLevel level, std::string_view text) noexcept;

}  // namespace aws_refresh_session::core
