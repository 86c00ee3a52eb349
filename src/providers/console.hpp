#pragma once

#include "aws/retry.hpp"

#include <aws_refresh_session/console.hpp>

namespace aws_refresh_session::providers {

/// The public function, with a test's own time and chance.
[[nodiscard]] SecretString console_signin_url(const Credentials& credentials, const ConsoleOptions& options,
                                              const ProviderSeams& seams, const std::stop_token& stop,
                                              aws::RetrySeams retry);

}  // namespace aws_refresh_session::providers
