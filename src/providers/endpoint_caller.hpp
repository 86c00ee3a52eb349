#pragma once

#include "aws/retry.hpp"

#include <aws_refresh_session/credentials_provider.hpp>
#include <aws_refresh_session/exceptions.hpp>
#include <aws_refresh_session/http_transport.hpp>
#include <aws_refresh_session/provider_seams.hpp>

#include <functional>
#include <string>
#include <string_view>

namespace aws_refresh_session::providers {

/// Asks an endpoint on or near this machine, and asks again after recoverable failures: with a short pause (full
/// jitter below 250 ms, 500 ms, 1 s), or at once after a time-out, which was a pause itself. Thread-safe.
class EndpointCaller {
 public:
  /// Takes what it needs out of an answer; throws what is wrong with it.
  using Reader = std::function<void(HttpResponse& response)>;

  /// \param seams complete
  /// \param source names the endpoint in errors
  EndpointCaller(const ProviderSeams& seams, aws::RetrySeams retry, std::string source);

  /// \param request its time limits are shortened to what the context leaves
  /// \throws what `read` throws; ConnectionError; of kind cancelled after the context's stop
  void call(HttpRequest& request, int max_attempts, const ResolveContext& context, const Reader& read) const;

  /// True when the context leaves no time: a time-out then says nothing about the endpoint.
  [[nodiscard]] bool out_of_time(const ResolveContext& context) const noexcept;

 private:
  void attempt(HttpRequest& request, const ResolveContext& context, const Reader& read) const;

  const std::shared_ptr<const Clock> clock_;
  const std::shared_ptr<HttpTransport> transport_;
  const aws::RetrySeams retry_;
  const std::string source_;
};

/// The error in an answer other than 200: the `code` and `message` of its JSON, in printable characters and of bounded
/// length, else code `UnexpectedStatus`. Recoverable for 429 and 5xx.
/// \param secret is replaced by `***` wherever the endpoint repeats it
/// \param help what to do about it; may be empty
[[nodiscard]] RequestError refused_by_endpoint(const HttpResponse& response, std::string_view source,
                                               const SecretString& secret, std::string_view help);

/// Text from outside as it may stand in an error.
[[nodiscard]] std::string as_error_text(std::string_view text, std::size_t longest);

}  // namespace aws_refresh_session::providers
