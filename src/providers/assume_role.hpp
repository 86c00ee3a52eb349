#pragma once

#include "aws/retry.hpp"

#include <aws_refresh_session/sts.hpp>

#include <memory>

namespace aws_refresh_session::providers {

/// make_assume_role_provider with the waits and the chance given, too.
[[nodiscard]] std::shared_ptr<CredentialsProvider> make_assume_role_provider(AssumeRoleOptions options,
                                                                             ProviderSeams seams,
                                                                             aws::RetrySeams retry);

}  // namespace aws_refresh_session::providers
