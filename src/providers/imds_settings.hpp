#pragma once

#include "profile/settings.hpp"

#include <aws_refresh_session/providers/imds.hpp>

#include <chrono>
#include <string>

namespace aws_refresh_session::providers {

/// ImdsOptions with environment, profile and defaults filled in.
struct ImdsSettings {
  bool disabled = false;
  /// Without a slash at its end.
  std::string endpoint;
  bool v1_disabled = false;
  std::chrono::milliseconds timeout{1'000};
  int max_attempts = 1;

  friend bool operator==(const ImdsSettings&, const ImdsSettings&) = default;
};

/// \throws ConfigurationError of code `InvalidEndpoint` or `InvalidSetting`, naming where it stands
[[nodiscard]] ImdsSettings resolve_imds(const ImdsOptions& options, const profile::Settings& settings);

}  // namespace aws_refresh_session::providers
