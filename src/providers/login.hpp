#pragma once

#include "aws/retry.hpp"

#include <aws_refresh_session/providers/login.hpp>

#include <memory>

namespace aws_refresh_session::providers {

/// aws_refresh_session::make_login_provider with the waits and the chance given, too.
[[nodiscard]] std::shared_ptr<CredentialsProvider> make_login_provider(LoginOptions options, ProviderSeams seams,
                                                                       aws::RetrySeams retry);

}  // namespace aws_refresh_session::providers
