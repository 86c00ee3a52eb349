#pragma once

#include <cstdint>

namespace aws_refresh_session::bench {

/// How often this thread has called operator new so far.
std::uint64_t allocations() noexcept;

}  // namespace aws_refresh_session::bench
