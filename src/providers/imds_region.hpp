#pragma once

#include "core/fork.hpp"
#include "core/mutex.hpp"
#include "profile/settings.hpp"
#include "providers/imds_settings.hpp"

#include <aws_refresh_session/credentials_provider.hpp>
#include <aws_refresh_session/provider_seams.hpp>

#include <optional>
#include <string>

namespace aws_refresh_session::providers {

/// The region of the instance this runs on, by instance metadata
/// (`/latest/meta-data/placement/region`, else the availability zone without its letter). Nothing when the service is
/// disabled, does not answer within its time limit, or has no region: asking must not be what breaks a client.
/// \param context bounds the question: what the service might still have said is then not known
/// \throws ConnectionError of kind cancelled after the context's stop, of code `Timeout` past its deadline, and nothing
///   else
[[nodiscard]] std::optional<std::string> imds_region(const profile::Settings& settings, const ProviderSeams& seams,
                                                     const ResolveContext& context);

/// The same, asked once: an instance never changes its region, and a machine without the service should not pay for
/// the question at every refresh. That there is none is believed for ten minutes. Thread-safe, usable on both sides of
/// a `fork()`.
class RememberedImdsRegion final : private core::ForkParticipant {
 public:
  RememberedImdsRegion() { join_fork_registry(); }
  ~RememberedImdsRegion() override { leave_fork_registry(); }
  RememberedImdsRegion(const RememberedImdsRegion&) = delete;
  RememberedImdsRegion& operator=(const RememberedImdsRegion&) = delete;

  [[nodiscard]] std::optional<std::string> get(const profile::Settings& settings, const ProviderSeams& seams,
                                               const ResolveContext& context) ARS_EXCLUDES(mutex_);

 private:
  struct Answer {
    /// Another endpoint is another question.
    ImdsSettings asked;
    std::optional<std::string> region;
    SteadyTime asked_at;
  };

  void before_fork() noexcept override ARS_NO_THREAD_SAFETY_ANALYSIS { mutex_.lock(); }
  void after_fork_in_parent() noexcept override ARS_NO_THREAD_SAFETY_ANALYSIS { mutex_.unlock(); }
  void after_fork_in_child() noexcept override ARS_NO_THREAD_SAFETY_ANALYSIS { mutex_.unlock(); }

  core::Mutex mutex_;
  std::optional<Answer> answer_ ARS_GUARDED_BY(mutex_);
};

}  // namespace aws_refresh_session::providers
