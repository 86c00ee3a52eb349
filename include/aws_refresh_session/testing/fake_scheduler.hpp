#pragma once

/// \file
/// A scheduler without threads: jobs run when the test says so, on the test's thread.

#include <aws_refresh_session/scheduler.hpp>
#include <aws_refresh_session/testing/fake_clock.hpp>

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace aws_refresh_session::testing {

/// Thread-safe, but time should be moved by one thread.
class FakeScheduler final : public Scheduler {
 public:
  enum class Mode {
    /// `run` queues; `run_ready` and `advance` execute.
    queued,
    /// `run` executes at once, on the caller's thread.
    immediate,
  };

  explicit FakeScheduler(std::shared_ptr<FakeClock> clock, Mode mode = Mode::queued)
      : clock_(std::move(clock)), mode_(mode) {}

  void run(std::function<void()> job) override {
    if (mode_ == Mode::immediate) {
      job();
      return;
    }
    const std::lock_guard lock{mutex_};
    ready_.push_back(std::move(job));
  }

  JobId run_at(SteadyTime steady, WallTime wall, std::function<void()> job) override {
    const std::lock_guard lock{mutex_};
    timed_.emplace(++last_id_, Timed{steady, wall, std::move(job)});
    return last_id_;
  }

  void cancel(JobId id) noexcept override {
    std::function<void()> dropped;
    const std::lock_guard lock{mutex_};
    if (const auto found = timed_.find(id); found != timed_.end()) {
      dropped = std::move(found->second.job);
      timed_.erase(found);
    }
  }

  /// Runs what is ready and what is due, and what that makes ready, until nothing is left. Returns how many jobs ran.
  std::size_t run_ready() {
    std::size_t count = 0;
    while (auto job = next()) {
      job();
      ++count;
    }
    return count;
  }

  /// Lets time pass, stopping at every moment a job is due.
  void advance(std::chrono::nanoseconds duration) {
    const auto end = clock_->steady_now() + duration;
    run_ready();
    while (true) {
      const auto due = next_due();
      if (!due || *due > end) {
        break;
      }
      clock_->advance(*due - clock_->steady_now());
      run_ready();
    }
    clock_->advance(end - clock_->steady_now());
    run_ready();
  }

  /// How many jobs wait for their time.
  [[nodiscard]] std::size_t timed() const {
    const std::lock_guard lock{mutex_};
    return timed_.size();
  }
  /// How many jobs could run now, timed ones left out.
  [[nodiscard]] std::size_t ready() const {
    const std::lock_guard lock{mutex_};
    return ready_.size();
  }

 private:
  struct Timed {
    SteadyTime steady;
    WallTime wall;
    std::function<void()> job;
  };

  [[nodiscard]] std::function<void()> next() {
    const std::lock_guard lock{mutex_};
    if (!ready_.empty()) {
      auto job = std::move(ready_.front());
      ready_.pop_front();
      return job;
    }
    for (auto each = timed_.begin(); each != timed_.end(); ++each) {
      if (each->second.steady <= clock_->steady_now() || each->second.wall <= clock_->now()) {
        auto job = std::move(each->second.job);
        timed_.erase(each);
        return job;
      }
    }
    return {};
  }

  [[nodiscard]] std::optional<SteadyTime> next_due() const {
    const std::lock_guard lock{mutex_};
    std::optional<SteadyTime> due;
    for (const auto& [id, timed] : timed_) {
      const auto wall_as_steady =
          timed.wall == WallTime::max() ? SteadyTime::max() : clock_->steady_now() + (timed.wall - clock_->now());
      const auto moment = std::max(std::min(timed.steady, wall_as_steady), clock_->steady_now());
      due = due ? std::min(*due, moment) : moment;
    }
    return due;
  }

  const std::shared_ptr<FakeClock> clock_;
  const Mode mode_;
  mutable std::mutex mutex_;
  std::deque<std::function<void()>> ready_;
  JobId last_id_ = 0;
  std::map<JobId, Timed> timed_;
};

}  // namespace aws_refresh_session::testing
