#pragma once

#include "cli/json_text.hpp"

#include <aws_refresh_session/credentials.hpp>

namespace aws_refresh_session::cli {

/// Fills in what AWS SDKs read from a credential_process.
/// https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
/// SessionToken, Expiration and AccountId are left out when there is none: SDKs take an empty one at its word.
void describe_for_sdk(const Credentials& credentials, JsonObject& json);

}  // namespace aws_refresh_session::cli
