#include "cli/refreshing_source.hpp"

#include "cli/source.hpp"

#include <utility>

namespace aws_refresh_session::cli {

std::shared_ptr<RefreshingCredentialsProvider> make_refreshing_source(const SourceArguments& arguments,
                                                                      RefreshOptions options, Messages& messages) {
  Source source = make_source(arguments, messages);
  if (source.session) {
    // One engine upon another would be handed sets that the inner one still takes for fresh enough.
    SessionOptions session;
    session.refresh = std::move(options);
    session.transport = source.seams.transport;
    return RefreshableSession{arguments.method, method_parameters(arguments), std::move(session)}.provider();
  }
  return std::make_shared<RefreshingCredentialsProvider>(std::move(source.provider), std::move(options),
                                                         EngineSeams{.skew = source.seams.skew});
}

}  // namespace aws_refresh_session::cli
