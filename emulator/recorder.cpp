#include "emulator/recorder.hpp"

#include <utility>

namespace aws_refresh_session::emulator {

std::uint64_t Recorder::arrive(Action action) {
  const std::lock_guard lock{mutex_};
  ++arrivals_[action];
  arrival_.notify_all();
  return ++last_number_;
}

void Recorder::record(const LogEntry& entry, bool issued) {
  std::shared_ptr<const std::function<void(const LogEntry&)>> observer;
  {
    const std::lock_guard lock{mutex_};
    ++counters_.requests;
    ++counters_.by_action[entry.action];
    ++counters_.by_status[entry.status];
    if (!entry.code.empty()) {
      ++counters_.by_code[entry.code];
    }
    for (const FaultKind kind : entry.faults) {
      ++counters_.by_fault[kind];
    }
    if (entry.action == Action::resource) {
      ++(entry.status == 200 ? counters_.resource_accepted : counters_.resource_refused);
    }
    counters_.expired_credentials += entry.code == "ExpiredToken" ? 1U : 0U;
    counters_.credentials_issued += issued ? 1U : 0U;
    if (capacity_ > 0) {
      if (entries_.size() == capacity_) {
        entries_.pop_front();
      }
      entries_.push_back(entry);
    }
    observer = observer_;
  }
  if (observer) {
    (*observer)(entry);
  }
}

std::uint64_t Recorder::arrived(Action action) const {
  const std::lock_guard lock{mutex_};
  const auto found = arrivals_.find(action);
  return found == arrivals_.end() ? 0 : found->second;
}

bool Recorder::wait_for_arrivals(Action action, std::uint64_t count, std::chrono::milliseconds timeout) const {
  std::unique_lock lock{mutex_};
  return arrival_.wait_for(lock, timeout, [&] {
    const auto found = arrivals_.find(action);
    return (found == arrivals_.end() ? 0 : found->second) >= count;
  });
}

Counters Recorder::counters() const {
  const std::lock_guard lock{mutex_};
  return counters_;
}

void Recorder::reset_counters() {
  const std::lock_guard lock{mutex_};
  counters_ = {};
}

std::vector<LogEntry> Recorder::log() const {
  const std::lock_guard lock{mutex_};
  return {entries_.begin(), entries_.end()};
}

void Recorder::on_request(std::function<void(const LogEntry&)> observer) {
  auto replaced =
      observer ? std::make_shared<const std::function<void(const LogEntry&)>>(std::move(observer)) : nullptr;
  const std::lock_guard lock{mutex_};
  observer_.swap(replaced);
}

}  // namespace aws_refresh_session::emulator
