#include "providers/service_call.hpp"

#include "aws/date_skew.hpp"
#include "aws/sts_errors.hpp"
#include "core/json.hpp"
#include "providers/endpoint_caller.hpp"

#include <aws_refresh_session/credentials.hpp>
#include <aws_refresh_session/exceptions.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace aws_refresh_session::providers {
namespace {

void wipe_request(HttpRequest& request) noexcept {
  wipe(request.body);
  for (auto& header : request.headers) {
    wipe(header.second);
  }
}

struct WipedRequest {
  HttpRequest request;

  explicit WipedRequest(HttpRequest made) : request(std::move(made)) {}
  WipedRequest(const WipedRequest&) = delete;
  WipedRequest& operator=(const WipedRequest&) = delete;
  ~WipedRequest() { wipe_request(request); }
};

std::string named(std::string_view what, std::string_view service) {
  return std::string{what}.append(service);
}

[[noreturn]] void throw_cancelled(std::string_view service) {
  throw ConnectionError{
      {.message = named("The call was cancelled: ", service), .code = "Cancelled", .kind = ErrorKind::cancelled}};
}

/// A name as services use them for errors; anything else may be what it should not be.
bool is_error_name(std::string_view text) noexcept {
  constexpr std::size_t kLongest = 64;
  return !text.empty() && text.size() <= kLongest && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

/// The code in `x-amzn-errortype`, which may have a namespace before it and an address behind it.
std::string bare_code(std::string_view text) {
  if (const auto hash = text.find('#'); hash != std::string_view::npos) {
    text.remove_prefix(hash + 1);
  }
  return std::string{text.substr(0, text.find(':'))};
}

void redact(std::string& text, const std::vector<std::string_view>& secrets) {
  for (const auto secret : secrets) {
    if (secret.empty()) {
      continue;
    }
    for (auto at = text.find(secret); at != std::string::npos; at = text.find(secret, at)) {
      text.replace(at, secret.size(), "***");
      at += 3;
    }
  }
}

constexpr std::size_t kLongestMessage = 512;
constexpr std::size_t kLongestRequestId = 128;

/// What the service says, without secrets.
RequestError refusal(const HttpResponse& response, const ServiceCall& call, WallTime service_now) {
  auto said = core::parse_json_error(response.body).value_or(core::JsonError{});
  std::string oauth;
  if (const auto body = core::parse_json(response.body)) {
    oauth = core::json_text(*body, "error").value_or("");
    if (said.message.empty()) {
      said.message = core::json_text(*body, "error_description").value_or("");
    }
  }
  if (const auto* const type = response.header("x-amzn-errortype")) {
    said.code = bare_code(*type);
  }
  oauth = is_error_name(oauth) ? std::move(oauth) : std::string{};
  if (said.code.empty()) {
    said.code = oauth;
  }
  ErrorFields fields;
  if (is_error_name(said.code)) {
    redact(said.message, call.secrets);
    fields.message = named("The request was refused by ", call.service);
    if (!said.message.empty()) {
      fields.message.append(": ").append(as_error_text(said.message, kLongestMessage));
    }
    fields.code = std::move(said.code);
    fields.details = std::move(oauth);
    fields.kind = aws::classify(response.status, fields.code);
  } else {
    fields.message = named("Something else than a service's error was answered in place of ", call.service) +
                     ": check the endpoint, and whether a proxy answers for it";
    fields.code = "MalformedResponse";
    fields.kind = ErrorKind::recoverable;
  }
  fields.status_code = response.status;
  for (const auto* const name : {"x-amzn-requestid", "x-amz-request-id"}) {
    if (const auto* const id = response.header(name); id != nullptr && fields.request_id.empty()) {
      auto text = *id;
      redact(text, call.secrets);
      fields.request_id = as_error_text(text, kLongestRequestId);
    }
  }
  fields.retry_after = aws::retry_after(response, service_now);
  return RequestError{std::move(fields)};
}

struct Outcome {
  /// Null when an answer of status 2xx came.
  std::shared_ptr<const Error> error;
  HttpResponse response;
  /// The request was refused for our clock, or may have been, which is right now.
  bool clock_was_corrected = false;
};

/// The refusal of a dated request by a service whose clock is known. A service takes what is seconds to minutes off
/// (RFC 9449, 11.1): what is far less was not refused for that.
Outcome dated_refusal(const RequestError& error, std::optional<std::chrono::milliseconds> observed, ClockSkew& skew) {
  constexpr std::chrono::seconds kSkewThatBreaksProofs{10};
  // Only the service's own answers move the clock: a gateway's may be off.
  if (!observed || error.code() == "MalformedResponse") {
    return {.error = error.clone(), .response = {}};
  }
  const bool skewed =
      error.kind() == ErrorKind::non_recoverable && std::chrono::abs(*observed - skew.get()) > kSkewThatBreaksProofs;
  aws::update(skew, *observed);
  if (!skewed) {
    return {.error = error.clone(), .response = {}};
  }
  auto fields = error.fields();
  fields.kind = ErrorKind::recoverable;
  return {.error = RequestError{std::move(fields)}.clone(), .response = {}, .clock_was_corrected = true};
}

Outcome attempt(const ServiceCall& call, const ProviderSeams& seams, const ResolveContext& context) {
  if (context.stop.stop_requested()) {
    throw_cancelled(call.service);
  }
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(context.deadline - seams.clock->steady_now());
  if (left <= std::chrono::milliseconds::zero()) {
    throw ConnectionError{{.message = named("No time was left to call ", call.service),
                           .code = "Timeout",
                           .kind = ErrorKind::recoverable}};
  }
  WipedRequest made{call.request};
  made.request.timeout = std::min(made.request.timeout, left);
  made.request.connect_timeout = std::min(made.request.connect_timeout, left);
  if (call.before_attempt) {
    call.before_attempt(made.request);
  }
  const auto sent = seams.clock->now();
  Outcome outcome;
  try {
    outcome.response = seams.transport->send(made.request, context.stop);
  } catch (const ConnectionError& error) {
    if (error.kind() == ErrorKind::cancelled) {
      throw;
    }
    outcome.error = error.clone();
    return outcome;
  }
  const auto observed = aws::observed_skew(outcome.response, sent, seams.clock->now());
  constexpr int kFirstSuccess = 200;
  constexpr int kFirstRedirect = 300;
  if (outcome.response.status >= kFirstSuccess && outcome.response.status < kFirstRedirect) {
    if (observed) {
      aws::update(*seams.skew, *observed);
    }
    return outcome;
  }
  const auto error = refusal(outcome.response, call, seams.clock->now() + seams.skew->get());
  if (call.is_dated) {
    return dated_refusal(error, observed, *seams.skew);
  }
  outcome.error = error.clone();
  return outcome;
}

[[noreturn]] void fail(const Error& error, int attempts) {
  auto fields = error.fields();
  if (attempts > 1) {
    fields.details.append(fields.details.empty() ? "" : "; ");
    fields.details += "after " + std::to_string(attempts) + " attempts";
  }
  if (dynamic_cast<const ConnectionError*>(&error) != nullptr) {
    throw ConnectionError{std::move(fields)};
  }
  throw RequestError{std::move(fields)};
}

}  // namespace

ServiceCall::~ServiceCall() {
  wipe_request(request);
}

HttpResponse call_service(const ServiceCall& call, const ProviderSeams& seams, const aws::RetrySeams& retry,
                          aws::RetryQuota& quota, const ResolveContext& context) {
  int quota_taken = 0;
  bool corrected = false;
  for (int attempts = 1;; ++attempts) {
    auto outcome = attempt(call, seams, context);
    if (!outcome.error) {
      quota.release(quota_taken > 0 ? quota_taken : aws::RetryQuota::kRefill);
      return std::move(outcome.response);
    }
    const auto& error = *outcome.error;
    if (outcome.clock_was_corrected && !corrected && attempts < call.max_attempts) {
      corrected = true;
      continue;
    }
    const bool timed_out = error.code() == "Timeout" || error.code() == "ConnectTimeout";
    const int cost = timed_out ? aws::RetryQuota::kTimeoutCost : aws::RetryQuota::kRetryCost;
    // An answer that is no service's is repeated only if its status asks for it.
    const bool may_retry = error.status_code()
                               ? aws::classify(*error.status_code(), error.code()) == ErrorKind::recoverable
                               : error.kind() == ErrorKind::recoverable;
    if (attempts >= call.max_attempts || !may_retry || !quota.acquire(cost)) {
      fail(error, attempts);
    }
    quota_taken = cost;
    const auto delay = aws::retry_delay(attempts, retry.random(), error.retry_after());
    if (context.deadline - seams.clock->steady_now() <= delay) {
      fail(error, attempts);
    }
    if (!retry.wait(delay, context.stop)) {
      throw_cancelled(call.service);
    }
  }
}

std::string join_path(std::string url, std::string_view path) {
  if (!url.ends_with('/')) {
    url += '/';
  }
  return url.append(path);
}

}  // namespace aws_refresh_session::providers
