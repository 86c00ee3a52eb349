#pragma once

#include "core/fork.hpp"
#include "core/mutex.hpp"

#include <atomic>

namespace aws_refresh_session::core {

/// Does something once in a process. A function-local static would do, but for fork(): one that another thread is just
/// making stays half made in the child, and whoever asks for it there waits for ever. Here fork() waits for the maker.
/// Meant for namespace scope, by a reference to an object that is never destroyed.
class ForkSafeOnce final : public ForkParticipant {
 public:
  ForkSafeOnce() { join_fork_registry(); }
  ~ForkSafeOnce() override { leave_fork_registry(); }
  ForkSafeOnce(const ForkSafeOnce&) = delete;
  ForkSafeOnce& operator=(const ForkSafeOnce&) = delete;

  /// Calls `make` unless a call before has returned. If it throws, the next caller tries again.
  template <typename Make>
  void run(Make make) ARS_EXCLUDES(mutex_) {
    if (done_.load(std::memory_order_acquire)) {
      return;
    }
    const MutexLock lock{mutex_};
    if (!done_.load(std::memory_order_relaxed)) {
      make();
      done_.store(true, std::memory_order_release);
    }
  }

 private:
  void before_fork() noexcept override ARS_NO_THREAD_SAFETY_ANALYSIS { mutex_.lock(); }
  void after_fork_in_parent() noexcept override ARS_NO_THREAD_SAFETY_ANALYSIS { mutex_.unlock(); }
  void after_fork_in_child() noexcept override ARS_NO_THREAD_SAFETY_ANALYSIS { mutex_.unlock(); }

  Mutex mutex_;
  std::atomic<bool> done_{false};
};

}  // namespace aws_refresh_session::core
