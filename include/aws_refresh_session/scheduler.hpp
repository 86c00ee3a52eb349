#pragma once

/// \file
/// The thread seam: where refreshes run when no reader's thread is used.

#include <aws_refresh_session/clock.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

namespace aws_refresh_session {

/// Runs jobs on threads of its own, now or later. Thread-safe. Jobs must not throw.
class Scheduler {
 public:
  /// Names a job that has not started; 0 names none.
  using JobId = std::uint64_t;

  virtual ~Scheduler() = default;

  /// Runs `job` as soon as a thread is free. Jobs that block delay others only up to the scheduler's own bound.
  /// \throws if it can never run; the job is dropped
  virtual void run(std::function<void()> job) = 0;

  /// Runs `job` once, at the first moment that either clock has reached: a suspended machine wakes to jobs that are
  /// due. Earlier never, later by what the threads need.
  virtual JobId run_at(SteadyTime steady, WallTime wall, std::function<void()> job) = 0;

  /// Drops the job if it has not started. Unknown and finished ids are ignored.
  virtual void cancel(JobId id) noexcept = 0;

 protected:
  Scheduler() = default;
  Scheduler(const Scheduler&) = default;
  Scheduler& operator=(const Scheduler&) = default;
};

struct ThreadSchedulerOptions {
  /// Threads that run short jobs.
  unsigned threads = 4;
  /// A job that runs longer than this no longer counts against `threads`, so that a source that hangs delays nobody.
  std::chrono::milliseconds stalled_after{1'000};
  /// Threads at the very most, stalled ones included.
  unsigned max_threads = 64;
  /// A thread without a job ends after this time.
  std::chrono::milliseconds idle_timeout{5'000};
};

/// A scheduler on the machine's clocks. Threads start with the first job that needs them and end when idle; all have
/// ended when the last owner lets go. A forked child gets an empty set of threads and keeps the jobs.
/// \throws ValidationError naming the option
[[nodiscard]] std::shared_ptr<Scheduler> make_thread_scheduler(const ThreadSchedulerOptions& options = {});

/// The process's shared scheduler: all sessions that are given none use this one. It lives as long as one of them.
[[nodiscard]] std::shared_ptr<Scheduler> shared_scheduler();

}  // namespace aws_refresh_session
