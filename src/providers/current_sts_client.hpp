#pragma once

#include "aws/sts_client.hpp"
#include "core/fork.hpp"
#include "core/mutex.hpp"
#include "providers/client_settings.hpp"
#include "providers/imds_region.hpp"

#include <aws_refresh_session/credentials_provider.hpp>
#include <aws_refresh_session/provider_seams.hpp>
#include <aws_refresh_session/sts.hpp>

#include <memory>
#include <optional>

namespace aws_refresh_session::providers {

/// The STS client that the options, the environment and the profile describe now: made at the first call, so that a
/// constructor reads no file and asks nobody, and anew when a changed file or variable leads elsewhere. Thread-safe.
class CurrentStsClient final : private core::ForkParticipant {
 public:
  /// Warns about options that do the user no good.
  /// \param seams complete
  /// \throws ValidationError for an option that cannot be used
  CurrentStsClient(StsClientOptions options, ProviderSeams seams, aws::RetrySeams retry);
  ~CurrentStsClient() override;
  CurrentStsClient(const CurrentStsClient&) = delete;
  CurrentStsClient& operator=(const CurrentStsClient&) = delete;

  /// Reads the files if they have changed. The context bounds the question for the region.
  /// \throws as resolve_sts_client and RememberedImdsRegion::get
  [[nodiscard]] std::shared_ptr<aws::StsClient> get(const ResolveContext& context) ARS_EXCLUDES(mutex_);

 private:
  void before_fork() noexcept override;
  void after_fork_in_parent() noexcept override;
  void after_fork_in_child() noexcept override;

  const StsClientOptions options_;
  const ProviderSeams seams_;
  const aws::RetrySeams retry_;
  RememberedImdsRegion instance_region_;
  core::Mutex mutex_;
  std::optional<ClientSettings> settings_ ARS_GUARDED_BY(mutex_);
  std::shared_ptr<aws::StsClient> client_ ARS_GUARDED_BY(mutex_);
};

}  // namespace aws_refresh_session::providers
