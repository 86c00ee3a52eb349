#pragma once

/// \file
/// Where a client's settings come from, for people who ask why.

#include <aws_refresh_session/provider_seams.hpp>
#include <aws_refresh_session/sts.hpp>

#include <stop_token>
#include <string>

namespace aws_refresh_session {

/// A setting and where it was found: `option region`, `AWS_REGION`, `/home/a/.aws/config:3`, `instance metadata`,
/// `region` (an endpoint made by the region's rules), `default`.
struct ExplainedSetting {
  std::string value{};
  std::string origin{};
};

/// What an STS client would use now. Holds no secret.
struct ClientExplanation {
  ExplainedSetting profile{};
  /// Whether the files have the profile.
  bool profile_exists = false;
  std::string config_file{};
  std::string credentials_file{};
  ExplainedSetting region{};
  ExplainedSetting endpoint{};
  /// Empty: the system's.
  std::string ca_bundle{};
  int max_attempts = 0;
};

/// Resolves what StsClientOptions leaves open, as a client does. Reads the files; asks instance metadata for the region
/// when nothing else names one.
/// \throws ValidationError, ConfigurationError as a client would
[[nodiscard]] ClientExplanation explain_sts_client(const StsClientOptions& options, const ProviderSeams& seams = {},
                                                   const std::stop_token& stop = {});

}  // namespace aws_refresh_session
