#include "core/thread_scheduler.hpp"

#include "core/log.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <system_error>
#include <thread>

namespace aws_refresh_session {
namespace core {
namespace {

itimerspec at(std::chrono::nanoseconds since_epoch) noexcept {
  // A zero time would disarm the timer.
  const auto time = std::max(since_epoch, std::chrono::nanoseconds{1});
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time);
  itimerspec spec{};
  spec.it_value.tv_sec = seconds.count();
  spec.it_value.tv_nsec = (time - seconds).count();
  return spec;
}

void drain(int descriptor) noexcept {
  std::uint64_t count = 0;
  // Fails with ECANCELED when the wall clock was stepped: that, too, only means "look again".
  [[maybe_unused]] const auto ignored = ::read(descriptor, &count, sizeof count);
}

/// Starts a detached thread that takes no signals: those are for the program's own threads.
template <typename Body>
void start_detached(Body body) {
  sigset_t all{};
  sigset_t before{};
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    std::thread{std::move(body)}.detach();
  } catch (...) {
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw;
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace

SchedulerCore::SchedulerCore(const ThreadSchedulerOptions& options)
    : options_(options),
      work_or_stop_(std::make_unique<std::condition_variable>()),
      thread_ended_(std::make_unique<std::condition_variable>()) {
  join_fork_registry();
}

SchedulerCore::~SchedulerCore() {
  leave_fork_registry();
}

void SchedulerCore::run(std::function<void()> job) {
  const MutexLock lock{mutex_};
  if (stopping_) {
    return;
  }
  ready_.push_back(std::move(job));
  ensure_threads();
  if (workers_ == 0) {
    ready_.pop_back();
    throw std::system_error{std::make_error_code(std::errc::resource_unavailable_try_again), "no thread to be had"};
  }
}

Scheduler::JobId SchedulerCore::run_at(SteadyTime steady, WallTime wall, std::function<void()> job) {
  const MutexLock lock{mutex_};
  if (stopping_) {
    return 0;
  }
  const auto id = ++last_id_;
  timed_.emplace(id, Timed{steady, wall, std::move(job)});
  by_steady_.emplace(steady, id);
  by_wall_.emplace(wall, id);
  ensure_threads();
  if (by_steady_.begin()->second == id || by_wall_.begin()->second == id) {
    arm();
  }
  return id;
}

void SchedulerCore::cancel(Scheduler::JobId id) noexcept {
  std::function<void()> dropped;  // destroyed after the lock: it may own anything
  const MutexLock lock{mutex_};
  if (const auto found = timed_.find(id); found != timed_.end()) {
    by_steady_.erase({found->second.steady, id});
    by_wall_.erase({found->second.wall, id});
    dropped = std::move(found->second.job);
    timed_.erase(found);
  }
}

void SchedulerCore::stop() noexcept {
  // A stuck source is not waited for; the others end within microseconds.
  constexpr auto kPatience = std::chrono::milliseconds{250};
  std::deque<std::function<void()>> ready;
  std::map<Scheduler::JobId, Timed> timed;
  MutexLock lock{mutex_};
  stopping_ = true;
  ready.swap(ready_);
  timed.swap(timed_);
  by_steady_.clear();
  by_wall_.clear();
  work_or_stop_->notify_all();
  poke_timer();
  const auto deadline = system_clock()->steady_now() + kPatience;
  while ((workers_ > running_.size() || timer_runs_) &&
         !system_clock()->wait_until(*thread_ended_, lock.native(), deadline)) {
  }
}

void SchedulerCore::ensure_threads() {
  if (!ready_.empty()) {
    if (idle_workers_ > 0) {
      work_or_stop_->notify_one();
    }
    const auto stalled_before = system_clock()->steady_now() - options_.stalled_after;
    const auto stalled = static_cast<unsigned>(std::distance(running_.begin(), running_.upper_bound(stalled_before)));
    if (ready_.size() > idle_workers_ && workers_ - stalled < options_.threads && workers_ < options_.max_threads) {
      start_worker();
    }
  }
  if (!timer_runs_ && (!timed_.empty() || next_stall())) {
    start_timer();
  } else if (next_stall()) {
    poke_timer();
  }
}

std::optional<SteadyTime> SchedulerCore::next_stall() const {
  if (ready_.size() <= idle_workers_ || workers_ >= options_.max_threads) {
    return std::nullopt;
  }
  const auto next = running_.upper_bound(system_clock()->steady_now() - options_.stalled_after);
  return next == running_.end() ? std::nullopt : std::optional{*next + options_.stalled_after};
}

void SchedulerCore::start_worker() {
  ++workers_;
  try {
    start_detached([self = shared_from_this()] { self->work(); });
  } catch (...) {
    // No thread to be had: the job waits for those there are. Without any, `run` says so.
    --workers_;
  }
}

void SchedulerCore::start_timer() {
  open_descriptors();
  timer_runs_ = true;
  try {
    start_detached([self = shared_from_this()] { self->keep_time(); });
  } catch (...) {
    timer_runs_ = false;
  }
}

void SchedulerCore::work() {
  MutexLock lock{mutex_};
  while (!stopping_) {
    if (ready_.empty()) {
      ++idle_workers_;
      const auto deadline = system_clock()->steady_now() + options_.idle_timeout;
      bool timed_out = false;
      while (!stopping_ && ready_.empty() && !timed_out) {
        timed_out = system_clock()->wait_until(*work_or_stop_, lock.native(), deadline);
      }
      --idle_workers_;
      if (ready_.empty()) {
        break;
      }
      continue;
    }
    auto job = std::move(ready_.front());
    ready_.pop_front();
    const auto entry = running_.insert(system_clock()->steady_now());
    const auto generation = generation_;
    if (!ready_.empty()) {
      // This job may get stuck, too: somebody must look after those behind it.
      ensure_threads();
    }
    lock.unlock();
    try {
      job();
    } catch (...) {
      log(LogLevel::error, "a background job threw an exception, which jobs must not do");
    }
    job = nullptr;  // what it owns goes before this thread counts as free
    lock.lock();
    if (generation == generation_) {
      running_.erase(entry);
    } else {
      // The job forked and came back in the child, where this is the only thread.
      ++workers_;
    }
  }
  --workers_;
  thread_ended_->notify_all();
}

void SchedulerCore::keep_time() {
  MutexLock lock{mutex_};
  while (!stopping_) {
    collect_due();
    ensure_threads();
    if (timed_.empty() && ready_.empty()) {
      break;
    }
    open_descriptors();
    arm();
    std::array<pollfd, 3> waits{
        {{steady_timer_.get(), POLLIN, 0}, {wall_timer_.get(), POLLIN, 0}, {wake_timer_thread_.get(), POLLIN, 0}}};
    // Without descriptors (the process has run out of them) time is kept by looking.
    const bool blind = !steady_timer_ || !wall_timer_ || !wake_timer_thread_;
    // Jobs that wait for a thread are looked after once a second, whatever else fails.
    const int patience = blind ? 100 : ready_.empty() ? -1 : 1'000;
    lock.unlock();
    if (::poll(waits.data(), waits.size(), patience) > 0) {
      for (const auto& each : waits) {
        if ((each.revents & POLLIN) != 0) {
          drain(each.fd);
        }
      }
    }
    lock.lock();
  }
  timer_runs_ = false;
  thread_ended_->notify_all();
}

void SchedulerCore::collect_due() {
  const auto take = [this](Scheduler::JobId id) ARS_NO_THREAD_SAFETY_ANALYSIS {
    const auto found = timed_.find(id);
    ready_.push_back(std::move(found->second.job));
    by_steady_.erase({found->second.steady, id});
    by_wall_.erase({found->second.wall, id});
    timed_.erase(found);
  };
  const auto steady = system_clock()->steady_now();
  while (!by_steady_.empty() && by_steady_.begin()->first <= steady) {
    take(by_steady_.begin()->second);
  }
  const auto wall = system_clock()->now();
  while (!by_wall_.empty() && by_wall_.begin()->first <= wall) {
    take(by_wall_.begin()->second);
  }
}

void SchedulerCore::arm() {
  auto steady = by_steady_.empty() ? SteadyTime::max() : by_steady_.begin()->first;
  if (const auto stall = next_stall()) {
    steady = std::min(steady, *stall);
  }
  const auto steady_at = at(steady.time_since_epoch());
  ::timerfd_settime(steady_timer_.get(), TFD_TIMER_ABSTIME, &steady_at, nullptr);
  // Cancelled, and so readable, when somebody steps the wall clock or the machine wakes from a suspend: CLOCK_MONOTONIC
  // stood still meanwhile.
  const auto wall_at = at((by_wall_.empty() ? WallTime::max() : by_wall_.begin()->first).time_since_epoch());
  ::timerfd_settime(wall_timer_.get(), TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &wall_at, nullptr);
}

void SchedulerCore::open_descriptors() {
  if (!steady_timer_) {
    steady_timer_ = FileDescriptor{::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)};
  }
  if (!wall_timer_) {
    wall_timer_ = FileDescriptor{::timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK)};
  }
  if (!wake_timer_thread_) {
    wake_timer_thread_ = FileDescriptor{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  }
}

void SchedulerCore::poke_timer() noexcept {
  if (timer_runs_) {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto ignored = ::write(wake_timer_thread_.get(), &one, sizeof one);
  }
}

void SchedulerCore::before_fork() noexcept ARS_NO_THREAD_SAFETY_ANALYSIS {
  mutex_.lock();
}
void SchedulerCore::after_fork_in_parent() noexcept ARS_NO_THREAD_SAFETY_ANALYSIS {
  mutex_.unlock();
}

void SchedulerCore::after_fork_in_child() noexcept ARS_NO_THREAD_SAFETY_ANALYSIS {
  // The threads are gone. Their timers are shared with the parent, which goes on using them, and destroying a
  // condition variable that a vanished thread waits on would wait for ever: both are made anew, the latter leaked.
  ++generation_;
  workers_ = 0;
  idle_workers_ = 0;
  running_.clear();
  timer_runs_ = false;
  steady_timer_ = FileDescriptor{};
  wall_timer_ = FileDescriptor{};
  wake_timer_thread_ = FileDescriptor{};
  static_cast<void>(work_or_stop_.release());
  static_cast<void>(thread_ended_.release());
  work_or_stop_ = std::make_unique<std::condition_variable>();
  thread_ended_ = std::make_unique<std::condition_variable>();
  mutex_.unlock();
}

namespace {

class ThreadScheduler final : public Scheduler {
 public:
  explicit ThreadScheduler(const ThreadSchedulerOptions& options) : core_(std::make_shared<SchedulerCore>(options)) {}
  ~ThreadScheduler() override { core_->stop(); }
  ThreadScheduler(const ThreadScheduler&) = delete;
  ThreadScheduler& operator=(const ThreadScheduler&) = delete;

  void run(std::function<void()> job) override { core_->run(std::move(job)); }
  JobId run_at(SteadyTime steady, WallTime wall, std::function<void()> job) override {
    return core_->run_at(steady, wall, std::move(job));
  }
  void cancel(JobId id) noexcept override { core_->cancel(id); }

 private:
  std::shared_ptr<SchedulerCore> core_;
};

}  // namespace
}  // namespace core

std::shared_ptr<Scheduler> make_thread_scheduler(const ThreadSchedulerOptions& options) {
  constexpr std::chrono::milliseconds kShortest{1};
  constexpr std::chrono::milliseconds kLongest{std::chrono::hours{24}};
  const auto refuse = [](const char* param, const char* rule) {
    throw ValidationError{
        {.message = fmt::format("Scheduler option {} {}.", param, rule), .code = "InvalidParameter", .param = param}};
  };
  if (options.threads == 0) {
    refuse("threads", "must be at least 1");
  }
  if (options.max_threads < options.threads) {
    refuse("max_threads", "must not be less than threads");
  }
  for (const auto& [param, time] :
       {std::pair{"stalled_after", options.stalled_after}, std::pair{"idle_timeout", options.idle_timeout}}) {
    if (time < kShortest || time > kLongest) {
      refuse(param, "must lie between 1 ms and 24 h");
    }
  }
  return std::make_shared<core::ThreadScheduler>(options);
}

}  // namespace aws_refresh_session
