// The composition root: what a session uses when it is given nothing else.

#include "core/fork.hpp"
#include "core/mutex.hpp"
#include "transport/curl_transport.hpp"

#include <aws_refresh_session/http_transport.hpp>
#include <aws_refresh_session/provider_seams.hpp>
#include <aws_refresh_session/scheduler.hpp>

#include <memory>
#include <utility>

namespace aws_refresh_session {
namespace {

/// One object for all who want it, made for the first and gone with the last: no thread or connection outlives the
/// sessions (docs/adr/0005-process-wide-state.md).
template <typename Shared>
class SharedWhileUsed final : public core::ForkParticipant {
 public:
  using Make = std::shared_ptr<Shared> (*)();

  explicit SharedWhileUsed(Make make) : make_(make) { join_fork_registry(); }

  [[nodiscard]] std::shared_ptr<Shared> get() ARS_EXCLUDES(mutex_) {
    // Made outside the lock: a maker joins the fork registry, which locks before this does. Of two that are made at
    // once, one is dropped unused.
    if (auto present = current()) {
      return present;
    }
    auto made = make_();
    const core::MutexLock lock{mutex_};
    if (auto present = shared_.lock()) {
      return present;
    }
    shared_ = made;
    return made;
  }

 private:
  [[nodiscard]] std::shared_ptr<Shared> current() ARS_EXCLUDES(mutex_) {
    const core::MutexLock lock{mutex_};
    return shared_.lock();
  }

  void before_fork() noexcept override ARS_NO_THREAD_SAFETY_ANALYSIS { mutex_.lock(); }
  void after_fork_in_parent() noexcept override ARS_NO_THREAD_SAFETY_ANALYSIS { mutex_.unlock(); }
  void after_fork_in_child() noexcept override ARS_NO_THREAD_SAFETY_ANALYSIS { mutex_.unlock(); }

  const Make make_;
  core::Mutex mutex_;
  std::weak_ptr<Shared> shared_ ARS_GUARDED_BY(mutex_);
};

SharedWhileUsed<Scheduler>& shared_scheduler_slot() {
  // NOLINTNEXTLINE(cppcoreguidelines-owning-memory): never destroyed, so that it serves sessions with static lifetime
  static auto& shared = *new SharedWhileUsed<Scheduler>{[] { return make_thread_scheduler(); }};
  return shared;
}

SharedWhileUsed<HttpTransport>& shared_transport_slot() {
  // NOLINTNEXTLINE(cppcoreguidelines-owning-memory): as above
  static auto& shared = *new SharedWhileUsed<HttpTransport>{[] { return transport::make_curl_transport(); }};
  return shared;
}

/// Made when the program is loaded: a fork() while another thread makes it would leave the child waiting for ever.
[[maybe_unused]] const auto& scheduler_at_load = shared_scheduler_slot();
[[maybe_unused]] const auto& transport_at_load = shared_transport_slot();

}  // namespace

std::shared_ptr<Scheduler> shared_scheduler() {
  return shared_scheduler_slot().get();
}
std::shared_ptr<HttpTransport> default_http_transport() {
  return shared_transport_slot().get();
}

ProviderSeams ProviderSeams::completed() && {
  if (!clock) {
    clock = system_clock();
  }
  if (!transport) {
    transport = default_http_transport();
  }
  if (!environment) {
    environment = process_environment();
  }
  if (!skew) {
    skew = std::make_shared<ClockSkew>();
  }
  return std::move(*this);
}

}  // namespace aws_refresh_session
