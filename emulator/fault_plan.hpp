#pragma once

#include "emulator/fault.hpp"
#include "emulator/guarded.hpp"

#include <chrono>
#include <optional>
#include <random>
#include <utility>
#include <vector>

namespace aws_refresh_session::emulator {

/// What goes wrong with one request.
struct FaultDecision {
  std::chrono::milliseconds latency{0};
  std::chrono::seconds date_skew{0};
  std::chrono::seconds clock_skew{0};
  /// The one fault that does not combine with others.
  std::optional<Fault> main;
  std::vector<FaultKind> kinds;
};

/// The active faults, in the order they were added. Thread-safe.
class FaultPlan {
 public:
  /// \throws std::invalid_argument; see Emulator::add_fault
  FaultId add(const Fault& fault);
  bool remove(FaultId id);
  void clear();
  /// Uses up the faults it decides for.
  [[nodiscard]] FaultDecision decide(Action action);
  /// With `count` as it remains.
  [[nodiscard]] std::vector<std::pair<FaultId, Fault>> active() const;

 private:
  struct Entry {
    FaultId id = 0;
    Fault fault;
    std::mt19937_64 random;
  };
  struct State {
    std::vector<Entry> entries;
    FaultId last_id = 0;
  };
  Guarded<State> state_;
};

}  // namespace aws_refresh_session::emulator
