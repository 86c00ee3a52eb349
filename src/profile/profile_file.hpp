#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

namespace aws_refresh_session::profile {

/// What the system says about a file. Two that are equal are of the same content, unless it changed within one tick of
/// the file system's clock.
struct FileIdentity {
  /// False, with all else zero, for a file that is not there, or is /dev/null.
  bool exists = false;
  ::dev_t device = 0;
  ::ino_t inode = 0;
  ::mode_t mode = 0;
  std::int64_t size = 0;
  /// Nanoseconds since 1970.
  std::int64_t modified = 0;
  std::int64_t changed = 0;

  friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};

/// A file's content and what it was when read. The caller wipes the text.
struct ProfileFile {
  std::string text;
  FileIdentity identity;
};

/// \param path empty for a file that is not there
/// \throws ConfigurationError of code `ConfigFileUnreadable` or `ConfigFileTooLarge`
[[nodiscard]] FileIdentity identify_profile_file(const std::string& path);

/// Reads it whole, again if it changes meanwhile; never blocks on a pipe.
/// \throws as identify_profile_file
[[nodiscard]] ProfileFile read_profile_file(const std::string& path);

}  // namespace aws_refresh_session::profile
