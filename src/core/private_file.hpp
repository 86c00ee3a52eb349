#pragma once

/// \file
/// Files that hold secrets.

#include "core/file_descriptor.hpp"

#include <aws_refresh_session/clock.hpp>
#include <aws_refresh_session/credentials.hpp>

#include <chrono>
#include <cstddef>
#include <stop_token>
#include <string>
#include <string_view>

namespace aws_refresh_session::core {

/// The whole content of a regular file.
/// \throws std::system_error with what the system said, `EISDIR` for a directory, `EINVAL` for a device or a pipe,
///   `EFBIG` beyond `limit`; never blocks on a pipe
[[nodiscard]] SecretString read_private_file(const std::string& path, std::size_t limit);

/// Replaces the file by one of mode 0600, in one step: a reader sees the old content or the new, and a crash leaves one
/// of them. The directory must exist.
/// \throws std::system_error; the old file is then untouched
void write_private_file(const std::string& path, std::string_view content);

/// An exclusive lock among all processes, held while the object lives. The lock file stays behind.
class FileLock {
 public:
  /// Waits until it has the lock, or was asked to stop, or `limit` has passed; then `held()` tells.
  /// \throws std::system_error when the lock file cannot be made
  FileLock(const std::string& path, std::chrono::milliseconds limit, const Clock& clock, const std::stop_token& stop);

  [[nodiscard]] bool held() const noexcept { return held_; }

 private:
  FileDescriptor file_;
  bool held_ = false;
};

}  // namespace aws_refresh_session::core
