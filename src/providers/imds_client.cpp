#include "providers/imds_client.hpp"

#include "core/wiped_request.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <algorithm>
#include <charconv>
#include <utility>

// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html

namespace aws_refresh_session::providers {
namespace {

constexpr std::string_view kSource = "the instance metadata service";
constexpr std::string_view kTokenPath = "/latest/api/token";
constexpr std::chrono::seconds kLongestTokenLife{21'600};
constexpr int kSuccess = 200;
constexpr int kUnauthorized = 401;
constexpr int kForbidden = 403;
constexpr int kNotFound = 404;
constexpr int kMethodNotAllowed = 405;

[[noreturn]] void throw_unreachable(std::string reason, std::string details = {}) {
  ErrorFields fields;
  fields.message = std::move(reason);
  fields.code = "ImdsUnreachable";
  fields.details = std::move(details);
  fields.kind = ErrorKind::not_configured;
  fields.cause = std::current_exception();
  throw CredentialError{std::move(fields)};
}

/// How long to use a token of that life: the last tenth, at most two minutes, is left for the way and for clocks.
std::chrono::seconds usable_life(const HttpResponse& response) noexcept {
  constexpr std::chrono::seconds kLongestMargin{120};
  constexpr int kMarginPart = 10;
  auto life = kLongestTokenLife;
  if (const auto* const text = response.header("x-aws-ec2-metadata-token-ttl-seconds")) {
    unsigned seconds = 0;
    const auto [end, fault] = std::from_chars(text->data(), text->data() + text->size(), seconds);
    if (fault == std::errc{} && end == text->data() + text->size()) {
      life = std::min(life, std::chrono::seconds{seconds});
    }
  }
  return life - std::min(kLongestMargin, life / kMarginPart);
}

}  // namespace

ImdsClient::ImdsClient(const ProviderSeams& seams, aws::RetrySeams retry)
    : clock_(seams.clock), caller_(seams, std::move(retry), std::string{kSource}) {
  join_fork_registry();
}

ImdsClient::~ImdsClient() {
  leave_fork_registry();
}

SecretString ImdsClient::kept_token(const std::string& endpoint) const {
  const auto now = clock_->steady_now();
  const core::MutexLock lock{mutex_};
  return token_ && token_->endpoint == endpoint && now < token_->expires_at ? token_->value : SecretString{};
}

void ImdsClient::keep(Token token) {
  const core::MutexLock lock{mutex_};
  token_ = std::move(token);
}

void ImdsClient::drop(const SecretString& token) {
  const core::MutexLock lock{mutex_};
  if (token_ && token_->value == token) {
    token_.reset();
  }
}

bool ImdsClient::has_answered() const {
  const core::MutexLock lock{mutex_};
  return has_answered_;
}

void ImdsClient::note_answer() {
  const core::MutexLock lock{mutex_};
  has_answered_ = true;
}

HttpRequest ImdsClient::Conversation::make_request(std::string_view method, std::string_view path) const {
  HttpRequest request;
  request.method = method;
  request.url = settings_.endpoint;
  request.url += path;
  request.connect_timeout = settings_.timeout;
  request.timeout = settings_.timeout;
  request.bypass_proxy = true;
  return request;
}

template <typename Call>
void ImdsClient::Conversation::explained(Call call) {
  try {
    call();
  } catch (const ConnectionError& error) {
    // A service that has answered is there: that it is away for a moment does not unmake it. And what had no time to
    // answer may be there.
    if (error.kind() != ErrorKind::recoverable || client_.has_answered() || client_.caller_.out_of_time(context_)) {
      throw;
    }
    throw_unreachable(
        "This is no EC2 instance, or its metadata service is turned off: nothing answers at " + settings_.endpoint,
        error.code());
  }
}

void ImdsClient::Conversation::fetch_token() {
  core::WipedRequest made{make_request("PUT", kTokenPath)};
  made.request.headers = {{"X-aws-ec2-metadata-token-ttl-seconds", std::to_string(kLongestTokenLife.count())}};
  int refused = 0;
  try {
    client_.caller_.call(made.request, settings_.max_attempts, context_, [&](HttpResponse& response) {
      refused = 0;
      if (response.status == kForbidden || response.status == kNotFound || response.status == kMethodNotAllowed) {
        refused = response.status;
        return;
      }
      if (response.status != kSuccess) {
        throw refused_by_endpoint(response, kSource, {}, {});
      }
      constexpr std::size_t kLongestToken = 4'096;
      if (response.body.empty() || response.body.size() > kLongestToken ||
          std::any_of(response.body.begin(), response.body.end(), [](char c) { return c <= ' ' || c > '~'; })) {
        throw RequestError{{.message = "The metadata token that the instance metadata service gave is none",
                            .code = "MalformedResponse",
                            .kind = ErrorKind::recoverable}};
      }
      token_ = SecretString{response.body};
      client_.note_answer();
      client_.keep({settings_.endpoint, token_, client_.clock_->steady_now() + usable_life(response)});
    });
  } catch (const ConnectionError& error) {
    // Connected, and then silence: so it is where the answer has more hops to go than the instance allows.
    if (error.code() != "Timeout" || settings_.v1_disabled || client_.caller_.out_of_time(context_)) {
      throw;
    }
  }
  if (refused != 0 && settings_.v1_disabled) {
    throw_unreachable("The service at " + settings_.endpoint + " gives no token (status " + std::to_string(refused) +
                      "), and version 1 without one is disabled");
  }
}

void ImdsClient::Conversation::get(std::string_view path, const EndpointCaller::Reader& read) {
  explained([&] {
    for (bool replaced = false;; replaced = true) {
      if (!has_asked_for_token_) {
        token_ = client_.kept_token(settings_.endpoint);
        if (token_.empty()) {
          fetch_token();
        }
        has_asked_for_token_ = true;
      }
      core::WipedRequest made{make_request("GET", path)};
      if (!token_.empty()) {
        made.request.headers.emplace_back("X-aws-ec2-metadata-token", token_.reveal());
      }
      bool unauthorized = false;
      client_.caller_.call(made.request, settings_.max_attempts, context_, [&](HttpResponse& response) {
        client_.note_answer();
        unauthorized = response.status == kUnauthorized;
        if (unauthorized) {
          return;
        }
        if (response.status != kSuccess) {
          throw refused_by_endpoint(response, kSource, token_, {});
        }
        read(response);
      });
      if (!unauthorized) {
        return;
      }
      if (token_.empty()) {
        throw RequestError{
            {.message = "The instance metadata service wants a token, but its answers to the request for one do not "
                        "arrive: in a container, raise the instance's metadata hop limit to 2",
             .code = "ImdsTokenRequired",
             .status_code = kUnauthorized}};
      }
      client_.drop(token_);
      if (replaced) {
        throw RequestError{{.message = "The instance metadata service does not take the token that it gave",
                            .code = "ImdsTokenRequired",
                            .status_code = kUnauthorized,
                            .kind = ErrorKind::recoverable}};
      }
      token_ = {};
      has_asked_for_token_ = false;
    }
  });
}

}  // namespace aws_refresh_session::providers
