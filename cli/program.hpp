#pragma once

#include <span>
#include <string>

namespace aws_refresh_session::cli {

/// The whole program, from its arguments (its name left out) to its exit status. Never throws.
[[nodiscard]] int run_program(std::span<const std::string> arguments) noexcept;

}  // namespace aws_refresh_session::cli
