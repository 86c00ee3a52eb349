#pragma once

#include "aws/retry.hpp"

#include <aws_refresh_session/providers/imds.hpp>

#include <memory>

namespace aws_refresh_session::providers {

/// make_imds_provider with the waits and the chance given, too.
[[nodiscard]] std::shared_ptr<CredentialsProvider> make_imds_provider(ImdsOptions options, ProviderSeams seams,
                                                                      aws::RetrySeams retry);

}  // namespace aws_refresh_session::providers
