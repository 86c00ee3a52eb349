#pragma once

#include "aws/retry.hpp"

#include <aws_refresh_session/providers/sso.hpp>

#include <memory>

namespace aws_refresh_session::providers {

/// aws_refresh_session::make_sso_provider with the waits and the chance given, too.
[[nodiscard]] std::shared_ptr<CredentialsProvider> make_sso_provider(SsoOptions options, ProviderSeams seams,
                                                                     aws::RetrySeams retry);

}  // namespace aws_refresh_session::providers
