#pragma once

#include "core/thread_annotations.hpp"

#include <mutex>

namespace aws_refresh_session::core {

/// std::mutex that clang's analysis knows. Use MutexLock; `native()` is for condition variables.
class ARS_CAPABILITY("mutex") Mutex {
 public:
  void lock() ARS_ACQUIRE() { mutex_.lock(); }
  void unlock() ARS_RELEASE() { mutex_.unlock(); }
  [[nodiscard]] std::mutex& native() noexcept { return mutex_; }

 private:
  std::mutex mutex_;
};

/// Holds a Mutex for a scope. `unlock` and `lock` let a scope call foreign code without it; `native()` is what a
/// std::condition_variable waits with.
class ARS_SCOPED_CAPABILITY MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) ARS_ACQUIRE(mutex) : lock_(mutex.native()) {}
  ~MutexLock() ARS_RELEASE() = default;
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

  void unlock() ARS_RELEASE() { lock_.unlock(); }
  void lock() ARS_ACQUIRE() { lock_.lock(); }
  [[nodiscard]] std::unique_lock<std::mutex>& native() noexcept { return lock_; }

 private:
  std::unique_lock<std::mutex> lock_;
};

}  // namespace aws_refresh_session::core
