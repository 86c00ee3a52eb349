#pragma once

#include <aws_refresh_session/environment.hpp>

#include <string>
#include <string_view>

namespace aws_refresh_session::profile {

/// Where the two shared files are. An empty path means there is none: no variable names it and there is no home.
struct FileLocations {
  std::string config;
  std::string credentials;

  friend bool operator==(const FileLocations&, const FileLocations&) = default;
};

/// AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE, else `.aws/config` and `.aws/credentials` in the home directory.
[[nodiscard]] FileLocations locate_files(const Environment& environment);

/// The home directory: HOME, else the user database's. Empty if neither knows one.
[[nodiscard]] std::string home_directory(const Environment& environment);

/// `~` or `~/rest` at the beginning becomes the home directory; anything else stays.
[[nodiscard]] std::string expand_home(std::string_view path, const Environment& environment);

}  // namespace aws_refresh_session::profile
