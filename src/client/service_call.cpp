#include "client/service_call.hpp"

#include "aws/date_skew.hpp"
#include "aws/endpoints.hpp"
#include "aws/payload_hash.hpp"
#include "aws/service_errors.hpp"
#include "aws/sigv4.hpp"
#include "aws/sts_errors.hpp"
#include "client/second_chance.hpp"
#include "client/service_url.hpp"
#include "client/signed_url.hpp"
#include "core/error_text.hpp"
#include "core/wiped_request.hpp"
#include "providers/client_settings.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace aws_refresh_session::client {
namespace {

using std::chrono::milliseconds;

bool is_success(int status) noexcept {
  constexpr int kFirstSuccess = 200;
  constexpr int kFirstRedirect = 300;
  return status >= kFirstSuccess && status < kFirstRedirect;
}

/// RFC 9110, 9.2.2.
bool is_idempotent(const ServiceRequest& request) {
  constexpr std::array<std::string_view, 6> kMethods{"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"};
  return request.idempotent.value_or(std::find(kMethods.begin(), kMethods.end(), request.method) != kMethods.end());
}

bool timed_out(const Error& error) {
  return error.code() == "Timeout" || error.code() == "ConnectTimeout";
}

/// ` The bucket is in eu-west-1.`, where S3 says so.
std::string bucket_region(const HttpResponse& response, std::string_view code, std::string_view signing_region) {
  const auto* const region = response.header("x-amz-bucket-region");
  const bool tells = region != nullptr && *region != signing_region && aws::is_valid_region(*region);
  return tells && !code.starts_with("AccessDenied") ? " It is in " + *region + "." : std::string{};
}

void append_sentence(std::string& text, std::string_view sentence) {
  if (!sentence.empty()) {
    text.append(text.ends_with('.') ? " " : ". ").append(sentence);
  }
}

}  // namespace

/// One call, whatever its number of attempts.
class ServiceCaller::Call {
 public:
  Call(ServiceCaller& caller, const ServiceRequest& request, const CallOptions& limits)
      : caller_(caller),
        request_(request),
        limits_(limits),
        settings_(caller.settings()),
        target_(resolve_target(caller.options_, settings_)),
        url_(make_url(target_, request)),
        idempotent_(is_idempotent(request)) {}

  [[nodiscard]] HttpResponse run();

 private:
  struct Outcome {
    HttpResponse response;
    /// Null when the call succeeded.
    std::shared_ptr<const Error> error{};
    bool may_retry = false;
    bool clock_was_corrected = false;
    /// The set that signed is not taken, or not any more.
    bool set_was_refused = false;
  };

  [[nodiscard]] Outcome attempt(const Credentials& credentials);
  [[nodiscard]] Outcome read_refusal(HttpResponse response, const Credentials& credentials,
                                     std::optional<milliseconds> observed, milliseconds skew);
  [[nodiscard]] HttpRequest make_request() const;
  void sign(HttpRequest& request, const Credentials& credentials, WallTime time);
  void wait_before(int attempts, const Error& error);
  [[noreturn]] void fail(const Error& error, int attempts) const;
  [[nodiscard]] std::string what() const { return caller_.options_.service + " refused " + request_.method; }

  ServiceCaller& caller_;
  const ServiceRequest& request_;
  const CallOptions& limits_;
  const profile::Settings settings_;
  const ServiceTarget target_;
  const std::string url_;
  const bool idempotent_;
  /// Of a body source, once it was read for it.
  std::string hash_;
};

ServiceCaller::ServiceCaller(std::shared_ptr<RefreshingCredentialsProvider> provider, ServiceClientOptions options,
                             aws::RetrySeams retry)
    : provider_(std::move(provider)), options_(std::move(options)) {
  if (!provider_) {
    throw ValidationError{{.message = "A client needs a provider: give one that is not null",
                           .code = "InvalidParameter",
                           .param = "provider"}};
  }
  validate(options_);
  options_.seams = std::move(options_.seams).completed();
  retry_ = aws::with_defaults(std::move(retry), options_.seams.clock);
  if (!options_.verify_tls) {
    warn({.place = "service_client.verify_tls",
          .message = "Certificates are not verified for " + options_.service +
                     ": anyone in between can read and change what is sent. Give ca_bundle instead."});
  }
}

HttpResponse ServiceCaller::send(const ServiceRequest& request, const CallOptions& call) {
  return Call{*this, request, call}.run();
}

PresignedUrl ServiceCaller::presign(const ServiceRequest& request, std::chrono::seconds expires,
                                    const CallOptions& call) {
  const auto target = this->target();
  const core::WipedRequest made{
      {.method = request.method, .url = make_url(target, request), .headers = request.headers}};
  const auto set = credentials(call);
  const auto local = options_.seams.clock->now();
  const auto skew = options_.seams.skew->get();
  auto url = aws::presign_url(made.request, *set,
                              {.region = target.signing_region, .service = target.signing_name, .time = local + skew},
                              expires, keys_);
  return signed_url(std::move(url), *set, local, expires, skew);
}

profile::Settings ServiceCaller::settings() const {
  return profile::Settings::load(options_.seams.environment, options_.profile);
}

ServiceTarget ServiceCaller::target() const {
  return resolve_target(options_, settings());
}

milliseconds ServiceCaller::time_left(const CallOptions& call) const {
  const auto left = std::chrono::duration_cast<milliseconds>(call.deadline - options_.seams.clock->steady_now());
  if (call.stop.stop_requested()) {
    throw ConnectionError{{.message = "The call to " + options_.service + " was stopped",
                           .code = "Cancelled",
                           .kind = ErrorKind::cancelled}};
  }
  if (left <= milliseconds::zero()) {
    throw ConnectionError{
        {.message = "No time was left to call " + options_.service, .code = "Timeout", .kind = ErrorKind::recoverable}};
  }
  return left;
}

CredentialsSnapshot ServiceCaller::credentials(const CallOptions& call) const {
  constexpr milliseconds kSlice{50};
  const auto left = time_left(call);
  if (auto current = provider_->try_credentials()) {
    return current;
  }
  const bool is_bounded = call.deadline != SteadyTime::max();
  if (!call.stop.stop_possible() || provider_->interactive()) {
    return is_bounded ? provider_->credentials(left) : provider_->credentials();
  }
  // A reader cannot be woken: it looks up now and then.
  constexpr milliseconds kLongest{60'000};
  for (milliseconds waited{0};; waited += kSlice) {
    const auto longest = std::min({kSlice, time_left(call), kLongest});
    try {
      return provider_->credentials(longest);
    } catch (const CredentialError& error) {
      if (error.code() != "RefreshTimeout" || waited >= kLongest) {
        throw;
      }
    }
  }
}

HttpResponse ServiceCaller::Call::run() {
  auto set = caller_.credentials(limits_);
  bool corrected = false;
  bool renewed = false;
  int quota_taken = 0;
  for (int attempts = 1;; ++attempts) {
    auto outcome = attempt(*set);
    if (!outcome.error) {
      caller_.quota_.release(quota_taken > 0 ? quota_taken : aws::RetryQuota::kRefill);
      return std::move(outcome.response);
    }
    const auto& error = *outcome.error;
    if (outcome.clock_was_corrected && !corrected) {
      // Refused before anything was done: not an attempt of those that may fail.
      corrected = true;
      --attempts;
      continue;
    }
    if (outcome.set_was_refused && !renewed) {
      renewed = true;
      const auto refused = set->access_key_id();
      caller_.provider_->invalidate(refused);
      set = caller_.credentials(limits_);
      if (set->access_key_id() != refused) {
        --attempts;
        continue;
      }
      fail(error, attempts);
    }
    const int cost = timed_out(error) ? aws::RetryQuota::kTimeoutCost : aws::RetryQuota::kRetryCost;
    if (!outcome.may_retry || attempts >= target_.max_attempts || !caller_.quota_.acquire(cost)) {
      fail(error, attempts);
    }
    quota_taken = cost;
    wait_before(attempts, error);
    set = caller_.credentials(limits_);
  }
}

void ServiceCaller::Call::wait_before(int attempts, const Error& error) {
  const auto delay = aws::retry_delay(attempts, caller_.retry_.random(), error.retry_after());
  if (limits_.deadline - caller_.options_.seams.clock->steady_now() <= delay) {
    fail(error, attempts);
  }
  if (!caller_.retry_.wait(delay, limits_.stop)) {
    throw ConnectionError{{.message = "The call to " + caller_.options_.service + " was stopped",
                           .code = "Cancelled",
                           .kind = ErrorKind::cancelled}};
  }
}

void ServiceCaller::Call::fail(const Error& error, int attempts) const {
  if (attempts <= 1) {
    error.raise();
  }
  auto fields = error.fields();
  fields.details.append(fields.details.empty() ? "" : "; ");
  fields.details += "after " + std::to_string(attempts) + " attempts";
  if (dynamic_cast<const ConnectionError*>(&error) != nullptr) {
    throw ConnectionError{std::move(fields)};
  }
  throw RequestError{std::move(fields)};
}

HttpRequest ServiceCaller::Call::make_request() const {
  const auto& options = caller_.options_;
  HttpRequest request{.method = request_.method, .url = url_, .headers = request_.headers};
  if (request_.body_source) {
    request.body_source = request_.body_source;
  } else {
    request.body = request_.body;
  }
  request.body_sink = request_.body_sink;
  request.max_response = options.max_response;
  providers::apply_tls_settings(request, common_options(options), settings_);
  request.never_resend = !idempotent_;
  const auto left = caller_.time_left(limits_);
  const bool is_stream = request.body_source || request.body_sink;
  if (is_stream) {
    request.stall_timeout = options.attempt_timeout;
  }
  request.timeout = is_stream ? left : std::min(options.attempt_timeout, left);
  request.connect_timeout = std::min(options.connect_timeout, left);
  return request;
}

void ServiceCaller::Call::sign(HttpRequest& request, const Credentials& credentials, WallTime time) {
  const auto& source = request.body_source;
  // What AWS takes unsigned it takes over TLS, which guards the body.
  const bool is_unsigned = source && !caller_.options_.sign_s3_payload && aws::uses_s3_rules(target_.signing_name) &&
                           request.url.starts_with("https://");
  if (source && !is_unsigned && hash_.empty()) {
    hash_ = aws::payload_hash(*source, limits_.stop);
  }
  aws::sign_headers(request, credentials,
                    {.region = target_.signing_region,
                     .service = target_.signing_name,
                     .time = time,
                     .unsigned_payload = is_unsigned,
                     .payload_hash = hash_},
                    caller_.keys_);
}

ServiceCaller::Call::Outcome ServiceCaller::Call::attempt(const Credentials& credentials) {
  const auto& seams = caller_.options_.seams;
  core::WipedRequest made{make_request()};
  const auto skew = seams.skew->get();
  sign(made.request, credentials, seams.clock->now() + skew);
  const auto sent = seams.clock->now();
  HttpResponse response;
  try {
    response = seams.transport->send(made.request, limits_.stop);
  } catch (const ConnectionError& error) {
    const bool can_help = error.kind() == ErrorKind::recoverable && error.code() != "ResponseTooLarge";
    return {.response = {},
            .error = error.clone(),
            .may_retry = can_help && (idempotent_ || aws::never_reached_service(error))};
  }
  const auto observed = aws::observed_skew(response, sent, seams.clock->now());
  // Not of a GET, whose body is the object.
  const bool may_fail_late = request_.method == "PUT" || request_.method == "POST";
  const bool is_late_error =
      may_fail_late && aws::uses_s3_rules(target_.signing_name) && aws::is_error_document(response.body);
  if (is_success(response.status) && !is_late_error) {
    if (observed) {
      aws::update(*seams.skew, *observed);
    }
    return {.response = std::move(response)};
  }
  return read_refusal(std::move(response), credentials, observed, skew);
}

ServiceCaller::Call::Outcome ServiceCaller::Call::read_refusal(HttpResponse response, const Credentials& credentials,
                                                               std::optional<milliseconds> observed,
                                                               milliseconds skew) {
  const auto& seams = caller_.options_.seams;
  const bool is_empty = response.body.empty();
  const auto said = aws::parse_service_error(response);
  // To a HEAD, and of status 304, there is no body to say more in. Other answers without an error are somebody else's.
  const bool is_service = said || (is_empty && !aws::request_id_of(response).empty());
  if (is_service && observed) {
    aws::update(*seams.skew, *observed);
  }
  auto error = said.value_or(aws::ServiceError{});
  for (auto* text : {&error.code, &error.message, &error.request_id}) {
    core::redact(*text, credentials.secret_access_key().reveal());
    core::redact(*text, credentials.session_token().reveal());
  }
  ErrorFields fields{.message = what(),
                     .code = error.code,
                     .status_code = response.status,
                     .kind = aws::classify(response.status, error.code),
                     .request_id = error.request_id.empty() ? aws::request_id_of(response) : error.request_id,
                     .retry_after = aws::retry_after(response, seams.clock->now() + seams.skew->get())};
  if (!error.message.empty()) {
    fields.message.append(": ").append(error.message);
  }
  append_sentence(fields.message, aws::service_advice(response.status, error.code));
  fields.message += bucket_region(response, error.code, target_.signing_region);
  if (fields.code.empty()) {
    fields.code = "HttpStatus" + std::to_string(response.status);
    if (!is_service) {
      append_sentence(fields.message,
                      "The answer has no error of the service's own: check the endpoint, and whether a proxy answers "
                      "for it.");
    }
  }
  Outcome outcome;
  outcome.clock_was_corrected = is_service && refused_for_clock(response.status, error.code, observed, skew);
  const bool has_ended = credentials.expired(seams.clock->now() + seams.skew->get());
  const auto current = caller_.provider_->try_credentials();
  const bool is_old = has_ended || !current || current->access_key_id() != credentials.access_key_id();
  outcome.set_was_refused =
      aws::refuses_signer(error.code) || (is_old && may_refuse_ended_set(response.status, error.code));
  const bool was_not_done = aws::is_throttling(error.code) || response.status == 429;
  outcome.may_retry = fields.kind == ErrorKind::recoverable && (idempotent_ || was_not_done);
  outcome.error = std::make_shared<const RequestError>(std::move(fields));
  return outcome;
}

}  // namespace aws_refresh_session::client
