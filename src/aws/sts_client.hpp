#pragma once

#include "aws/endpoints.hpp"
#include "aws/retry.hpp"
#include "aws/signing_key_cache.hpp"

#include <aws_refresh_session/credentials.hpp>
#include <aws_refresh_session/sts.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace aws_refresh_session::aws {

class QueryForm;

/// How long one call may take, retries included.
struct CallLimits {
  std::stop_token stop;
  SteadyTime deadline = SteadyTime::max();
};

/// Calls STS by the query protocol, signed, with standard-mode retries. Keeps the clock skew up to date from the
/// service's `Date` headers. Thread-safe; calls may run at once and share one retry quota.
///
/// What all calls throw: RequestError when the service refuses, with its code, status, request id and what to do;
/// ConnectionError when no answer came, or of kind cancelled; `MalformedResponse` for answers that cannot be used. No
/// text holds the keys, a token or the one-time code, even if the service repeats them.
class StsClient {
 public:
  /// \param seams complete: nothing may be null
  StsClient(ResolvedStsOptions options, ProviderSeams seams, RetrySeams retry = {});

  /// \param token_code a one-time code, or empty. A call with one is repeated only while it never left the machine.
  /// \param code_was_sent set when the code may have reached the service: it must not be sent again
  [[nodiscard]] Credentials assume_role(const AssumeRoleOptions& options, const SecretString& token_code,
                                        const Credentials& base, const CallLimits& limits, bool& code_was_sent);

  /// Temporary credentials of the base itself, for the service's default time, that prove the one-time code in every
  /// call they sign. https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
  /// \param base long-term keys: STS refuses others
  /// \param token_code, code_was_sent as above
  [[nodiscard]] Credentials get_session_token(const std::string& serial_number, const SecretString& token_code,
                                              const Credentials& base, const CallLimits& limits, bool& code_was_sent);

  /// Not signed: the token is all that proves who asks.
  /// \param options role, session name, duration and policies; nothing else is used
  [[nodiscard]] Credentials assume_role_with_web_identity(const AssumeRoleOptions& options, const SecretString& token,
                                                          const CallLimits& limits);

  [[nodiscard]] Identity get_caller_identity(const Credentials& credentials, const CallLimits& limits);

  [[nodiscard]] const std::string& endpoint_url() const noexcept { return options_.endpoint.url; }
  /// The wall clock of the service, as far as it is known.
  [[nodiscard]] WallTime service_now() const noexcept { return seams_.clock->now() + seams_.skew->get(); }

 private:
  struct Call;
  struct Outcome;

  void run(const Call& call, bool& was_sent);
  void check_not_expired(const Credentials& received) const;
  [[nodiscard]] Outcome attempt(const Call& call, bool& was_sent);
  [[nodiscard]] HttpRequest make_request(const Call& call) const;

  ResolvedStsOptions options_;
  ProviderSeams seams_;
  RetrySeams retry_;
  RetryQuota quota_;
  SigningKeyCache keys_;
};

}  // namespace aws_refresh_session::aws
