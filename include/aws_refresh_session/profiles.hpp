#pragma once

/// \file
/// What the shared AWS config and credentials files hold, for people who look for a mistake.
/// https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html

#include <aws_refresh_session/exceptions.hpp>
#include <aws_refresh_session/provider_seams.hpp>

#include <memory>
#include <string>
#include <vector>

namespace aws_refresh_session {

/// A key of a profile and where it stands (`/home/a/.aws/config:3`). Not its value, which may be a secret.
struct ProfileKey {
  /// In lower case.
  std::string name{};
  std::string place{};
};

struct ProfileSummary {
  std::string name{};
  std::string place{};
  std::vector<ProfileKey> keys{};
  /// Where its credentials come from: `role arn:... of profile a, from profile b (static keys)`. Empty if it says
  /// nothing of credentials, or there is a problem.
  std::string source{};
  /// Why it cannot be used: a chain of source profiles that never ends or leads nowhere, keys that contradict each
  /// other. Null if it can.
  std::shared_ptr<const Error> problem{};
};

struct SharedFilesSummary {
  /// Empty: there is none, nor a home directory.
  std::string config_file{};
  std::string credentials_file{};
  /// In the order of the files, config first, each once.
  std::vector<ProfileSummary> profiles{};
};

/// Reads the two files and looks at each profile, asking nobody. Warns as every reader of the files does, about lines
/// that are ignored and about a credentials file that others can read.
/// \throws ConfigurationError for a file that cannot be read or understood, naming file and line
[[nodiscard]] SharedFilesSummary summarize_shared_files(const ProviderSeams& seams = {});

}  // namespace aws_refresh_session
