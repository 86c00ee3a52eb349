#include "core/fork.hpp"
#include "core/log.hpp"
#include "core/mutex.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <set>

namespace aws_refresh_session {
namespace {

/// The process's handler and the places that the default one has heard. A global because warnings come from places
/// that belong to no session (docs/adr/0005-process-wide-state.md). Never destroyed: sessions with static lifetime
/// may still warn.
class WarningDesk final : public core::ForkParticipant {
 public:
  static WarningDesk& instance() {
    static auto* desk = new WarningDesk;  // NOLINT(cppcoreguidelines-owning-memory): see above
    return *desk;
  }

  WarningHandler replace(WarningHandler handler) ARS_EXCLUDES(mutex_) {
    auto next = handler ? std::make_shared<const WarningHandler>(std::move(handler)) : nullptr;
    const core::MutexLock lock{mutex_};
    handler_.swap(next);
    return next ? *next : WarningHandler{};
  }

  void give(const Warning& warning) ARS_EXCLUDES(mutex_) {
    std::shared_ptr<const WarningHandler> handler;
    bool first = false;
    {
      const core::MutexLock lock{mutex_};
      handler = handler_;
      first = !handler && heard_.insert(warning.place).second;
    }
    if (handler) {
      (*handler)(warning);
    } else if (first) {
      core::log(core::LogLevel::warning, warning.place + ": " + warning.message);
    }
  }

 private:
  WarningDesk() { join_fork_registry(); }

  void before_fork() noexcept override ARS_NO_THREAD_SAFETY_ANALYSIS { mutex_.lock(); }
  void after_fork_in_parent() noexcept override ARS_NO_THREAD_SAFETY_ANALYSIS { mutex_.unlock(); }
  void after_fork_in_child() noexcept override ARS_NO_THREAD_SAFETY_ANALYSIS { mutex_.unlock(); }

  core::Mutex mutex_;
  std::shared_ptr<const WarningHandler> handler_ ARS_GUARDED_BY(mutex_);
  std::set<std::string> heard_ ARS_GUARDED_BY(mutex_);
};

/// Made when the program is loaded: a fork() while another thread makes it would leave the child waiting for ever.
[[maybe_unused]] const auto& at_load = WarningDesk::instance();

}  // namespace

WarningHandler set_warning_handler(WarningHandler handler) {
  return WarningDesk::instance().replace(std::move(handler));
}

void warn(const Warning& warning) noexcept {
  try {
    WarningDesk::instance().give(warning);
  } catch (...) {  // NOLINT(bugprone-empty-catch): a warning must not stop what it warns about
  }
}

}  // namespace aws_refresh_session
