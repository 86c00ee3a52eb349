#pragma once

#include "aws/retry.hpp"

#include <aws_refresh_session/credentials_provider.hpp>
#include <aws_refresh_session/http_transport.hpp>
#include <aws_refresh_session/provider_seams.hpp>

#include <functional>
#include <string_view>
#include <vector>

namespace aws_refresh_session::providers {

/// One call of a service that speaks JSON and is not signed to by AWS Signature Version 4. Its request is zeroed at the
/// end: it holds tokens.
struct ServiceCall {
  ServiceCall() = default;
  ServiceCall(const ServiceCall&) = delete;
  ServiceCall& operator=(const ServiceCall&) = delete;
  ~ServiceCall();

  /// For errors: `IAM Identity Center`.
  std::string_view service;
  HttpRequest request;
  int max_attempts = 1;
  /// Changes each attempt's request, which must not be the same twice.
  std::function<void(HttpRequest&)> before_attempt;
  /// The request says when it was made, by the clock and the skew of the seams: where the answer's `Date` shows the
  /// clock to be wrong, a refusal corrects it and is repeated once, and is recoverable if it stays.
  bool is_dated = false;
  /// Texts that no error may show though the service repeats them.
  std::vector<std::string_view> secrets;
};

/// Sends it, with the standard mode's retries, until an answer of status 2xx comes. Keeps the clock skew up to date.
/// \param seams complete
/// \throws RequestError with the service's code and message, and in `details` the `error` of an OAuth answer;
///   ConnectionError when no answer came, or of kind cancelled
[[nodiscard]] HttpResponse call_service(const ServiceCall& call, const ProviderSeams& seams,
                                        const aws::RetrySeams& retry, aws::RetryQuota& quota,
                                        const ResolveContext& context);

/// The URL with a path below it.
[[nodiscard]] std::string join_path(std::string url, std::string_view path);

}  // namespace aws_refresh_session::providers
