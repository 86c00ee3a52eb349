#include "cli/demo_faults.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace aws_refresh_session::cli {
namespace {

struct Kind {
  emulator::FaultKind kind;
  int status;
  std::string_view text;
};

constexpr std::array kKinds{
    Kind{emulator::FaultKind::server_error, 503, "STS answers 503"},
    Kind{emulator::FaultKind::hang, 0, "STS hangs"},
    Kind{emulator::FaultKind::throttling, 0, "STS throttles"},
    Kind{emulator::FaultKind::reset, 0, "STS resets connections"},
};

}  // namespace

FaultPlan::FaultPlan(const DemoOptions& options)
    : options_(options),
      last_start_(options.run - std::chrono::milliseconds{options.lifetime} * 7 / 10),
      pause_(std::max(std::chrono::milliseconds{options.lifetime}, std::chrono::milliseconds{options.run} / 6)),
      not_before_(std::chrono::milliseconds{options.run} / 4) {}

FaultPlan::Step FaultPlan::next(std::chrono::milliseconds elapsed, std::chrono::milliseconds remaining,
                                std::chrono::milliseconds life) {
  if (ends_) {
    if (elapsed < *ends_) {
      return Step::none;
    }
    ends_.reset();
    return Step::end;
  }
  // It begins when the refresh is about to be tried, and is over while there is time for a call that hangs to its
  // limit, a pause, and one more call.
  const auto advisory = options_.advisory_window(life);
  const auto begins = advisory + life / 10;
  const auto until = std::min(life / 3, advisory * 6 / 10);
  const auto latest = until + life / 8;
  if (elapsed < not_before_ || elapsed > last_start_ || remaining > begins || remaining < latest) {
    return Step::none;
  }
  ++begun_;
  ends_ = elapsed + (remaining - until);
  not_before_ = elapsed + pause_;
  return Step::begin;
}

FaultInjector::FaultInjector(emulator::Emulator& emulator, const DemoOptions& options)
    : emulator_(emulator), plan_(options), hang_(options.lifetime) {}

FaultInjector::Note FaultInjector::update(std::chrono::milliseconds elapsed, std::chrono::milliseconds remaining,
                                          std::chrono::milliseconds life, std::string_view key_id) {
  switch (plan_.next(elapsed, remaining, life)) {
    case FaultPlan::Step::begin: {
      const Kind& kind = kKinds[static_cast<std::size_t>(plan_.begun() - 1) % kKinds.size()];
      emulator::Fault fault;
      fault.kind = kind.kind;
      fault.action = emulator::Action::assume_role;
      fault.status = kind.status;
      if (kind.kind == emulator::FaultKind::hang) {
        fault.delay = hang_;
      }
      fault_ = emulator_.add_fault(fault);
      active_ = kind.text;
      waiting_for_successor_of_ = key_id;
      return fmt::format("failure {} begins: {}", plan_.begun(), kind.text);
    }
    case FaultPlan::Step::end:
      if (fault_) {
        emulator_.remove_fault(*fault_);
      }
      active_.clear();
      ended_ = elapsed;
      return fmt::format("failure {} ends", plan_.begun());
    case FaultPlan::Step::none:
      break;
  }
  if (active_.empty() && !waiting_for_successor_of_.empty() && key_id != waiting_for_successor_of_) {
    waiting_for_successor_of_.clear();
    ++recovered_;
    return fmt::format("recovered from failure {}, {:.1f} s after its end", plan_.begun(),
                       std::chrono::duration<double>{elapsed - ended_}.count());
  }
  return {};
}

std::uint64_t FaultInjector::hits() const {
  std::uint64_t sum = 0;
  for (const auto& [kind, count] : emulator_.counters().by_fault) {
    sum += count;
  }
  return sum;
}

}  // namespace aws_refresh_session::cli
