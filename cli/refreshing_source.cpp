#include "cli/refreshing_source.hpp"

#include "cli/source.hpp"

namespace aws_refresh_session::cli {

std::shared_ptr<RefreshingCredentialsProvider> make_refreshing_source(const SourceArguments& arguments,
                                                                      const RefreshOptions& options,
                                                                      Messages& messages) {
  return make_source(arguments, messages, options).kept_fresh(options);
}

}  // namespace aws_refresh_session::cli
