#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace aws_refresh_session::cli {

/// The candidate a mistyped word was most likely meant to be, or nothing when none is close.
[[nodiscard]] std::string closest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace aws_refresh_session::cli
