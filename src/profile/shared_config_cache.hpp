#pragma once

#include "core/fork.hpp"
#include "core/mutex.hpp"
#include "profile/profile_file.hpp"
#include "profile/shared_config.hpp"

#include <aws_refresh_session/clock.hpp>

#include <array>
#include <memory>
#include <vector>

namespace aws_refresh_session::profile {

/// Parsed files that somebody still holds. It keeps none alive: nothing is in memory longer than its users need it.
/// Thread-safe; usable on both sides of a `fork()`.
class SharedConfigCache final : public core::ForkParticipant {
 public:
  explicit SharedConfigCache(std::shared_ptr<const Clock> clock);
  ~SharedConfigCache() override;

  /// As load_shared_config. Two threads may parse the same files at the same time; both get one object.
  [[nodiscard]] std::shared_ptr<const SharedConfig> load(const FileLocations& locations) ARS_EXCLUDES(mutex_);

 private:
  /// Of the config and the credentials file.
  using Identities = std::array<FileIdentity, 2>;
  struct Entry {
    FileLocations locations;
    Identities identities;
    std::weak_ptr<const SharedConfig> config;
  };

  void before_fork() noexcept override ARS_NO_THREAD_SAFETY_ANALYSIS { mutex_.lock(); }
  void after_fork_in_parent() noexcept override ARS_NO_THREAD_SAFETY_ANALYSIS { mutex_.unlock(); }
  void after_fork_in_child() noexcept override ARS_NO_THREAD_SAFETY_ANALYSIS { mutex_.unlock(); }

  [[nodiscard]] std::shared_ptr<const SharedConfig> find(const FileLocations& locations,
                                                         const Identities& identities) const ARS_REQUIRES(mutex_);

  std::shared_ptr<const Clock> clock_;
  core::Mutex mutex_;
  std::vector<Entry> entries_ ARS_GUARDED_BY(mutex_);
};

}  // namespace aws_refresh_session::profile
