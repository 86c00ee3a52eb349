/// \file
/// The STS client against a service that answers anything. An input is one or more answers, divided by a line `====`:
/// a status, header lines, an empty line, the body. The last one answers all further attempts.

#include "aws/sts_client.hpp"
#include "fuzzing.hpp"

#include <aws_refresh_session/exceptions.hpp>
#include <aws_refresh_session/testing/fake_clock.hpp>
#include <aws_refresh_session/testing/fake_http_transport.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace ars = aws_refresh_session;
using ars::fuzz::require;

namespace {

std::string_view take_line(std::string_view& rest) {
  const auto end = rest.find('\n');
  auto line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
}

ars::HttpResponse parse_answer(std::string_view text) {
  ars::HttpResponse response;
  const auto status = take_line(text);
  std::from_chars(status.data(), status.data() + status.size(), response.status);
  for (auto line = take_line(text); !line.empty(); line = take_line(text)) {
    const auto colon = std::min(line.find(": "), line.size());
    response.headers.emplace_back(line.substr(0, colon), line.substr(std::min(colon + 2, line.size())));
  }
  response.body = text;
  return response;
}

std::vector<ars::HttpResponse> parse_answers(std::string_view text) {
  constexpr std::string_view kDivider = "\n====\n";
  std::vector<ars::HttpResponse> answers;
  while (true) {
    const auto end = text.find(kDivider);
    answers.push_back(parse_answer(text.substr(0, end)));
    if (end == std::string_view::npos) {
      return answers;
    }
    text.remove_prefix(end + kDivider.size());
  }
}

ars::ProviderSeams make_seams(const std::vector<ars::HttpResponse>& answers) {
  ars::ProviderSeams seams;
  seams.clock = std::make_shared<ars::testing::FakeClock>();
  seams.environment = std::make_shared<ars::FixedEnvironment>(std::map<std::string, std::string, std::less<>>{});
  seams.skew = std::make_shared<ars::ClockSkew>();
  seams.transport = std::make_shared<ars::testing::FakeHttpTransport>(
      [&answers, next = std::size_t{0}](const ars::HttpRequest&, const std::stop_token&) mutable {
        return answers[std::min(next++, answers.size() - 1)];
      });
  return seams;
}

constexpr std::string_view kSecretKey = "SECRETCANARY-key";
constexpr std::string_view kToken = "SECRETCANARY-token";

/// No text of an error may hold what was sent in secret, even if the service repeats it.
void require_clean(const ars::Error& error, std::string_view code = {}) {
  const std::string_view text = error.what();
  for (const auto secret : {kSecretKey, kToken, code}) {
    require(secret.empty() || text.find(secret) == std::string_view::npos);
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto quiet = [] {
    ars::set_warning_handler([](const ars::Warning&) {});
    return true;
  }();
  static_cast<void>(quiet);
  const auto answers = parse_answers(ars::fuzz::as_text(data, size));
  const ars::Credentials base{"AKIAFUZZ", kSecretKey, kToken};
  const auto seams = make_seams(answers);
  ars::aws::ResolvedStsOptions options;
  options.endpoint = {.url = "https://sts.us-east-1.amazonaws.com/", .signing_region = "us-east-1"};
  options.connect_timeout = options.attempt_timeout = std::chrono::seconds{1};
  options.max_attempts = 3;
  ars::aws::StsClient client{
      options,
      seams,
      {.wait = [](std::chrono::milliseconds, const std::stop_token&) { return true; }, .random = [] { return 0.5; }}};
  ars::AssumeRoleOptions role;
  role.role_arn = "arn:aws:iam::123456789012:role/fuzz";
  for (const std::string_view code : {"", "918273"}) {
    try {
      bool code_was_sent = false;
      const auto credentials = client.assume_role(role, ars::SecretString{code}, base, {}, code_was_sent);
      require(!credentials.empty() && !credentials.expired(client.service_now()));
    } catch (const ars::Error& error) {
      require_clean(error, code);
    }
  }
  try {
    static_cast<void>(client.get_caller_identity(base, {}));
  } catch (const ars::Error& error) {
    require_clean(error);
  }
  return 0;
}
