#pragma once

#include "core/fork.hpp"
#include "core/mutex.hpp"

#include <aws_refresh_session/credentials.hpp>

#include <cstddef>
#include <deque>

namespace aws_refresh_session::providers {

/// Remembers the last one-time codes that were sent, so that none is sent twice: STS refuses the second, and locks
/// devices that repeat themselves. Thread-safe, usable on both sides of a `fork()`.
class UsedTokenCodes final : private core::ForkParticipant {
 public:
  UsedTokenCodes() { join_fork_registry(); }
  ~UsedTokenCodes() override { leave_fork_registry(); }
  UsedTokenCodes(const UsedTokenCodes&) = delete;
  UsedTokenCodes& operator=(const UsedTokenCodes&) = delete;

  /// Takes the code for one call; false if it was taken before.
  [[nodiscard]] bool claim(const SecretString& code) ARS_EXCLUDES(mutex_) {
    const core::MutexLock lock{mutex_};
    for (const auto& each : codes_) {
      if (each == code) {
        return false;
      }
    }
    codes_.push_back(code);
    // Codes change every 30 s and services take their neighbours: older ones may come back by chance.
    if (codes_.size() > kRemembered) {
      codes_.pop_front();
    }
    return true;
  }

  /// Gives a code back that never left the machine.
  void release(const SecretString& code) ARS_EXCLUDES(mutex_) {
    const core::MutexLock lock{mutex_};
    std::erase(codes_, code);
  }

 private:
  static constexpr std::size_t kRemembered = 8;

  void before_fork() noexcept override ARS_NO_THREAD_SAFETY_ANALYSIS { mutex_.lock(); }
  void after_fork_in_parent() noexcept override ARS_NO_THREAD_SAFETY_ANALYSIS { mutex_.unlock(); }
  void after_fork_in_child() noexcept override ARS_NO_THREAD_SAFETY_ANALYSIS { mutex_.unlock(); }

  core::Mutex mutex_;
  std::deque<SecretString> codes_ ARS_GUARDED_BY(mutex_);
};

}  // namespace aws_refresh_session::providers
