#include "providers/endpoint_caller.hpp"

#include "core/json.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace aws_refresh_session::providers {
namespace {

constexpr std::chrono::milliseconds kFirstPause{250};
constexpr std::chrono::milliseconds kLongestPause{1'000};

std::chrono::milliseconds pause_after(int failed, double random) noexcept {
  const auto most = std::min(kLongestPause, kFirstPause * (1 << std::clamp(failed - 1, 0, 4)));
  return std::chrono::milliseconds{std::llround(random * static_cast<double>(most.count()))};
}

bool timed_out(const Error& error) noexcept {
  return error.code() == "Timeout" || error.code() == "ConnectTimeout";
}

void replace_all(std::string& text, std::string_view secret) {
  for (auto at = secret.empty() ? std::string::npos : text.find(secret); at != std::string::npos;
       at = text.find(secret, at + 3)) {
    text.replace(at, secret.size(), "***");
  }
}

}  // namespace

EndpointCaller::EndpointCaller(const ProviderSeams& seams, aws::RetrySeams retry, std::string source)
    : clock_(seams.clock),
      transport_(seams.transport),
      retry_(aws::with_defaults(std::move(retry), seams.clock)),
      source_(std::move(source)) {}

bool EndpointCaller::out_of_time(const ResolveContext& context) const noexcept {
  return context.deadline <= clock_->steady_now();
}

void EndpointCaller::attempt(HttpRequest& request, const ResolveContext& context, const Reader& read) const {
  if (context.stop.stop_requested()) {
    throw ConnectionError{
        {.message = "The call to " + source_ + " was cancelled", .code = "Cancelled", .kind = ErrorKind::cancelled}};
  }
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(context.deadline - clock_->steady_now());
  if (left <= std::chrono::milliseconds::zero()) {
    throw ConnectionError{
        {.message = "No time was left to ask " + source_, .code = "Timeout", .kind = ErrorKind::recoverable}};
  }
  request.timeout = std::min(request.timeout, left);
  request.connect_timeout = std::min(request.connect_timeout, left);
  auto response = transport_->send(request, context.stop);
  read(response);
}

void EndpointCaller::call(HttpRequest& request, int max_attempts, const ResolveContext& context,
                          const Reader& read) const {
  for (int attempts = 1;; ++attempts) {
    auto pause = std::chrono::milliseconds::zero();
    try {
      attempt(request, context, read);
      return;
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::recoverable || attempts >= max_attempts) {
        throw;
      }
      if (!timed_out(error)) {
        pause = pause_after(attempts, retry_.random());
      }
      if (context.deadline - clock_->steady_now() <= pause) {
        throw;
      }
    }
    // A stop meanwhile is noticed by the next attempt.
    static_cast<void>(retry_.wait(pause, context.stop));
  }
}

std::string as_error_text(std::string_view text, std::size_t longest) {
  std::string line;
  for (const char c : text.substr(0, longest)) {
    const auto byte = static_cast<unsigned char>(c);
    line.push_back(byte < 0x20 || byte > 0x7E ? ' ' : c);
  }
  return line;
}

RequestError refused_by_endpoint(const HttpResponse& response, std::string_view source, const SecretString& secret,
                                 std::string_view help) {
  constexpr std::size_t kLongestCode = 128;
  constexpr std::size_t kLongestMessage = 512;
  constexpr int kTooManyRequests = 429;
  constexpr int kFirstServerError = 500;
  ErrorFields fields;
  fields.message.append("The answer of ").append(source).append(" was status ");
  fields.message.append(std::to_string(response.status));
  fields.code = "UnexpectedStatus";
  if (auto error = core::parse_json_error(response.body)) {
    // Before they are cut: half a secret would not be recognised.
    replace_all(error->code, secret.reveal());
    replace_all(error->message, secret.reveal());
    if (!error->code.empty()) {
      fields.code = as_error_text(error->code, kLongestCode);
    }
    if (!error->message.empty()) {
      fields.message.append(": ").append(as_error_text(error->message, kLongestMessage));
    }
  }
  if (!help.empty()) {
    fields.message.append(fields.message.ends_with('.') ? " " : ". ").append(help);
  }
  fields.status_code = response.status;
  fields.kind = response.status == kTooManyRequests || response.status >= kFirstServerError
                    ? ErrorKind::recoverable
                    : ErrorKind::non_recoverable;
  return RequestError{std::move(fields)};
}

}  // namespace aws_refresh_session::providers
