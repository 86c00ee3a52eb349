#include "aws/sts_client.hpp"

#include "aws/date_skew.hpp"
#include "aws/query_form.hpp"
#include "aws/sigv4.hpp"
#include "aws/sts_errors.hpp"
#include "aws/sts_xml.hpp"
#include "core/error_text.hpp"
#include "core/wiped_request.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace aws_refresh_session::aws {
namespace {

using core::redact;
using core::replace_secret;
using core::WipedRequest;

constexpr std::string_view kSessionTokenAction = "GetSessionToken";
constexpr std::string_view kWebIdentityAction = "AssumeRoleWithWebIdentity";

[[noreturn]] void throw_cancelled() {
  throw ConnectionError{
      {.message = "The call to STS was cancelled", .code = "Cancelled", .kind = ErrorKind::cancelled}};
}

/// The token and each of its parts between dots: a service may tell what it read in one of them.
void redact_token(std::string& text, std::string_view token) {
  redact(text, token);
  while (!token.empty()) {
    const auto part = token.substr(0, token.find('.'));
    redact(text, part);
    token.remove_prefix(std::min(token.size(), part.size() + 1));
  }
}

void append_sentence(std::string& text, std::string_view sentence) {
  if (sentence.empty()) {
    return;
  }
  text.append(text.ends_with('.') ? " " : ". ").append(sentence);
}

}  // namespace

/// One call, whatever its number of attempts.
struct StsClient::Call {
  std::string_view action;
  const QueryForm& form;
  /// Null for a call that is not signed.
  const Credentials* credentials = nullptr;
  const SecretString& token_code;
  /// Of a call that is not signed.
  const SecretString& web_identity_token;
  const CallLimits& limits;
  /// What a refusal is about.
  std::string_view param;
  std::string_view value;
  /// Reads the answer; throws when it cannot be used.
  std::function<void(std::string& body)> read;
};

struct StsClient::Outcome {
  /// Null when the call succeeded.
  std::shared_ptr<const Error> error;
  bool may_retry = false;
  /// The signature was refused for our clock, which is right now.
  bool clock_was_corrected = false;
  bool timed_out = false;
};

StsClient::StsClient(ResolvedStsOptions options, ProviderSeams seams, RetrySeams retry)
    : options_(std::move(options)), seams_(std::move(seams)), retry_(with_defaults(std::move(retry), seams_.clock)) {}

Credentials StsClient::assume_role(const AssumeRoleOptions& options, const SecretString& token_code,
                                   const Credentials& base, const CallLimits& limits, bool& code_was_sent) {
  QueryForm form{"AssumeRole"};
  add_parameters(form, options);
  form.add("TokenCode", token_code.reveal());
  Credentials received;
  run({.action = "AssumeRole",
       .form = form,
       .credentials = &base,
       .token_code = token_code,
       .web_identity_token = {},
       .limits = limits,
       .param = "RoleArn",
       .value = options.role_arn,
       .read = [&received](std::string& body) { received = parse_assume_role(body); }},
      code_was_sent);
  check_not_expired(received);
  return received;
}

Credentials StsClient::get_session_token(const std::string& serial_number, const SecretString& token_code,
                                         const Credentials& base, const CallLimits& limits, bool& code_was_sent) {
  QueryForm form{kSessionTokenAction};
  form.add("SerialNumber", serial_number);
  form.add("TokenCode", token_code.reveal());
  Credentials received;
  run({.action = kSessionTokenAction,
       .form = form,
       .credentials = &base,
       .token_code = token_code,
       .web_identity_token = {},
       .limits = limits,
       .param = "SerialNumber",
       .value = serial_number,
       .read = [&received](std::string& body) { received = parse_assume_role(body, kSessionTokenAction); }},
      code_was_sent);
  check_not_expired(received);
  return received;
}

Credentials StsClient::assume_role_with_web_identity(const AssumeRoleOptions& options, const SecretString& token,
                                                     const CallLimits& limits) {
  QueryForm form{kWebIdentityAction};
  form.add("RoleArn", options.role_arn);
  form.add("RoleSessionName", options.role_session_name);
  add_session_limits(form, options);
  form.add("WebIdentityToken", token.reveal());
  Credentials received;
  bool was_sent = false;
  run({.action = kWebIdentityAction,
       .form = form,
       .credentials = nullptr,
       .token_code = {},
       .web_identity_token = token,
       .limits = limits,
       .param = "RoleArn",
       .value = options.role_arn,
       .read = [&received](std::string& body) { received = parse_assume_role(body, kWebIdentityAction); }},
      was_sent);
  check_not_expired(received);
  return received;
}

void StsClient::check_not_expired(const Credentials& received) const {
  if (received.expired(service_now())) {
    throw CredentialError{{.message = "STS answered with credentials that have expired already: check the clocks of "
                                      "this machine and of the server",
                           .code = "ExpiredCredentials",
                           .param = "Expiration",
                           .kind = ErrorKind::recoverable}};
  }
}

Identity StsClient::get_caller_identity(const Credentials& credentials, const CallLimits& limits) {
  const QueryForm form{"GetCallerIdentity"};
  Identity identity;
  bool was_sent = false;
  run({.action = "GetCallerIdentity",
       .form = form,
       .credentials = &credentials,
       .token_code = {},
       .web_identity_token = {},
       .limits = limits,
       .param = {},
       .value = {},
       .read = [&identity](std::string& body) { identity = parse_caller_identity(body); }},
      was_sent);
  return identity;
}

void StsClient::run(const Call& call, bool& was_sent) {
  bool corrected = false;
  int quota_taken = 0;
  for (int attempts = 1;; ++attempts) {
    const auto outcome = attempt(call, was_sent);
    if (!outcome.error) {
      quota_.release(quota_taken > 0 ? quota_taken : RetryQuota::kRefill);
      return;
    }
    const auto& error = *outcome.error;
    const bool once_only = !call.token_code.empty() && was_sent;
    const auto fail = [&] {
      auto fields = error.fields();
      if (attempts > 1) {
        fields.details = "after " + std::to_string(attempts) + " attempts";
      }
      if (once_only && fields.kind == ErrorKind::recoverable) {
        fields.details.append(fields.details.empty() ? "" : "; ");
        fields.details += "not repeated, because a one-time code is never sent twice";
      }
      if (dynamic_cast<const ConnectionError*>(&error) != nullptr) {
        throw ConnectionError{std::move(fields)};
      }
      throw RequestError{std::move(fields)};
    };
    if (attempts >= options_.max_attempts || once_only) {
      fail();
    }
    if (outcome.clock_was_corrected && !corrected) {
      corrected = true;
      continue;
    }
    const int cost = outcome.timed_out ? RetryQuota::kTimeoutCost : RetryQuota::kRetryCost;
    if (!outcome.may_retry || !quota_.acquire(cost)) {
      fail();
    }
    quota_taken = cost;
    const auto delay = retry_delay(attempts, retry_.random(), error.retry_after());
    if (call.limits.deadline - seams_.clock->steady_now() <= delay) {
      fail();
    }
    if (!retry_.wait(delay, call.limits.stop)) {
      throw_cancelled();
    }
  }
}

HttpRequest StsClient::make_request(const Call& call) const {
  HttpRequest request;
  request.method = "POST";
  request.url = options_.endpoint.url;
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}};
  request.body = call.form.text();
  request.ca_bundle = options_.ca_bundle;
  request.verify_tls = options_.verify_tls;
  // A kept connection that the server has closed makes the transport send again by itself: not with a one-time code.
  request.never_resend = !call.token_code.empty();
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(call.limits.deadline - seams_.clock->steady_now());
  request.timeout = std::min(options_.attempt_timeout, left);
  request.connect_timeout = std::min(options_.connect_timeout, left);
  return request;
}

StsClient::Outcome StsClient::attempt(const Call& call, bool& was_sent) {
  if (call.limits.stop.stop_requested()) {
    throw_cancelled();
  }
  WipedRequest made{make_request(call)};
  auto& request = made.request;
  if (request.timeout <= std::chrono::milliseconds::zero()) {
    throw ConnectionError{
        {.message = "No time was left to call STS", .code = "Timeout", .kind = ErrorKind::recoverable}};
  }
  const auto skew = seams_.skew->get();
  const auto sent = seams_.clock->now();
  if (call.credentials != nullptr) {
    sign_headers(request, *call.credentials,
                 {.region = options_.endpoint.signing_region, .service = "sts", .time = sent + skew}, keys_);
  }
  HttpResponse response;
  const bool sent_before = std::exchange(was_sent, true);  // whatever comes out of it, unless it is known better
  try {
    response = seams_.transport->send(request, call.limits.stop);
  } catch (const ConnectionError& error) {
    was_sent = sent_before || !never_reached_service(error);
    return {.error = error.clone(),
            .may_retry = error.kind() == ErrorKind::recoverable,
            .timed_out = error.code() == "Timeout" || error.code() == "ConnectTimeout"};
  } catch (const ConfigurationError&) {
    was_sent = sent_before;  // the transport did not get as far as sending
    throw;
  }
  const auto observed = observed_skew(response, sent, seams_.clock->now());

  constexpr int kFirstSuccess = 200;
  constexpr int kFirstRedirect = 300;
  if (response.status >= kFirstSuccess && response.status < kFirstRedirect) {
    call.read(response.body);
    if (observed) {
      update(*seams_.skew, *observed);
    }
    return {};
  }

  auto error = parse_error(response.body);
  if (!error) {
    ErrorFields fields{.message = "STS answered " + std::string{call.action} + " with status " +
                                  std::to_string(response.status) +
                                  " and no error of its own: check endpoint_url, and whether a proxy or a gateway "
                                  "answers for it",
                       .code = "MalformedResponse",
                       .status_code = response.status,
                       .kind = ErrorKind::recoverable};
    fields.retry_after = retry_after(response, service_now());
    return {.error = std::make_shared<const RequestError>(std::move(fields)),
            .may_retry = classify(response.status, {}) == ErrorKind::recoverable};
  }
  // Only the service's own answers move the clock: a gateway's may be off.
  if (observed) {
    update(*seams_.skew, *observed);
  }
  const bool is_signed = call.credentials != nullptr;
  const auto help = is_signed ? advice(error->code, error->message) : web_identity_advice(error->code);
  for (auto* text : {&error->code, &error->message, &error->request_id}) {
    replace_secret(*text, call.token_code.reveal());
    if (is_signed) {
      redact(*text, call.credentials->secret_access_key().reveal());
      redact(*text, call.credentials->session_token().reveal());
    }
    redact_token(*text, call.web_identity_token.reveal());
  }
  ErrorFields fields{.message = "STS refused " + std::string{call.action},
                     .code = error->code,
                     .status_code = response.status,
                     .param = std::string{call.param},
                     .value = std::string{call.value},
                     .kind = classify(response.status, error->code),
                     .request_id = error->request_id,
                     .retry_after = retry_after(response, service_now())};
  if (!error->message.empty()) {
    fields.message.append(": ").append(error->message);
  }
  append_sentence(fields.message, help);
  // A provider's keys take a moment to reach STS: the Go and C++ SDKs ask again, too.
  const bool may_retry = fields.kind == ErrorKind::recoverable || (!is_signed && error->code == "InvalidIdentityToken");
  const bool skewed = is_signed && may_be_clock_skew(error->code) && observed &&
                      std::chrono::abs(*observed - skew) > kSkewThatBreaksSignatures;
  if (skewed) {
    // The next signature will be right, be it in this call or in a later one.
    fields.kind = ErrorKind::recoverable;
  }
  return {.error = std::make_shared<const RequestError>(std::move(fields)),
          .may_retry = may_retry,
          .clock_was_corrected = skewed};
}

}  // namespace aws_refresh_session::aws
