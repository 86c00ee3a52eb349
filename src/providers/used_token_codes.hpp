#pragma once

#include "core/fork.hpp"
#include "core/mutex.hpp"

#include <aws_refresh_session/credentials.hpp>

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>

namespace aws_refresh_session::providers {

/// Remembers the last one-time codes that were sent for each device, so that none is sent twice: STS refuses the
/// second, and locks devices that repeat themselves. Thread-safe, usable on both sides of a `fork()`.
class UsedTokenCodes final : private core::ForkParticipant {
 public:
  /// The process's own: several sessions may share one device (docs/adr/0005-process-wide-state.md). Never destroyed.
  [[nodiscard]] static UsedTokenCodes& of_process();

  UsedTokenCodes() { join_fork_registry(); }
  ~UsedTokenCodes() override { leave_fork_registry(); }
  UsedTokenCodes(const UsedTokenCodes&) = delete;
  UsedTokenCodes& operator=(const UsedTokenCodes&) = delete;

  /// Takes the device's code for one call; false if it was taken before.
  [[nodiscard]] bool claim(std::string_view device, const SecretString& code) ARS_EXCLUDES(mutex_) {
    const core::MutexLock lock{mutex_};
    for (const auto& each : used_) {
      if (each.device == device && each.code == code) {
        return false;
      }
    }
    used_.push_back({std::string{device}, code});
    // Codes change every 30 s and services take their neighbours: older ones may come back by chance.
    if (used_.size() > kRemembered) {
      used_.pop_front();
    }
    return true;
  }

  /// Gives a code back that never left the machine.
  void release(std::string_view device, const SecretString& code) ARS_EXCLUDES(mutex_) {
    const core::MutexLock lock{mutex_};
    std::erase_if(used_, [&](const Used& each) { return each.device == device && each.code == code; });
  }

 private:
  struct Used {
    std::string device;
    SecretString code;
  };
  static constexpr std::size_t kRemembered = 64;

  void before_fork() noexcept override ARS_NO_THREAD_SAFETY_ANALYSIS { mutex_.lock(); }
  void after_fork_in_parent() noexcept override ARS_NO_THREAD_SAFETY_ANALYSIS { mutex_.unlock(); }
  void after_fork_in_child() noexcept override ARS_NO_THREAD_SAFETY_ANALYSIS { mutex_.unlock(); }

  core::Mutex mutex_;
  std::deque<Used> used_ ARS_GUARDED_BY(mutex_);
};

}  // namespace aws_refresh_session::providers
