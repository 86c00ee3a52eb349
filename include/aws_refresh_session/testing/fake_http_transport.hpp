#pragma once

/// \file
/// A transport without a network, for your tests: answers what it was told to, and remembers what it was asked.

#include <aws_refresh_session/exceptions.hpp>
#include <aws_refresh_session/http_transport.hpp>

#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace aws_refresh_session::testing {

/// Answers each request by the next step of its script, then by its handler, if it has one. Thread-safe; steps and
/// handler run on the caller's thread, without a lock. A body source is left for them to read; a sink gets the answer.
class FakeHttpTransport final : public HttpTransport {
 public:
  /// Makes one answer, or throws.
  using Handler = std::function<HttpResponse(const HttpRequest& request, const std::stop_token& stop)>;

  FakeHttpTransport() = default;
  explicit FakeHttpTransport(Handler handler) : handler_(std::move(handler)) {}

  /// Adds one step to the script.
  FakeHttpTransport& then(Handler step) {
    const std::scoped_lock lock{mutex_};
    script_.push_back(std::move(step));
    return *this;
  }
  FakeHttpTransport& then(HttpResponse response) {
    return then([response = std::move(response)](const HttpRequest&, const std::stop_token&) { return response; });
  }
  FakeHttpTransport& then(int status, std::string body, HttpHeaders headers = {}) {
    return then(HttpResponse{status, std::move(headers), std::move(body)});
  }
  /// One attempt without an answer.
  /// \param code one of those HttpTransport::send documents
  FakeHttpTransport& then_fail(std::string code, ErrorKind kind = ErrorKind::recoverable) {
    return then([code = std::move(code), kind](const HttpRequest&, const std::stop_token&) -> HttpResponse {
      throw ConnectionError{{.message = "The fake transport failed as it was told to", .code = code, .kind = kind}};
    });
  }

  /// Answers whatever the script leaves.
  void set_handler(Handler handler) {
    const std::scoped_lock lock{mutex_};
    handler_ = std::move(handler);
  }

  /// All requests so far, in the order they came.
  [[nodiscard]] std::vector<HttpRequest> requests() const {
    const std::scoped_lock lock{mutex_};
    return requests_;
  }
  [[nodiscard]] std::size_t request_count() const {
    const std::scoped_lock lock{mutex_};
    return requests_.size();
  }

  /// \throws ConnectionError of code `Network`, kind non_recoverable, when nothing is left to answer with
  [[nodiscard]] HttpResponse send(const HttpRequest& request, const std::stop_token& stop) override {
    Handler answer;
    {
      const std::scoped_lock lock{mutex_};
      requests_.push_back(request);
      if (!script_.empty()) {
        answer = std::move(script_.front());
        script_.pop_front();
      } else {
        answer = handler_;
      }
    }
    if (!answer) {
      throw ConnectionError{{.message = "The fake transport has no answer left", .code = "Network"}};
    }
    auto response = answer(request, stop);
    constexpr int kFirstSuccess = 200;
    constexpr int kFirstRedirect = 300;
    if (request.body_sink && response.status >= kFirstSuccess && response.status < kFirstRedirect) {
      request.body_sink->begin();
      request.body_sink->write(response.body);
      response.body.clear();
    }
    return response;
  }

 private:
  mutable std::mutex mutex_;
  std::deque<Handler> script_;
  Handler handler_;
  std::vector<HttpRequest> requests_;
};

}  // namespace aws_refresh_session::testing
