#pragma once

#include "aws/retry.hpp"
#include "core/fork.hpp"
#include "core/mutex.hpp"
#include "providers/profile_plan.hpp"

#include <aws_refresh_session/providers/profile.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace aws_refresh_session::providers {

/// What make_profile_provider makes. It keeps what it made of the profile, metadata tokens and all, until a file or the
/// choice of the profile changes. Thread-safe.
class ProfileProvider final : public CredentialsProvider, private core::ForkParticipant {
 public:
  /// \param seams complete
  ProfileProvider(ProfileOptions options, ProviderSeams seams, aws::RetrySeams retry);
  ~ProfileProvider() override;
  ProfileProvider(const ProfileProvider&) = delete;
  ProfileProvider& operator=(const ProfileProvider&) = delete;

  [[nodiscard]] Credentials resolve(const ResolveContext& context) override ARS_EXCLUDES(mutex_);
  [[nodiscard]] std::string_view name() const noexcept override { return "profile"; }
  [[nodiscard]] bool interactive() const noexcept override { return options_.mfa_token_provider.interactive(); }
  void invalidate(std::string_view access_key_id) override ARS_EXCLUDES(mutex_);
  [[nodiscard]] std::optional<std::chrono::milliseconds> recheck_after() const noexcept override ARS_EXCLUDES(mutex_);

  /// True if the profile assumes a role, as the files are now. Makes nothing: a profile that is broken in another form
  /// is not asked for yet.
  /// \throws as plan_profile
  [[nodiscard]] bool assumes_role() { return !plan().roles.empty(); }

  /// True if the profile itself holds the keys, in the same way.
  /// \throws as plan_profile
  [[nodiscard]] bool holds_keys();

  /// What the profile said at the last `resolve`, in words; empty before.
  [[nodiscard]] std::string description() const ARS_EXCLUDES(mutex_);

 private:
  /// A profile as it was read, and the provider made of it.
  struct Built {
    std::shared_ptr<const profile::SharedConfig> files;
    std::string profile_name;
    std::shared_ptr<CredentialsProvider> provider;
    std::string description;
  };

  [[nodiscard]] ProfilePlan plan() ARS_EXCLUDES(mutex_);
  [[nodiscard]] std::shared_ptr<const Built> current() ARS_EXCLUDES(mutex_);
  [[nodiscard]] Built build(const profile::Settings& settings) const;
  [[nodiscard]] std::shared_ptr<CredentialsProvider> make_origin(const ProfilePlan& plan,
                                                                 const profile::Settings& settings,
                                                                 const StsClientOptions& client) const;

  void before_fork() noexcept override;
  void after_fork_in_parent() noexcept override;
  void after_fork_in_child() noexcept override;

  const ProfileOptions options_;
  const ProviderSeams seams_;
  const aws::RetrySeams retry_;
  mutable core::Mutex mutex_;
  std::shared_ptr<const Built> built_ ARS_GUARDED_BY(mutex_);
  /// The last `resolve` found the files changed.
  bool just_built_ ARS_GUARDED_BY(mutex_) = false;
  std::shared_ptr<const profile::SharedConfig> planned_files_ ARS_GUARDED_BY(mutex_);
};

}  // namespace aws_refresh_session::providers
