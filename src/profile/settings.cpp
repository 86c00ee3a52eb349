#include "profile/settings.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace aws_refresh_session::profile {
namespace {

bool equals_ignoring_case(std::string_view left, std::string_view lower) noexcept {
  return std::equal(left.begin(), left.end(), lower.begin(), lower.end(),
                    [](char a, char b) { return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b; });
}

std::string_view trimmed(std::string_view text) noexcept {
  constexpr std::string_view kBlanks = " \t\r\n";
  const auto first = text.find_first_not_of(kBlanks);
  return first == std::string_view::npos ? std::string_view{}
                                         : text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

/// `sso_oidc` -> `AWS_ENDPOINT_URL_SSO_OIDC`
std::string endpoint_variable(std::string_view service_id) {
  std::string name = "AWS_ENDPOINT_URL_";
  for (const char c : service_id) {
    name += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return name;
}

}  // namespace

Settings Settings::load(std::shared_ptr<const Environment> environment, std::string_view profile) {
  Settings settings;
  settings.environment_ = std::move(environment);
  settings.profile_name_ = profile;
  for (const auto* variable : {"AWS_PROFILE", "AWS_DEFAULT_PROFILE"}) {
    if (!settings.profile_name_.empty()) {
      break;
    }
    if (const auto value = settings.environment_->get(variable)) {
      settings.profile_name_ = trimmed(*value);
      settings.profile_origin_ = variable;
    }
  }
  if (settings.profile_name_.empty()) {
    settings.profile_name_ = "default";
  }
  settings.files_ = load_shared_config(locate_files(*settings.environment_));
  settings.profile_ = settings.files_->profile(settings.profile_name_);
  return settings;
}

std::optional<Setting> Settings::get(std::string_view variable, std::string_view key) const {
  if (!variable.empty()) {
    if (const auto value = environment_->get(variable)) {
      return Setting{std::string{trimmed(*value)}, std::string{variable}};
    }
  }
  if (profile_ == nullptr || key.empty()) {
    return std::nullopt;
  }
  const auto value = profile_->get(key);
  if (!value) {
    return std::nullopt;
  }
  return Setting{std::string{*value}, files_->place(*profile_->find(key))};
}

std::optional<bool> Settings::flag(std::string_view variable, std::string_view key) const {
  const auto setting = get(variable, key);
  if (!setting) {
    return std::nullopt;
  }
  if (equals_ignoring_case(setting->value, "true")) {
    return true;
  }
  if (equals_ignoring_case(setting->value, "false")) {
    return false;
  }
  throw ConfigurationError{{.message = "A setting must be true or false: correct it at " + setting->origin,
                            .code = "InvalidSetting",
                            .param = std::string{key.empty() ? variable : key},
                            .value = setting->value}};
}

std::optional<Setting> Settings::endpoint_url(std::string_view service_id) const {
  if (flag("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls").value_or(false)) {
    return std::nullopt;
  }
  for (const auto& variable : {endpoint_variable(service_id), std::string{"AWS_ENDPOINT_URL"}}) {
    if (auto setting = get(variable, {})) {
      return setting;
    }
  }
  if (profile_ == nullptr) {
    return std::nullopt;
  }
  if (const auto* services = profile_->find("services"); services != nullptr && !trimmed(services->value).empty()) {
    const auto* section = files_->services(trimmed(services->value));
    if (section == nullptr) {
      throw ConfigurationError{{.message = "The profile names a services section that does not exist: add [services " +
                                           std::string{trimmed(services->value)} + "], or correct " +
                                           files_->place(*services),
                                .code = "ServicesSectionNotFound",
                                .param = "services",
                                .value = std::string{trimmed(services->value)}}};
    }
    if (const auto* service = section->find(service_id)) {
      const auto found = std::find_if(service->nested.begin(), service->nested.end(), [](const Property& each) {
        return each.key == "endpoint_url" && !trimmed(each.value).empty();
      });
      if (found != service->nested.end()) {
        return Setting{std::string{trimmed(found->value)}, files_->place(*found)};
      }
    }
  }
  return get({}, "endpoint_url");
}

}  // namespace aws_refresh_session::profile
