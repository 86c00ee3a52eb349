#pragma once

#include "profile/shared_config.hpp"

#include <aws_refresh_session/environment.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace aws_refresh_session::profile {

/// A setting and where it was found, for errors and explanations.
struct Setting {
  std::string value;
  /// `AWS_REGION`, or `/home/a/.aws/config:12`.
  std::string origin;
};

/// What the environment and the chosen profile say, at one moment. The environment wins.
class Settings {
 public:
  /// \param profile the profile chosen in code; empty: AWS_PROFILE, then AWS_DEFAULT_PROFILE, then `default`
  /// \throws as load_shared_config
  [[nodiscard]] static Settings load(std::shared_ptr<const Environment> environment, std::string_view profile);

  /// The variable, else the profile's lower-case key. Either name may be empty. Blank values do not count.
  [[nodiscard]] std::optional<Setting> get(std::string_view variable, std::string_view key) const;
  /// The same for `true` and `false` in any letter case.
  /// \throws ConfigurationError of code `InvalidSetting` for anything else, naming where it stands
  [[nodiscard]] std::optional<bool> flag(std::string_view variable, std::string_view key) const;

  /// The endpoint configured for a service, by the rule of
  /// https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html: AWS_ENDPOINT_URL_<SERVICE>,
  /// AWS_ENDPOINT_URL, the profile's `services` section, its `endpoint_url`; none when
  /// AWS_IGNORE_CONFIGURED_ENDPOINT_URLS or ignore_configured_endpoint_urls is true.
  /// \param service_id with `_` for blanks, in lower case: `sts`, `sso`, `sso_oidc`, `signin`
  /// \throws ConfigurationError for a `services` section that does not exist
  [[nodiscard]] std::optional<Setting> endpoint_url(std::string_view service_id) const;

  [[nodiscard]] const Environment& environment() const noexcept { return *environment_; }
  [[nodiscard]] const SharedConfig& files() const noexcept { return *files_; }
  /// Never null. Hold it to keep the sections alive.
  [[nodiscard]] const std::shared_ptr<const SharedConfig>& shared_files() const noexcept { return files_; }
  [[nodiscard]] const std::string& profile_name() const noexcept { return profile_name_; }
  /// Where the name comes from: `AWS_PROFILE`, or empty for code and for `default`.
  [[nodiscard]] const std::string& profile_origin() const noexcept { return profile_origin_; }
  /// Null if the files do not have it.
  [[nodiscard]] const Section* profile() const noexcept { return profile_; }

 private:
  std::shared_ptr<const Environment> environment_;
  std::shared_ptr<const SharedConfig> files_;
  std::string profile_name_;
  std::string profile_origin_;
  const Section* profile_ = nullptr;
};

}  // namespace aws_refresh_session::profile
