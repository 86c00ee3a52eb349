#pragma once

#include <aws_refresh_session/environment.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace aws_refresh_session::support {

/// A home directory of its own with an `.aws` in it, removed at the end.
class AwsHome {
 public:
  AwsHome() {
    std::string pattern = (std::filesystem::temp_directory_path() / "aws-home-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
    std::filesystem::create_directory(path_ / ".aws");
  }
  ~AwsHome() { std::filesystem::remove_all(path_); }
  AwsHome(const AwsHome&) = delete;
  AwsHome& operator=(const AwsHome&) = delete;

  [[nodiscard]] std::string path(std::string_view name = {}) const { return (path_ / name).string(); }

  /// Replaced by a new file, so that a change is seen however short the time between two.
  void write(std::string_view name, std::string_view text, ::mode_t mode = 0600) const {
    const auto file = path_ / name;
    std::filesystem::create_directories(file.parent_path());
    const auto fresh = file.string() + ".new";
    std::ofstream{fresh} << text;
    ::chmod(fresh.c_str(), mode);
    std::filesystem::rename(fresh, file);
  }
  void config(std::string_view text) const { write(".aws/config", text); }
  void credentials(std::string_view text) const { write(".aws/credentials", text); }

  /// HOME, no instance metadata, and what is given.
  [[nodiscard]] std::shared_ptr<const Environment> environment(
      std::map<std::string, std::string, std::less<>> variables = {}) const {
    variables.emplace("HOME", path_.string());
    variables.emplace("AWS_EC2_METADATA_DISABLED", "true");
    return std::make_shared<FixedEnvironment>(std::move(variables));
  }

 private:
  std::filesystem::path path_;
};

}  // namespace aws_refresh_session::support
