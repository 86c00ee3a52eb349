#pragma once

#include "cli/output.hpp"
#include "cli/source.hpp"

#include <aws_refresh_session/credentials_file.hpp>
#include <aws_refresh_session/refreshing_provider.hpp>

#include <stop_token>
#include <string>

namespace aws_refresh_session::cli {

/// Writes the profile again whenever `engine` has another set, until `stop`. A refresh that fails leaves the profile as
/// it is, and so does a file that cannot be written: both are said, and tried again.
/// \param options whose profile holds the keys of `written`, which may be replaced
void watch_credentials_file(RefreshingCredentialsProvider& engine, const ProviderSeams& seams,
                            const std::string& written, CredentialsFileOptions options, Messages& messages,
                            const std::stop_token& stop);

}  // namespace aws_refresh_session::cli
