#include "providers/profile_plan.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <utility>

namespace aws_refresh_session::providers {
namespace {

using profile::FileKind;
using profile::Section;
using profile::Settings;

constexpr std::string_view kAccessKeyId = "aws_access_key_id";

std::string named(std::string_view profile) {
  return std::string{"Profile '"}.append(profile).append("'");
}

[[noreturn]] void refuse(std::string message, std::string_view param, std::string_view value = {},
                         std::string_view code = "InvalidProfile") {
  throw ConfigurationError{{.message = std::move(message),
                            .code = std::string{code},
                            .param = std::string{param},
                            .value = std::string{value}}};
}

std::string text_of(const Section& section, std::string_view key) {
  return std::string{section.get(key).value_or(std::string_view{})};
}

bool has(const Section& section, std::string_view key) {
  return section.get(key).has_value();
}

bool assumes_role(const Section& section) {
  return has(section, "role_arn") && !has(section, "web_identity_token_file");
}

bool has_static_keys(const Section& section) {
  return has(section, kAccessKeyId) || has(section, "aws_secret_access_key");
}

bool has_static_keys_in(const Section& section, FileKind file) {
  const auto in_file = [&](std::string_view key) { return has(section, key) && section.find(key)->file == file; };
  return in_file(kAccessKeyId) || in_file("aws_secret_access_key");
}

/// What the profile has besides a role, in the order of the default chain.
std::optional<ProfileOrigin> origin_of(const Section& section) {
  if (has(section, "web_identity_token_file")) {
    return ProfileOrigin::web_identity;
  }
  if (has(section, "sso_account_id") || has(section, "sso_role_name")) {
    return ProfileOrigin::sso;
  }
  if (has_static_keys_in(section, FileKind::credentials)) {
    return ProfileOrigin::static_keys;
  }
  if (has(section, "login_session")) {
    return ProfileOrigin::login;
  }
  if (has(section, "credential_process")) {
    return ProfileOrigin::process;
  }
  if (has_static_keys_in(section, FileKind::config)) {
    return ProfileOrigin::static_keys;
  }
  return std::nullopt;
}

ProfileOrigin parse_credential_source(const Settings& settings, const Section& section) {
  constexpr std::array<std::pair<std::string_view, ProfileOrigin>, 3> kSources{
      {{"Environment", ProfileOrigin::environment},
       {"EcsContainer", ProfileOrigin::container},
       {"Ec2InstanceMetadata", ProfileOrigin::imds}}};
  const auto value = *section.get("credential_source");
  const auto found =
      std::find_if(kSources.begin(), kSources.end(), [&](const auto& source) { return source.first == value; });
  if (found == kSources.end()) {
    refuse(named(section.name()) +
               " names a credential_source that does not exist: use Environment, EcsContainer or "
               "Ec2InstanceMetadata at " +
               settings.files().place(*section.find("credential_source")),
           "credential_source", value);
  }
  return found->second;
}

std::optional<std::chrono::seconds> parse_duration(const Settings& settings, const Section& section) {
  const auto text = section.get("duration_seconds");
  if (!text) {
    return std::nullopt;
  }
  int seconds = 0;
  const auto* const end = text->data() + text->size();
  if (const auto [stop, fault] = std::from_chars(text->data(), end, seconds);
      fault != std::errc{} || stop != end || seconds < 1) {
    refuse(named(section.name()) + " has a duration_seconds that is no whole number of seconds: correct " +
               settings.files().place(*section.find("duration_seconds")),
           "duration_seconds", *text);
  }
  return std::chrono::seconds{seconds};
}

RoleStep make_role(const Settings& settings, const Section& section) {
  return {.profile = std::string{section.name()},
          .role_arn = text_of(section, "role_arn"),
          .role_session_name = text_of(section, "role_session_name"),
          .external_id = text_of(section, "external_id"),
          .mfa_serial = text_of(section, "mfa_serial"),
          .duration = parse_duration(settings, section),
          .place = settings.files().place(*section.find("role_arn"))};
}

const Section& source_profile(const Settings& settings, const Section& section) {
  const auto name = *section.get("source_profile");
  const auto* source = settings.files().profile(name);
  if (source == nullptr) {
    refuse(named(section.name()) + " names a source_profile that does not exist: add the profile, or correct " +
               settings.files().place(*section.find("source_profile")),
           "source_profile", name);
  }
  return *source;
}

[[noreturn]] void refuse_loop(const std::vector<std::string_view>& visited, std::string_view again) {
  std::string path;
  for (const auto name : visited) {
    path.append(name).append(" -> ");
  }
  refuse("The source_profile chain never ends: " + path.append(again) + ". Let one of them have keys of its own",
         "source_profile", again, "ProfileLoop");
}

[[noreturn]] void throw_not_found(const Settings& settings) {
  const bool was_named = settings.profile_name() != "default" || !settings.profile_origin().empty();
  ErrorFields fields;
  fields.message = named(settings.profile_name()) + " does not exist in " + settings.files().locations().config +
                   " or " + settings.files().locations().credentials;
  if (!settings.profile_origin().empty()) {
    fields.message += " (" + settings.profile_origin() + " chose it)";
  }
  fields.code = "ProfileNotFound";
  fields.param = "profile";
  fields.value = settings.profile_name();
  // To go on with another source would hide a misspelt name.
  fields.kind = was_named ? ErrorKind::non_recoverable : ErrorKind::not_configured;
  throw CredentialError{std::move(fields)};
}

}  // namespace

ProfilePlan plan_profile(const Settings& settings) {
  const auto* section = settings.profile();
  if (section == nullptr) {
    throw_not_found(settings);
  }
  ProfilePlan plan;
  std::vector<std::string_view> visited;
  while (true) {
    const bool is_source = !visited.empty();
    const bool is_own_source = is_source && visited.back() == section->name();
    // A source's own keys end the chain; they are what its role would be assumed with.
    const bool ends_here = is_source && has_static_keys(*section);
    if (!assumes_role(*section) || ends_here) {
      break;
    }
    if (is_own_source || std::find(visited.begin(), visited.end(), section->name()) != visited.end()) {
      refuse_loop(visited, section->name());
    }
    visited.push_back(section->name());
    plan.roles.push_back(make_role(settings, *section));
    const bool has_profile = has(*section, "source_profile");
    if (has_profile == has(*section, "credential_source")) {
      refuse(named(section->name()) +
                 (has_profile ? " has both source_profile and credential_source: keep one of them, at "
                              : " has a role_arn but neither source_profile nor credential_source: add one, at ") +
                 plan.roles.back().place,
             "source_profile");
    }
    if (!has_profile) {
      plan.origin = parse_credential_source(settings, *section);
      plan.section = section;
      return plan;
    }
    section = &source_profile(settings, *section);
  }
  const auto origin = origin_of(*section);
  if (!origin) {
    if (!plan.roles.empty()) {
      refuse(named(section->name()) + ", a source_profile, describes no credentials: add some at " +
                 settings.files().place(*section),
             "source_profile", section->name());
    }
    throw CredentialError{
        {.message = named(section->name()) + " describes no credentials (" + settings.files().place(*section) + ")",
         .code = "NoCredentials",
         .param = "profile",
         .value = std::string{section->name()},
         .kind = ErrorKind::not_configured}};
  }
  plan.origin = *origin;
  plan.section = section;
  return plan;
}

std::string describe(const ProfilePlan& plan) {
  std::string text;
  for (const auto& role : plan.roles) {
    text.append("role ").append(role.role_arn).append(" of profile ").append(role.profile).append(", from ");
  }
  switch (plan.origin) {
    case ProfileOrigin::environment:
      return text + "the environment";
    case ProfileOrigin::container:
      return text + "the container endpoint";
    case ProfileOrigin::imds:
      return text + "instance metadata";
    default:
      break;
  }
  text.append("profile ").append(plan.section->name());
  switch (plan.origin) {
    case ProfileOrigin::web_identity:
      return text + " (web identity)";
    case ProfileOrigin::sso:
      return text + " (SSO)";
    case ProfileOrigin::login:
      return text + " (aws login)";
    case ProfileOrigin::process:
      return text + " (credential_process)";
    default:
      return text + " (static keys)";
  }
}

}  // namespace aws_refresh_session::providers
