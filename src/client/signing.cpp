#include <aws_refresh_session/signing.hpp>

#include "aws/endpoints.hpp"
#include "aws/payload_hash.hpp"
#include "aws/sigv4.hpp"
#include "client/second_chance.hpp"
#include "client/signed_url.hpp"
#include "core/http_message.hpp"
#include "core/url.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <algorithm>
#include <utility>

namespace aws_refresh_session {
namespace {

[[noreturn]] void refuse(std::string message, std::string param, std::string value = {}) {
  throw ValidationError{{.message = std::move(message),
                         .code = "InvalidParameter",
                         .param = std::move(param),
                         .value = std::move(value)}};
}

void check_scope(std::string_view region, std::string_view service) {
  if (!aws::is_valid_region(region)) {
    refuse("A region to sign for is one host label, like eu-west-1", "region", std::string{region});
  }
  const bool fits = !service.empty() && std::all_of(service.begin(), service.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
  });
  if (!fits) {
    refuse("A service to sign for is a name like s3 or execute-api", "service", std::string{service});
  }
}

void check_hash(std::string_view hash) {
  constexpr std::size_t kDigits = 64;
  const bool fits = hash.empty() || (hash.size() == kDigits && std::all_of(hash.begin(), hash.end(), [](char c) {
                                       return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
                                     }));
  if (!fits) {
    refuse("A body's hash is SHA-256 in 64 lower-case hexadecimal digits", "payload.hash");
  }
}

void check_request(const HttpRequest& request) {
  const auto url = core::parse_url(request.url);
  if (!url || !url->user_info.empty()) {
    throw ValidationError{{.message = "The URL cannot be signed. Give an absolute http:// or https:// URL, "
                                      "percent-encoded, without user name and password",
                           .code = "InvalidUrl",
                           .param = "url"}};
  }
  core::check_message(request);
}

void check_credentials(const Credentials& credentials) {
  if (credentials.empty()) {
    throw CredentialError{{.message = "There is nothing to sign with: the access key id or the secret key is empty",
                           .code = "EmptyCredentials"}};
  }
}

/// The parameters of one signature, and the hash that they point to.
class Parameters {
 public:
  Parameters(const HttpRequest& request, std::string_view region, std::string_view service, WallTime service_time,
             const PayloadSigning& payload) {
    check_request(request);
    check_hash(payload.hash);
    hash_ = payload.hash;
    if (hash_.empty() && request.body_source && !payload.unsigned_payload) {
      hash_ = aws::payload_hash(*request.body_source);
      request.body_source->rewind();
    }
    values_ = {.region = region,
               .service = service,
               .time = service_time,
               .unsigned_payload = payload.unsigned_payload,
               .payload_hash = hash_};
  }
  Parameters(const Parameters&) = delete;
  Parameters& operator=(const Parameters&) = delete;

  [[nodiscard]] const aws::SigningParameters& get() const noexcept { return values_; }

 private:
  std::string hash_;
  aws::SigningParameters values_;
};

WallTime local_time(const SigningOptions& options) {
  return options.time ? *options.time : system_clock()->now();
}

}  // namespace

namespace client {

PresignedUrl signed_url(std::string url, const Credentials& credentials, WallTime local, std::chrono::seconds expires,
                        std::chrono::milliseconds skew) {
  auto until = local + expires;
  if (const auto end = credentials.expiration()) {
    until = std::min<WallTime>(until, *end - skew);
  }
  return {std::move(url), until};
}

}  // namespace client

void sign(HttpRequest& request, const Credentials& credentials, const SigningOptions& options) {
  check_scope(options.region, options.service);
  check_credentials(credentials);
  const Parameters parameters{request, options.region, options.service, local_time(options) + options.clock_skew,
                              options.payload};
  aws::SigningKeyCache keys;
  aws::sign_headers(request, credentials, parameters.get(), keys);
}

PresignedUrl presign(const HttpRequest& request, const Credentials& credentials, const SigningOptions& options,
                     std::chrono::seconds expires) {
  check_scope(options.region, options.service);
  check_credentials(credentials);
  const auto local = local_time(options);
  const Parameters parameters{request, options.region, options.service, local + options.clock_skew, options.payload};
  aws::SigningKeyCache keys;
  return client::signed_url(aws::presign_url(request, credentials, parameters.get(), expires, keys), credentials, local,
                            expires, options.clock_skew);
}

struct RequestSigner::State {
  State(std::shared_ptr<RefreshingCredentialsProvider> source, std::string region_name, std::string service_name,
        Seams surroundings)
      : provider(std::move(source)),
        region(std::move(region_name)),
        service(std::move(service_name)),
        seams(std::move(surroundings)) {}

  std::shared_ptr<RefreshingCredentialsProvider> provider;
  std::string region;
  std::string service;
  Seams seams;
  /// Thread-safe.
  mutable aws::SigningKeyCache keys{};
};

RequestSigner::RequestSigner(std::shared_ptr<RefreshingCredentialsProvider> provider, std::string region,
                             std::string service, Seams seams) {
  if (!provider) {
    refuse("A signer needs a provider: give one that is not null", "provider");
  }
  check_scope(region, service);
  if (!seams.clock) {
    seams.clock = system_clock();
  }
  if (!seams.skew) {
    seams.skew = std::make_shared<ClockSkew>();
  }
  state_ = std::make_shared<const State>(std::move(provider), std::move(region), std::move(service), std::move(seams));
}

RequestSigner::RequestSigner(std::shared_ptr<RefreshingCredentialsProvider> provider, std::string region,
                             std::string service)
    : RequestSigner(std::move(provider), std::move(region), std::move(service), Seams{}) {}

std::string RequestSigner::sign(HttpRequest& request, const PayloadSigning& payload) const {
  const auto credentials = state_->provider->credentials();
  const Parameters parameters{request, state_->region, state_->service,
                              state_->seams.clock->now() + state_->seams.skew->get(), payload};
  aws::sign_headers(request, *credentials, parameters.get(), state_->keys);
  return credentials->access_key_id();
}

PresignedUrl RequestSigner::presign(const HttpRequest& request, std::chrono::seconds expires,
                                    const PayloadSigning& payload) const {
  const auto credentials = state_->provider->credentials();
  const auto local = state_->seams.clock->now();
  const auto skew = state_->seams.skew->get();
  const Parameters parameters{request, state_->region, state_->service, local + skew, payload};
  return client::signed_url(aws::presign_url(request, *credentials, parameters.get(), expires, state_->keys),
                            *credentials, local, expires, skew);
}

bool RequestSigner::should_sign_again(const HttpResponse& response, std::string_view access_key_id) const {
  constexpr int kFirstRefusal = 400;
  if (response.status < kFirstRefusal) {
    return false;
  }
  auto copy = response;  // reading the error uses the body up
  const auto error = aws::parse_service_error(copy).value_or(aws::ServiceError{});
  const auto now = state_->seams.clock->now();
  const auto observed = aws::observed_skew(response, now, now);
  if (client::refused_for_clock(response.status, error.code, observed, state_->seams.skew->get())) {
    aws::update(*state_->seams.skew, *observed);
    return true;
  }
  if (aws::refuses_signer(error.code)) {
    state_->provider->invalidate(access_key_id);
    return true;
  }
  if (client::may_refuse_ended_set(response.status, error.code)) {
    const auto current = state_->provider->try_credentials();
    return !current || current->access_key_id() != access_key_id;
  }
  return false;
}

const std::string& RequestSigner::region() const noexcept {
  return state_->region;
}
const std::string& RequestSigner::service() const noexcept {
  return state_->service;
}

}  // namespace aws_refresh_session
