#pragma once

#include <aws_refresh_session/clock.hpp>
#include <aws_refresh_session/http_transport.hpp>

#include <chrono>
#include <optional>

namespace aws_refresh_session::aws {

/// A signature made this far off is refused for the clock's sake: services allow 5 minutes and more.
inline constexpr std::chrono::minutes kSkewThatBreaksSignatures{4};

/// Below this, a `Date` header says nothing: it has a resolution of one second, and the way takes its time.
inline constexpr std::chrono::seconds kSkewNoise{2};

/// How far the service's clock was ahead of ours, from its `Date` header and the middle of the exchange. None for an
/// answer without a date or from a cache (`Age`), and after an exchange of more than 10 s.
/// \param sent, received by the local wall clock
[[nodiscard]] std::optional<std::chrono::milliseconds> observed_skew(const HttpResponse& response, WallTime sent,
                                                                     WallTime received) noexcept;

/// Takes the observation over if it differs by more than noise, so that every answer does not move the clock a little.
void update(ClockSkew& skew, std::chrono::milliseconds observed) noexcept;

/// The service's wish to be left alone (RFC 9110, 10.2.3), seconds or a date; never negative, at most a day.
/// \param now by the service's clock
[[nodiscard]] std::optional<std::chrono::seconds> retry_after(const HttpResponse& response, WallTime now) noexcept;

}  // namespace aws_refresh_session::aws
