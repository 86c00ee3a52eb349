#include "providers/imds_settings.hpp"

#include "core/url.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <string_view>
#include <utility>

namespace aws_refresh_session::providers {
namespace {

constexpr std::string_view kIpv4 = "http://169.254.169.254";
constexpr std::string_view kIpv6 = "http://[fd00:ec2::254]";

[[noreturn]] void refuse(const profile::Setting& setting, std::string message, std::string code, bool shown = true) {
  throw ConfigurationError{{.message = std::move(message) + ": correct " + setting.origin,
                            .code = std::move(code),
                            .param = setting.origin,
                            .value = shown ? setting.value : std::string{}}};
}

/// The whole text as a number.
template <typename Number>
std::optional<Number> parse_number(std::string_view text) noexcept {
  Number value{};
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  return fault == std::errc{} && end == text.data() + text.size() ? std::optional{value} : std::nullopt;
}

/// Option, variable, key.
std::optional<profile::Setting> find(const std::string& option, std::string_view name,
                                     const profile::Settings& settings, std::string_view variable,
                                     std::string_view key) {
  if (!option.empty()) {
    return profile::Setting{option, "option " + std::string{name}};
  }
  return settings.get(variable, key);
}

std::string resolve_endpoint(const ImdsOptions& options, const profile::Settings& settings) {
  if (auto endpoint = find(options.endpoint, "endpoint", settings, "AWS_EC2_METADATA_SERVICE_ENDPOINT",
                           "ec2_metadata_service_endpoint")) {
    const auto url = core::parse_url(endpoint->value);
    if (!url || !url->user_info.empty() || endpoint->value.find_first_of("?#@") != std::string::npos) {
      // Without the value: it may hold a password.
      refuse(*endpoint,
             "The address of the instance metadata service must be an absolute http:// or https:// URL without user "
             "name, query and fragment",
             "InvalidEndpoint", false);
    }
    auto text = std::move(endpoint->value);
    text.erase(text.find_last_not_of('/') + 1);
    return text;
  }
  const auto mode = find(options.endpoint_mode, "endpoint_mode", settings, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
                         "ec2_metadata_service_endpoint_mode");
  if (!mode) {
    return std::string{kIpv4};
  }
  auto lower = mode->value;
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  if (lower != "ipv4" && lower != "ipv6") {
    refuse(*mode, "The endpoint mode of the instance metadata service is IPv4 or IPv6", "InvalidSetting");
  }
  return std::string{lower == "ipv4" ? kIpv4 : kIpv6};
}

std::chrono::milliseconds resolve_timeout(const ImdsOptions& options, const profile::Settings& settings) {
  constexpr std::chrono::milliseconds kDefault{1'000};
  constexpr std::chrono::milliseconds kLongest{60'000};
  if (options.timeout) {
    if (*options.timeout <= std::chrono::milliseconds::zero()) {
      refuse({std::to_string(options.timeout->count()) + " ms", "option timeout"},
             "A time limit must be longer than zero", "InvalidSetting");
    }
    return *options.timeout;
  }
  const auto setting = settings.get("AWS_METADATA_SERVICE_TIMEOUT", "metadata_service_timeout");
  if (!setting) {
    return kDefault;
  }
  const auto seconds = parse_number<double>(setting->value);
  constexpr double kShortestSeconds = 0.001;
  // False for what is no number, too.
  if (!seconds || !(*seconds >= kShortestSeconds)) {
    refuse(*setting, "The time limit of the instance metadata service is a number of seconds above 0",
           "InvalidSetting");
  }
  const std::chrono::duration<double> limit{std::min(*seconds, std::chrono::duration<double>{kLongest}.count())};
  return std::chrono::duration_cast<std::chrono::milliseconds>(limit);
}

int resolve_attempts(const ImdsOptions& options, const profile::Settings& settings) {
  constexpr int kMostAttempts = 10;
  auto setting = options.max_attempts
                     ? profile::Setting{std::to_string(*options.max_attempts), "option max_attempts"}
                     : settings.get("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "metadata_service_num_attempts");
  if (!setting) {
    return 1;
  }
  const auto attempts = parse_number<int>(setting->value);
  if (!attempts || *attempts < 1) {
    refuse(*setting, "The number of attempts must be a whole number from 1", "InvalidSetting");
  }
  return std::min(*attempts, kMostAttempts);
}

}  // namespace

ImdsSettings resolve_imds(const ImdsOptions& options, const profile::Settings& settings) {
  ImdsSettings imds;
  imds.disabled = settings.flag("AWS_EC2_METADATA_DISABLED", {}).value_or(false);
  if (imds.disabled) {
    return imds;
  }
  imds.endpoint = resolve_endpoint(options, settings);
  imds.v1_disabled = options.v1_disabled
                         ? *options.v1_disabled
                         : settings.flag("AWS_EC2_METADATA_V1_DISABLED", "ec2_metadata_v1_disabled").value_or(false);
  imds.timeout = resolve_timeout(options, settings);
  imds.max_attempts = resolve_attempts(options, settings);
  return imds;
}

}  // namespace aws_refresh_session::providers
