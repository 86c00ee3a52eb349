#include "providers/current_sts_client.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <utility>

namespace aws_refresh_session::providers {

CurrentStsClient::CurrentStsClient(StsClientOptions options, ProviderSeams seams, aws::RetrySeams retry)
    : options_(std::move(options)), seams_(std::move(seams)), retry_(std::move(retry)) {
  aws::validate(options_);
  if (!options_.verify_tls) {
    warn({"sts.verify_tls",
          "TLS certificates are not verified: whoever is in between can read and forge credentials. "
          "Set ca_bundle to the server's CA instead."});
  }
  if (!options_.service.empty() && options_.service != "sts") {
    warn({"sts.service", "The client's service is always sts; '" + options_.service + "' is ignored."});
  }
  join_fork_registry();
}

CurrentStsClient::~CurrentStsClient() {
  leave_fork_registry();
}

std::shared_ptr<aws::StsClient> CurrentStsClient::get(const ResolveContext& context) {
  const auto loaded = profile::Settings::load(seams_.environment, options_.profile);
  auto settings = resolve_sts_client(options_, loaded, [&] { return instance_region_.get(loaded, seams_, context); });
  {
    const core::MutexLock lock{mutex_};
    if (client_ && settings_ == settings) {
      return client_;
    }
  }
  if (settings.region_origin == "default") {
    warn({"sts.region", "No region is set for STS: using us-east-1. Set AWS_REGION or the option region."});
  }
  auto client = std::make_shared<aws::StsClient>(settings.resolved, seams_, retry_);
  // The one before leaves after the lock: its cache of keys leaves the fork registry, which locks before this does.
  auto before = client;
  const core::MutexLock lock{mutex_};
  settings_ = std::move(settings);
  client_.swap(before);
  return client;
}

void CurrentStsClient::before_fork() noexcept ARS_NO_THREAD_SAFETY_ANALYSIS {
  mutex_.lock();
}
void CurrentStsClient::after_fork_in_parent() noexcept ARS_NO_THREAD_SAFETY_ANALYSIS {
  mutex_.unlock();
}
void CurrentStsClient::after_fork_in_child() noexcept ARS_NO_THREAD_SAFETY_ANALYSIS {
  mutex_.unlock();
}

}  // namespace aws_refresh_session::providers
