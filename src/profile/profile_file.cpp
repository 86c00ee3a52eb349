#include "profile/profile_file.hpp"

#include "core/private_file.hpp"

#include <aws_refresh_session/credentials.hpp>
#include <aws_refresh_session/exceptions.hpp>

#include <sys/stat.h>

#include <cerrno>
#include <cstddef>
#include <system_error>

namespace aws_refresh_session::profile {
namespace {

constexpr std::size_t kLimit = std::size_t{16} * 1024 * 1024;

std::int64_t nanoseconds(const ::timespec& time) noexcept {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

[[noreturn]] void unreadable(const std::string& path, const std::string& why, const std::string& what_to_do,
                             ErrorKind kind = ErrorKind::non_recoverable) {
  throw ConfigurationError{{.message = "The file " + path + " " + why + ": " + what_to_do + ".",
                            .code = "ConfigFileUnreadable",
                            .value = path,
                            .kind = kind}};
}

[[noreturn]] void unreadable(const std::string& path, int error) {
  switch (error) {
    case EACCES:
    case EPERM:
      unreadable(path, "may not be read by this user", "correct its owner or its permissions");
    case EIO:
    case ESTALE:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
      unreadable(path, "cannot be read now (" + std::generic_category().message(error) + ")", "try again",
                 ErrorKind::recoverable);
    default:
      unreadable(path, "cannot be read (" + std::generic_category().message(error) + ")",
                 "name another one, or none, by AWS_CONFIG_FILE or AWS_SHARED_CREDENTIALS_FILE");
  }
}

[[noreturn]] void too_large(const std::string& path) {
  throw ConfigurationError{{.message = "The file " + path +
                                       " is larger than 16 MiB: this is no profile file, name "
                                       "another one by AWS_CONFIG_FILE or AWS_SHARED_CREDENTIALS_FILE.",
                            .code = "ConfigFileTooLarge",
                            .value = path}};
}

/// People name /dev/null to have no profiles.
bool is_null_device(const struct ::stat& status) noexcept {
  struct ::stat null {};
  return S_ISCHR(status.st_mode) && ::stat("/dev/null", &null) == 0 && status.st_rdev == null.st_rdev;
}

FileIdentity identity_of(const std::string& path, const struct ::stat& status) {
  if (is_null_device(status)) {
    return {};
  }
  if (S_ISDIR(status.st_mode)) {
    unreadable(path, "is a directory", "name a file");
  }
  if (!S_ISREG(status.st_mode)) {
    unreadable(path, "is a pipe or a device, which cannot be read again at the next refresh",
               "write its content to a file");
  }
  if (static_cast<std::size_t>(status.st_size) > kLimit) {
    too_large(path);
  }
  return {.exists = true,
          .device = status.st_dev,
          .inode = status.st_ino,
          .mode = status.st_mode,
          .size = status.st_size,
          .modified = nanoseconds(status.st_mtim),
          .changed = nanoseconds(status.st_ctim)};
}

FileIdentity identity_of(const std::string& path, const core::FileDescriptor& file) {
  struct ::stat status {};
  if (::fstat(file.get(), &status) != 0) {
    unreadable(path, errno);
  }
  return identity_of(path, status);
}

}  // namespace

FileIdentity identify_profile_file(const std::string& path) {
  struct ::stat status {};
  if (path.empty()) {
    return {};
  }
  if (::stat(path.c_str(), &status) == 0) {
    return identity_of(path, status);
  }
  switch (errno) {
    case ENOENT:
    case ENOTDIR:
      return {};
    case EACCES:
      // Not the file but a directory above it, as in a container that runs as another user with root's HOME. An error
      // would take the sources from such a user that need no file.
      warn({.place = "profile.unreachable " + path,
            .message = "A directory above this file may not be searched by this user: it is taken for missing."});
      return {};
    default:
      unreadable(path, errno);
  }
}

ProfileFile read_profile_file(const std::string& path) {
  ProfileFile result{.text = {}, .identity = identify_profile_file(path)};
  // A file that never stands still is taken as it is: it is read again at the next call.
  constexpr int kTries = 3;
  try {
    for (int tries = 0; tries < kTries && result.identity.exists; ++tries) {
      wipe(result.text);
      const auto file = core::open_for_reading(path);
      result.identity = identity_of(path, file);
      if (!result.identity.exists) {
        break;
      }
      result.text = core::read_to_end(file, static_cast<std::size_t>(result.identity.size), kLimit);
      if (identity_of(path, file) == result.identity) {
        break;
      }
    }
  } catch (const std::system_error& error) {
    wipe(result.text);
    const auto number = error.code().value();
    if (number == ENOENT || number == ENOTDIR) {
      return {};
    }
    if (number == EFBIG) {
      too_large(path);
    }
    unreadable(path, number);
  } catch (...) {
    wipe(result.text);
    throw;
  }
  return result;
}

}  // namespace aws_refresh_session::profile
