#pragma once

#include "aws/date_skew.hpp"
#include "aws/service_errors.hpp"
#include "aws/sts_errors.hpp"

#include <chrono>
#include <optional>
#include <string_view>

namespace aws_refresh_session::client {

/// Refusals that say nothing: no body to a HEAD, and what S3's kin answer to a set that has ended.
[[nodiscard]] inline bool may_refuse_ended_set(int status, std::string_view code) noexcept {
  constexpr int kBadRequest = 400;
  constexpr int kUnauthorized = 401;
  constexpr int kForbidden = 403;
  if (code.empty()) {
    return status == kBadRequest || status == kUnauthorized || status == kForbidden;
  }
  return code == "AccessDenied" || code == "AccessDeniedException";
}

/// True if the request was refused because our clock was wrong, which the answer's date tells.
/// \param observed by that answer
/// \param used when the request was signed
[[nodiscard]] inline bool refused_for_clock(int status, std::string_view code,
                                            std::optional<std::chrono::milliseconds> observed,
                                            std::chrono::milliseconds used) noexcept {
  const bool may_be = aws::may_be_clock_skew(code) || may_refuse_ended_set(status, code);
  return may_be && observed && std::chrono::abs(*observed - used) > aws::kSkewThatBreaksSignatures;
}

}  // namespace aws_refresh_session::client
