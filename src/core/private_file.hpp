#pragma once

/// \file
/// Files that hold secrets.

#include "core/file_descriptor.hpp"

#include <aws_refresh_session/clock.hpp>
#include <aws_refresh_session/credentials.hpp>

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

namespace aws_refresh_session::core {

/// The whole content of a regular file.
/// \throws std::system_error with what the system said, `EISDIR` for a directory, `EINVAL` for a device or a pipe,
///   `EFBIG` beyond `limit`; never blocks on a pipe
[[nodiscard]] SecretString read_private_file(const std::string& path, std::size_t limit);

/// Opens for reading; never blocks, not on a pipe either, and never makes a terminal the process's own.
/// \throws std::system_error
[[nodiscard]] FileDescriptor open_for_reading(const std::string& path);

/// What an open regular file still holds. The caller wipes it; no other copy is left in memory.
/// \param expected_size a guess that saves growing; may be wrong
/// \throws std::system_error of `EFBIG` beyond `limit`
[[nodiscard]] std::string read_to_end(const FileDescriptor& file, std::size_t expected_size, std::size_t limit);

/// Whether a new file survives a power failure.
enum class Durability {
  /// It, or the old one, does.
  synced,
  /// It may be lost or incomplete then: for what can be had again.
  none,
};

/// Replaces the file by one of mode 0600, in one step: a reader sees the old content or the new, and a crash leaves one
/// of them (and perhaps a `.ars-` file beside it). The directory must exist. A symbolic link is replaced, not followed.
/// \throws std::system_error; the old file is then untouched
void write_private_file(const std::string& path, std::string_view content, Durability durability = Durability::synced);

/// An exclusive lock among all processes, held while the object lives. The lock file, of mode 0600, stays behind:
/// removing it would let two processes lock two files of one name.
class FileLock {
 public:
  /// Waits until it has the lock, or was asked to stop, or `limit` has passed; then `held()` tells. Tries at least
  /// once, and again every 20 ms.
  /// \param byte locks this byte of the file alone, which need not be there, so that one file serves many locks. A file
  ///   is locked by bytes or as a whole: the one does not see the other.
  /// \throws std::system_error when the lock file cannot be made, or its file system knows no locks
  FileLock(const std::string& path, std::chrono::milliseconds limit, const Clock& clock, const std::stop_token& stop,
           std::optional<std::int64_t> byte = std::nullopt);
  /// Lets go at once, even if a child process has inherited the lock file.
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

  [[nodiscard]] bool held() const noexcept { return held_; }

 private:
  /// False if somebody else has it.
  [[nodiscard]] bool try_lock() const;

  FileDescriptor file_;
  std::optional<std::int64_t> byte_;
  /// A forked child that destroys its copy must not release the parent's lock.
  ::pid_t owner_;
  bool held_ = false;
};

}  // namespace aws_refresh_session::core
