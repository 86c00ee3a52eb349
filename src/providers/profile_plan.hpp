#pragma once

#include "profile/settings.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace aws_refresh_session::providers {

/// One role that a profile assumes.
struct RoleStep {
  std::string profile;
  std::string role_arn;
  /// Empty: the default.
  std::string role_session_name;
  std::string external_id;
  std::string mfa_serial;
  std::optional<std::chrono::seconds> duration;
  /// Where its `role_arn` stands.
  std::string place;
};

/// Where the credentials at the bottom of a profile come from.
enum class ProfileOrigin { static_keys, web_identity, sso, login, process, environment, container, imds };

/// What a profile says, without asking anybody.
struct ProfilePlan {
  /// The wanted role first; each is assumed with the credentials of the next, the last with those of the origin.
  std::vector<RoleStep> roles;
  ProfileOrigin origin = ProfileOrigin::static_keys;
  /// The profile the origin belongs to; lives as long as the settings' files.
  const profile::Section* section = nullptr;
};

/// Reads the settings' profile.
/// \throws CredentialError of code `ProfileNotFound` when it does not exist (kind not_configured unless somebody named
///   it), and of code `NoCredentials` and kind not_configured when it describes no credentials; ConfigurationError of
///   code `InvalidProfile` or `ProfileLoop`, naming file and line, when it contradicts itself
[[nodiscard]] ProfilePlan plan_profile(const profile::Settings& settings);

/// The same in words: `role arn:... of profile a, from profile b (static keys)`.
[[nodiscard]] std::string describe(const ProfilePlan& plan);

}  // namespace aws_refresh_session::providers
