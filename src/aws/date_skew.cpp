#include "aws/date_skew.hpp"

#include "core/rfc3339.hpp"

#include <algorithm>
#include <charconv>

namespace aws_refresh_session::aws {

using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::seconds;

std::optional<milliseconds> observed_skew(const HttpResponse& response, WallTime sent, WallTime received) noexcept {
  const auto* date = response.header("date");
  if (date == nullptr || response.header("age") != nullptr) {
    return std::nullopt;
  }
  const auto service_time = core::parse_http_date(*date);
  // The answer's beginning or its end, a long body or a suspended machine in between: the middle says nothing then.
  constexpr seconds kLongestExchange{10};
  if (!service_time || received - sent > kLongestExchange || received < sent) {
    return std::nullopt;
  }
  // The header drops the fraction: half a second is its mean.
  constexpr milliseconds kDroppedFraction{500};
  return duration_cast<milliseconds>(*service_time + kDroppedFraction - (sent + (received - sent) / 2));
}

void update(ClockSkew& skew, milliseconds observed) noexcept {
  const auto value = std::chrono::abs(observed) < kSkewNoise ? milliseconds{0} : observed;
  if (std::chrono::abs(value - skew.get()) >= kSkewNoise) {
    skew.set(value);
  }
}

std::optional<seconds> retry_after(const HttpResponse& response, WallTime now) noexcept {
  constexpr seconds kLongest{24 * 3600};
  const auto* header = response.header("retry-after");
  if (header == nullptr) {
    return std::nullopt;
  }
  std::uint32_t count = 0;
  const auto* const end = header->data() + header->size();
  const auto [stop, fault] = std::from_chars(header->data(), end, count);
  if (stop == end && fault == std::errc{}) {
    return std::min(kLongest, seconds{count});
  }
  if (const auto date = core::parse_http_date(*header)) {
    return std::clamp(duration_cast<seconds>(*date - now), seconds{0}, kLongest);
  }
  return std::nullopt;
}

}  // namespace aws_refresh_session::aws
