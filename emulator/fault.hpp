#pragma once

/// \file
/// What can be made to go wrong, and when.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace aws_refresh_session::emulator {

/// What a request asks for. `other` is everything the emulator does not know.
enum class Action { assume_role, get_caller_identity, get_session_token, resource, other };

/// AWS's spelling: `AssumeRole`; `Resource` and `Other` for what AWS has no name for.
[[nodiscard]] std::string_view to_string(Action action) noexcept;
[[nodiscard]] std::optional<Action> parse_action(std::string_view text) noexcept;

enum class FaultKind {
  /// The answer comes `delay` later. Combines with the other kinds.
  latency,
  /// No answer until `Emulator::release_hanging()`, after which the request is served as usual. `delay`, if not zero,
  /// bounds the hang; the connection is then closed.
  hang,
  /// The connection is reset without an answer.
  reset,
  /// The connection is reset in the middle of a correct answer.
  reset_mid_body,
  /// `status`: 500 (the default), 502, 503 or 504. 500 and 503 in AWS's words, the others in a proxy's.
  server_error,
  /// `status`: 400 `Throttling` (the default), or 429 `TooManyRequestsException`; 503 for `SlowDown`.
  throttling,
  /// 403 AccessDenied.
  forbidden,
  /// 200 with something that is no XML.
  not_xml,
  /// 200 with the first half of a correct answer, its Content-Length matching.
  truncated_xml,
  /// 200 with nothing.
  empty_body,
  /// The answer's credentials ended an hour ago. For the actions that give credentials, as all that follow.
  expired_answer,
  /// No Expiration in the answer.
  no_expiration,
  /// An Expiration without `Z`.
  no_zone,
  /// AccessKeyId and SecretAccessKey are there and empty.
  empty_keys,
  /// The `Date` header is off by `skew`; nothing else is. Combines with the other kinds.
  skewed_date,
  /// The service's whole clock is off by `skew`: signatures are judged, credentials dated and `Date` written by it.
  /// Combines with the other kinds. See also `Emulator::set_clock_offset`.
  skewed_clock,
};

/// The enumerator's name.
[[nodiscard]] std::string_view to_string(FaultKind kind) noexcept;
[[nodiscard]] std::optional<FaultKind> parse_fault_kind(std::string_view text) noexcept;

/// One thing that goes wrong. The first active fault that fits a request applies and counts down; only the kinds that
/// combine let a later one apply, too.
struct Fault {
  FaultKind kind = FaultKind::server_error;
  /// Empty: any.
  std::optional<Action> action{};
  /// How many requests it applies to. Empty: every one until it is removed.
  std::optional<std::uint64_t> count{};
  /// Of a request that fits, how likely it is to be hit (0-1). The sequence depends on `seed` alone.
  double probability = 1.0;
  std::uint64_t seed = 1;
  /// See latency and hang; real time.
  std::chrono::milliseconds delay{0};
  /// See server_error and throttling; 0 takes the default.
  int status = 0;
  /// See skewed_date and skewed_clock; positive: the service is ahead.
  std::chrono::seconds skew{0};
};

/// Names a fault that was added, so that it can be removed.
using FaultId = std::uint64_t;

}  // namespace aws_refresh_session::emulator
