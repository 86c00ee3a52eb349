#pragma once

/// \file
/// What the emulator saw. Never a secret key, a token, a signature or a one-time code.

#include "emulator/fault.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace aws_refresh_session::emulator {

/// One request and what became of it.
struct LogEntry {
  /// By the emulator's clock, when the request was read.
  std::chrono::system_clock::time_point time;
  /// 1, 2, ... in the order of arrival.
  std::uint64_t number = 0;
  Action action = Action::other;
  std::string method;
  /// Without the query, which may hold a token.
  std::string path;
  /// Who said to be signing; not a secret. Empty for an unsigned request.
  std::string access_key_id;
  /// The ARN of the caller, once the signature was found right.
  std::string principal;
  /// 0 when no whole answer was sent.
  int status = 0;
  /// AWS's error code; empty for a success.
  std::string code;
  /// The parameters of an STS action as they arrived; of those that are or may hold a secret, the value is `***`.
  std::map<std::string, std::string> parameters;
  /// The faults that applied.
  std::vector<FaultKind> faults;
  /// From having read the request to having decided the answer.
  std::chrono::microseconds duration{0};
  std::string request_id;
};

/// Sums since the start, or since `Emulator::reset_counters()`. A request counts when its answer is decided; one that
/// hangs counts when it ends.
struct Counters {
  std::uint64_t requests = 0;
  std::map<Action, std::uint64_t> by_action;
  /// Status 0: no whole answer was sent.
  std::map<int, std::uint64_t> by_status;
  std::map<std::string, std::uint64_t> by_code;
  std::map<FaultKind, std::uint64_t> by_fault;
  /// The protected resource.
  std::uint64_t resource_accepted = 0;
  std::uint64_t resource_refused = 0;
  /// Requests of any action that were signed rightly with credentials past their end.
  std::uint64_t expired_credentials = 0;
  /// Sets of temporary credentials handed out.
  std::uint64_t credentials_issued = 0;
  /// TCP connections accepted.
  std::uint64_t connections = 0;
};

/// JSON objects, for programs. Times are RFC 3339 in UTC with milliseconds.
[[nodiscard]] std::string to_json(const LogEntry& entry);
[[nodiscard]] std::string to_json(const std::vector<LogEntry>& entries);
[[nodiscard]] std::string to_json(const Counters& counters);

}  // namespace aws_refresh_session::emulator
