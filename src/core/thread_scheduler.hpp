#pragma once

#include "core/file_descriptor.hpp"
#include "core/fork.hpp"
#include "core/mutex.hpp"

#include <aws_refresh_session/scheduler.hpp>

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>

namespace aws_refresh_session::core {

/// The threads and the jobs behind make_thread_scheduler. Threads are detached and own the core together with the
/// ThreadScheduler: one that is stuck in a source must not hold up a destructor.
class SchedulerCore final : public ForkParticipant, public std::enable_shared_from_this<SchedulerCore> {
 public:
  explicit SchedulerCore(const ThreadSchedulerOptions& options);
  ~SchedulerCore() override;
  SchedulerCore(const SchedulerCore&) = delete;
  SchedulerCore& operator=(const SchedulerCore&) = delete;

  void run(std::function<void()> job) ARS_EXCLUDES(mutex_);
  Scheduler::JobId run_at(SteadyTime steady, WallTime wall, std::function<void()> job) ARS_EXCLUDES(mutex_);
  void cancel(Scheduler::JobId id) noexcept ARS_EXCLUDES(mutex_);

  /// Drops all jobs and waits for the threads that are not inside one.
  void stop() noexcept ARS_EXCLUDES(mutex_);

 private:
  struct Timed {
    SteadyTime steady;
    WallTime wall;
    std::function<void()> job;
  };
  /// When a busy worker began its job.
  using Running = std::multiset<SteadyTime>;

  void before_fork() noexcept override;
  void after_fork_in_parent() noexcept override;
  void after_fork_in_child() noexcept override;

  void work() ARS_EXCLUDES(mutex_);
  void keep_time() ARS_EXCLUDES(mutex_);

  void ensure_threads() ARS_REQUIRES(mutex_);
  void start_worker() ARS_REQUIRES(mutex_);
  void start_timer() ARS_REQUIRES(mutex_);
  /// Moves due jobs to the ready queue.
  void collect_due() ARS_REQUIRES(mutex_);
  void arm() ARS_REQUIRES(mutex_);
  void open_descriptors() ARS_REQUIRES(mutex_);
  void poke_timer() noexcept ARS_REQUIRES(mutex_);
  [[nodiscard]] std::optional<SteadyTime> next_stall() const ARS_REQUIRES(mutex_);

  const ThreadSchedulerOptions options_;

  Mutex mutex_;
  std::unique_ptr<std::condition_variable> work_or_stop_ ARS_GUARDED_BY(mutex_);
  std::unique_ptr<std::condition_variable> thread_ended_ ARS_GUARDED_BY(mutex_);
  bool stopping_ ARS_GUARDED_BY(mutex_) = false;
  /// How many forks this process is away from the one that made the core.
  unsigned generation_ ARS_GUARDED_BY(mutex_) = 0;

  std::deque<std::function<void()>> ready_ ARS_GUARDED_BY(mutex_);
  Scheduler::JobId last_id_ ARS_GUARDED_BY(mutex_) = 0;
  std::map<Scheduler::JobId, Timed> timed_ ARS_GUARDED_BY(mutex_);
  std::set<std::pair<SteadyTime, Scheduler::JobId>> by_steady_ ARS_GUARDED_BY(mutex_);
  std::set<std::pair<WallTime, Scheduler::JobId>> by_wall_ ARS_GUARDED_BY(mutex_);

  unsigned workers_ ARS_GUARDED_BY(mutex_) = 0;
  unsigned idle_workers_ ARS_GUARDED_BY(mutex_) = 0;
  Running running_ ARS_GUARDED_BY(mutex_);
  bool timer_runs_ ARS_GUARDED_BY(mutex_) = false;

  FileDescriptor steady_timer_ ARS_GUARDED_BY(mutex_);
  FileDescriptor wall_timer_ ARS_GUARDED_BY(mutex_);
  FileDescriptor wake_timer_thread_ ARS_GUARDED_BY(mutex_);
};

}  // namespace aws_refresh_session::core
