#pragma once

#include <aws_refresh_session/clock.hpp>

#include <string>

namespace aws_refresh_session::cli {

/// `YYYY-MM-DDTHH:MM:SSZ`; fractions are dropped, so that nobody uses a set for longer than it lives.
[[nodiscard]] std::string utc_text(WallTime time);

}  // namespace aws_refresh_session::cli
