#pragma once

#include "aws/retry.hpp"
#include "aws/signing_key_cache.hpp"
#include "client/service_target.hpp"
#include "profile/settings.hpp"

#include <aws_refresh_session/service_client.hpp>

#include <chrono>
#include <memory>
#include <string>

namespace aws_refresh_session::client {

/// What ServiceClient does, with the seams of retrying. Thread-safe.
class ServiceCaller {
 public:
  ServiceCaller(std::shared_ptr<RefreshingCredentialsProvider> provider, ServiceClientOptions options,
                aws::RetrySeams retry = {});

  [[nodiscard]] HttpResponse send(const ServiceRequest& request, const CallOptions& call);
  [[nodiscard]] PresignedUrl presign(const ServiceRequest& request, std::chrono::seconds expires,
                                     const CallOptions& call);
  [[nodiscard]] ServiceTarget target() const;
  [[nodiscard]] const ServiceClientOptions& options() const noexcept { return options_; }

 private:
  class Call;

  [[nodiscard]] profile::Settings settings() const;
  [[nodiscard]] CredentialsSnapshot credentials(const CallOptions& call) const;
  [[nodiscard]] std::chrono::milliseconds time_left(const CallOptions& call) const;

  std::shared_ptr<RefreshingCredentialsProvider> provider_;
  ServiceClientOptions options_;
  aws::RetrySeams retry_;
  aws::RetryQuota quota_;
  aws::SigningKeyCache keys_;
};

}  // namespace aws_refresh_session::client
