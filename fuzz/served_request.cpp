#include "core/json.hpp"
#include "fuzzing.hpp"
#include "server/request_handler.hpp"
#include "server/served_json.hpp"

#include <aws_refresh_session/testing/fake_clock.hpp>
#include <aws_refresh_session/testing/fake_scheduler.hpp>

#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace ars = aws_refresh_session;
using ars::fuzz::require;
using ars::server::HeaderValue;
using ars::server::Method;

namespace {

constexpr std::string_view kToken = "0123456789abcdef";
constexpr std::string_view kSecret = "the-secret-key";

class Source final : public ars::CredentialsProvider {
 public:
  explicit Source(const ars::Clock& clock) : end_(clock.now() + std::chrono::hours{1}) {}
  ars::Credentials resolve(const ars::ResolveContext& /*context*/) override { return {"ASIA", kSecret, "token", end_}; }
  [[nodiscard]] std::string_view name() const noexcept override { return "fuzz"; }

 private:
  ars::WallTime end_;
};

struct Served {
  Served() {
    auto provider = std::make_shared<ars::RefreshingCredentialsProvider>(
        std::make_shared<Source>(*clock), ars::RefreshOptions{},
        ars::EngineSeams{.clock = clock,
                         .scheduler = std::make_shared<ars::testing::FakeScheduler>(
                             clock, ars::testing::FakeScheduler::Mode::immediate)});
    static_cast<void>(provider->credentials());
    std::vector<ars::ServedRole> roles{{"r", provider, "/r", ""}};
    handler = std::make_unique<ars::server::RequestHandler>(
        std::move(roles),
        ars::server::RequestHandler::Settings{ars::SecretString{kToken}, ars::server::HostCheck{{"127.0.0.1"}}, true,
                                              true, std::chrono::milliseconds{900}, clock});
  }

  std::shared_ptr<ars::testing::FakeClock> clock = std::make_shared<ars::testing::FakeClock>();
  std::unique_ptr<ars::server::RequestHandler> handler;
};

/// Up to the next line end, which is taken off.
HeaderValue next_line(std::string_view& text) {
  const auto end = std::min(text.find('\n'), text.size());
  const HeaderValue line{end == 0 ? 0U : 1U, text.substr(0, end)};
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

}  // namespace

/// First a digit for the method, then a line each: target, Host, Authorization, Origin, X-Forwarded-For, the metadata
/// session's token and its life.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Served served;
  auto text = ars::fuzz::as_text(data, size);

  ars::server::WipedText json;
  ars::server::append_json_string(json, text);
  require(ars::core::parse_json("[" + std::string{json.begin(), json.end()} + "]").has_value() || size > 100'000);

  if (text.empty()) {
    return 0;
  }
  constexpr std::array kMethods{Method::get, Method::head, Method::put, Method::other};
  ars::server::Request request;
  request.method = kMethods.at(static_cast<unsigned char>(text.front()) % kMethods.size());
  text.remove_prefix(1);
  request.target = next_line(text).value;
  request.host = next_line(text);
  request.authorization = next_line(text);
  request.origin = next_line(text);
  request.forwarded_for = next_line(text);
  request.metadata_token = next_line(text);
  request.metadata_token_life = next_line(text);
  request.has_body = !text.empty();

  const auto answer = served.handler->answer(request, served.clock->steady_now());
  require(answer.has_value());
  const std::string body{answer->body.begin(), answer->body.end()};
  if (answer->content_type == "application/json") {
    require(ars::core::is_json_object(body));
  }
  if (body.find(kSecret) != std::string::npos) {
    require(answer->status == 200 && request.authorization.value == kToken && request.target == "/r");
    require(request.host.value.substr(0, 9) == "127.0.0.1" && request.forwarded_for.count == 0);
  }
  return 0;
}
