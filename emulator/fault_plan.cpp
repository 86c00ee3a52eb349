#include "emulator/fault_plan.hpp"

#include <algorithm>
#include <stdexcept>

namespace aws_refresh_session::emulator {
namespace {

bool combines(FaultKind kind) {
  return kind == FaultKind::latency || kind == FaultKind::skewed_date || kind == FaultKind::skewed_clock;
}

/// What only an answer with credentials can show.
bool needs_credentials(FaultKind kind) {
  return kind == FaultKind::expired_answer || kind == FaultKind::no_expiration || kind == FaultKind::no_zone ||
         kind == FaultKind::empty_keys;
}

bool fits(const Fault& fault, Action action) {
  const bool gives_credentials = action == Action::assume_role || action == Action::get_session_token;
  return fault.action.value_or(action) == action && fault.count != 0 &&
         (gives_credentials || !needs_credentials(fault.kind));
}

/// Beyond it a time would overflow.
constexpr std::chrono::years kLongest{10};

void check(const Fault& fault) {
  if (!(fault.probability >= 0.0 && fault.probability <= 1.0)) {
    throw std::invalid_argument("a fault's probability is a number from 0 to 1");
  }
  if (fault.delay.count() < 0 || fault.delay > kLongest || fault.skew > kLongest || fault.skew < -kLongest) {
    throw std::invalid_argument("a fault's delay must not be negative, nor it or the skew beyond ten years");
  }
  const auto one_of = [&fault](std::initializer_list<int> allowed) {
    return fault.status == 0 || std::ranges::find(allowed, fault.status) != allowed.end();
  };
  if ((fault.kind == FaultKind::server_error && !one_of({500, 502, 503, 504})) ||
      (fault.kind == FaultKind::throttling && !one_of({400, 429, 503}))) {
    throw std::invalid_argument("this fault's status is 500, 502, 503 or 504; of throttling 400, 429 or 503");
  }
}

}  // namespace

FaultId FaultPlan::add(const Fault& fault) {
  check(fault);
  return state_.with([&](State& state) {
    state.entries.push_back({.id = ++state.last_id, .fault = fault, .random = std::mt19937_64{fault.seed}});
    return state.last_id;
  });
}

bool FaultPlan::remove(FaultId id) {
  return state_.with(
      [id](State& state) { return std::erase_if(state.entries, [id](const Entry& e) { return e.id == id; }) > 0; });
}

void FaultPlan::clear() {
  state_.with([](State& state) { state.entries.clear(); });
}

FaultDecision FaultPlan::decide(Action action) {
  FaultDecision decision;
  state_.with([&](State& state) {
    for (auto& [id, fault, random] : state.entries) {
      if (!fits(fault, action) || (decision.main && !combines(fault.kind)) ||
          (fault.probability < 1.0 && std::uniform_real_distribution<>{}(random) >= fault.probability)) {
        continue;
      }
      if (fault.count) {
        --*fault.count;
      }
      decision.kinds.push_back(fault.kind);
      if (fault.kind == FaultKind::latency) {
        decision.latency += fault.delay;
      } else if (fault.kind == FaultKind::skewed_date) {
        decision.date_skew += fault.skew;
      } else if (fault.kind == FaultKind::skewed_clock) {
        decision.clock_skew += fault.skew;
      } else {
        decision.main = fault;
      }
    }
    std::erase_if(state.entries, [](const Entry& entry) { return entry.fault.count == 0; });
  });
  return decision;
}

std::vector<std::pair<FaultId, Fault>> FaultPlan::active() const {
  return state_.with([](const State& state) {
    std::vector<std::pair<FaultId, Fault>> result;
    result.reserve(state.entries.size());
    for (const auto& entry : state.entries) {
      result.emplace_back(entry.id, entry.fault);
    }
    return result;
  });
}

}  // namespace aws_refresh_session::emulator
