#pragma once

#include "emulator/request_log.hpp"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>

namespace aws_refresh_session::emulator {

/// Keeps the log and the sums. Thread-safe.
class Recorder {
 public:
  explicit Recorder(std::size_t capacity) : capacity_(capacity) {}

  /// A request of this action is here. \returns its number
  std::uint64_t arrive(Action action);
  /// Its answer is decided. Calls the observer, without a lock.
  void record(const LogEntry& entry, bool issued);

  [[nodiscard]] std::uint64_t arrived(Action action) const;
  [[nodiscard]] bool wait_for_arrivals(Action action, std::uint64_t count, std::chrono::milliseconds timeout) const;
  [[nodiscard]] Counters counters() const;
  void reset_counters();
  [[nodiscard]] std::vector<LogEntry> log() const;
  void on_request(std::function<void(const LogEntry&)> observer);

 private:
  std::size_t capacity_;
  /// Guards all that follows.
  mutable std::mutex mutex_;
  mutable std::condition_variable arrival_;
  std::map<Action, std::uint64_t> arrivals_;
  std::uint64_t last_number_ = 0;
  Counters counters_;
  std::deque<LogEntry> entries_;
  std::shared_ptr<const std::function<void(const LogEntry&)>> observer_;
};

}  // namespace aws_refresh_session::emulator
