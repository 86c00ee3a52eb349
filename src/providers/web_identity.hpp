#pragma once

#include "aws/retry.hpp"

#include <aws_refresh_session/providers/web_identity.hpp>

#include <memory>

namespace aws_refresh_session::providers {

/// make_web_identity_provider with the waits and the chance given, too.
[[nodiscard]] std::shared_ptr<CredentialsProvider> make_web_identity_provider(WebIdentityOptions options,
                                                                              ProviderSeams seams,
                                                                              aws::RetrySeams retry);

}  // namespace aws_refresh_session::providers
