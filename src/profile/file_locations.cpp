#include "profile/file_locations.hpp"

#include <pwd.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <vector>

namespace aws_refresh_session::profile {
namespace {

/// What the user database says, for programs that were started without HOME, as by cron or systemd.
std::string home_of_user() {
  constexpr std::size_t kMost = std::size_t{1} << 20U;
  for (std::size_t size = 1024; size <= kMost; size *= 2) {
    std::vector<char> buffer(size);
    ::passwd entry{};
    ::passwd* found = nullptr;
    const int error = ::getpwuid_r(::geteuid(), &entry, buffer.data(), buffer.size(), &found);
    if (error != ERANGE && error != EINTR) {
      return error == 0 && found != nullptr && entry.pw_dir != nullptr ? entry.pw_dir : "";
    }
  }
  return {};
}

}  // namespace

std::string home_directory(const Environment& environment) {
  const auto home = environment.get("HOME");
  return home ? *home : home_of_user();
}

std::string expand_home(std::string_view path, const Environment& environment) {
  if (path == "~" || path.starts_with("~/")) {
    // Without a home the path stays, rather than become one at the root.
    if (auto home = home_directory(environment); !home.empty()) {
      return home.append(path.substr(1));
    }
  }
  return std::string{path};
}

FileLocations locate_files(const Environment& environment) {
  const auto locate = [&](std::string_view variable, std::string_view name) {
    if (const auto value = environment.get(variable)) {
      return expand_home(*value, environment);
    }
    const auto home = home_directory(environment);
    return home.empty() ? std::string{} : home + "/.aws/" + std::string{name};
  };
  return {.config = locate("AWS_CONFIG_FILE", "config"),
          .credentials = locate("AWS_SHARED_CREDENTIALS_FILE", "credentials")};
}

}  // namespace aws_refresh_session::profile
