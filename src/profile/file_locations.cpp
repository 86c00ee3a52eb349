#include "profile/file_locations.hpp"

namespace aws_refresh_session::profile {

std::string home_directory(const Environment& environment) {
  return environment.get("HOME").value_or("");
}

std::string expand_home(std::string_view path, const Environment& environment) {
  if (path == "~" || path.starts_with("~/")) {
    return home_directory(environment).append(path.substr(1));
  }
  return std::string{path};
}

FileLocations locate_files(const Environment& environment) {
  const auto home = home_directory(environment);
  const auto locate = [&](std::string_view variable, std::string_view name) {
    if (const auto value = environment.get(variable)) {
      return expand_home(*value, environment);
    }
    return home.empty() ? std::string{} : home + "/.aws/" + std::string{name};
  };
  return {.config = locate("AWS_CONFIG_FILE", "config"),
          .credentials = locate("AWS_SHARED_CREDENTIALS_FILE", "credentials")};
}

}  // namespace aws_refresh_session::profile
