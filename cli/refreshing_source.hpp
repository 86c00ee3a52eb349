#pragma once

#include "cli/command_line.hpp"
#include "cli/output.hpp"

#include <aws_refresh_session/refreshing_provider.hpp>

#include <memory>

namespace aws_refresh_session::cli {

/// What the source options name, kept fresh by `options`.
/// \param messages told of every HTTP attempt; must outlive the provider
/// \throws UsageError, Error
[[nodiscard]] std::shared_ptr<RefreshingCredentialsProvider> make_refreshing_source(const SourceArguments& arguments,
                                                                                    const RefreshOptions& options,
                                                                                    Messages& messages);

}  // namespace aws_refresh_session::cli
