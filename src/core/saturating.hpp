#pragma once

#include <chrono>

namespace aws_refresh_session::core {

/// `start + duration`, or the last moment there is: limits such as milliseconds::max() must not wrap around.
template <typename TimePoint>
TimePoint saturating_add(TimePoint start, std::chrono::milliseconds duration) noexcept {
  return duration > std::chrono::duration_cast<std::chrono::milliseconds>(TimePoint::max() - start) ? TimePoint::max()
                                                                                                    : start + duration;
}

}  // namespace aws_refresh_session::core
