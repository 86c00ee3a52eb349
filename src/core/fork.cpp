#include "core/fork.hpp"

#include "core/mutex.hpp"

#include <pthread.h>

namespace aws_refresh_session::core {

/// The process's participants. A global, because fork() is: see docs/adr/0004-fork.md. Never destroyed, so that a
/// session with static lifetime can still leave.
class ForkRegistry {
 public:
  static ForkRegistry& instance() {
    static auto* registry = new ForkRegistry;  // NOLINT(cppcoreguidelines-owning-memory): lives as long as fork can
    return *registry;
  }

  void join(ForkParticipant& participant) ARS_EXCLUDES(mutex_) {
    const MutexLock lock{mutex_};
    participant.previous_ = last_;
    participant.next_ = nullptr;
    (last_ != nullptr ? last_->next_ : first_) = &participant;
    last_ = &participant;
  }

  void leave(ForkParticipant& participant) noexcept ARS_EXCLUDES(mutex_) {
    const MutexLock lock{mutex_};
    (participant.previous_ != nullptr ? participant.previous_->next_ : first_) = participant.next_;
    (participant.next_ != nullptr ? participant.next_->previous_ : last_) = participant.previous_;
  }

 private:
  ForkRegistry() {
    ::pthread_atfork([] { instance().before(); }, [] { instance().after(&ForkParticipant::after_fork_in_parent); },
                     [] { instance().after(&ForkParticipant::after_fork_in_child); });
  }

  // The registry's own lock is held across the fork: nobody joins or leaves between the hooks.
  void before() noexcept ARS_NO_THREAD_SAFETY_ANALYSIS {
    mutex_.lock();
    for (auto* each = first_; each != nullptr; each = each->next_) {
      each->before_fork();
    }
  }

  void after(void (ForkParticipant::*hook)() noexcept) noexcept ARS_NO_THREAD_SAFETY_ANALYSIS {
    for (auto* each = last_; each != nullptr; each = each->previous_) {
      (each->*hook)();
    }
    mutex_.unlock();
  }

  Mutex mutex_;
  ForkParticipant* first_ ARS_GUARDED_BY(mutex_) = nullptr;
  ForkParticipant* last_ ARS_GUARDED_BY(mutex_) = nullptr;
};

namespace {

/// Made when the program is loaded: a fork() while another thread makes it would leave the child waiting for ever.
[[maybe_unused]] const auto& at_load = ForkRegistry::instance();

}  // namespace

void ForkParticipant::join_fork_registry() {
  ForkRegistry::instance().join(*this);
}
void ForkParticipant::leave_fork_registry() noexcept {
  ForkRegistry::instance().leave(*this);
}

}  // namespace aws_refresh_session::core
