#include "providers/imds_region.hpp"

#include "aws/endpoints.hpp"
#include "providers/imds_client.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <chrono>
#include <string_view>
#include <utility>

namespace aws_refresh_session::providers {
namespace {

std::string_view trimmed(std::string_view text) noexcept {
  constexpr std::string_view kBlanks = " \t\r\n";
  const auto first = text.find_first_not_of(kBlanks);
  return first == std::string_view::npos ? std::string_view{}
                                         : text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

/// The path's answer; nothing if there is none.
std::string ask(ImdsClient::Conversation& conversation, std::string_view path) {
  constexpr int kNotFound = 404;
  std::string answer;
  try {
    conversation.get(path, [&](HttpResponse& response) { answer = trimmed(response.body); });
  } catch (const RequestError& error) {
    if (error.status_code() != kNotFound) {
      throw;
    }
  }
  return answer;
}

std::optional<std::string> ask_region(const ImdsSettings& imds, const ProviderSeams& seams,
                                      const ResolveContext& context) {
  if (imds.disabled) {
    return std::nullopt;
  }
  ImdsClient client{seams, {}};
  ImdsClient::Conversation conversation{client, imds, context};
  auto region = ask(conversation, "/latest/meta-data/placement/region");
  if (region.empty()) {
    region = ask(conversation, "/latest/meta-data/placement/availability-zone");
    // `us-east-1a`; a local zone (`us-west-2-lax-1a`) cannot be told from its name.
    if (!region.empty() && region.back() >= 'a' && region.back() <= 'z') {
      region.pop_back();
    }
  }
  // What is more than a label could lead the signed request to another host.
  return aws::is_valid_region(region) ? std::optional{std::move(region)} : std::nullopt;
}

/// Nothing for every failure that is the service's; what the context cut short says nothing about it.
template <typename Ask>
std::optional<std::string> unless_it_fails(const Clock& clock, const ResolveContext& context, Ask ask) {
  // Time limits are whole milliseconds.
  constexpr std::chrono::milliseconds kRounding{1};
  try {
    return ask();
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::cancelled) {
      throw;
    }
    if (context.deadline - clock.steady_now() <= kRounding) {
      throw ConnectionError{{.message =
                                 "No time was left to ask instance metadata for the region: set one (AWS_REGION), "
                                 "or give more time",
                             .code = "Timeout",
                             .kind = ErrorKind::recoverable}};
    }
    return std::nullopt;
  }
}

}  // namespace

std::optional<std::string> imds_region(const profile::Settings& settings, const ProviderSeams& seams,
                                       const ResolveContext& context) {
  return unless_it_fails(*seams.clock, context, [&] { return ask_region(resolve_imds({}, settings), seams, context); });
}

std::optional<std::string> RememberedImdsRegion::get(const profile::Settings& settings, const ProviderSeams& seams,
                                                     const ResolveContext& context) {
  constexpr std::chrono::minutes kBelieved{10};
  return unless_it_fails(*seams.clock, context, [&]() -> std::optional<std::string> {
    auto imds = resolve_imds({}, settings);
    const auto now = seams.clock->steady_now();
    {
      const core::MutexLock lock{mutex_};
      if (answer_ && answer_->asked == imds && (answer_->region || now - answer_->asked_at < kBelieved)) {
        return answer_->region;
      }
    }
    auto region = unless_it_fails(*seams.clock, context, [&] { return ask_region(imds, seams, context); });
    const core::MutexLock lock{mutex_};
    answer_ = Answer{std::move(imds), region, now};
    return region;
  });
}

}  // namespace aws_refresh_session::providers
