#pragma once

/// \file
/// Bodies that are not held in memory: what a request sends and what an answer brings, however large.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace aws_refresh_session {

/// A request's body, read while it is sent. Used by one request at a time, on the thread that sends it.
class BodySource {
 public:
  virtual ~BodySource() = default;

  /// In bytes; stays the same while the object lives, because the request says it before the first byte.
  [[nodiscard]] virtual std::uint64_t size() const noexcept = 0;
  /// Back to the first byte. Called before each attempt, and before the body is hashed for a signature.
  /// \throws whatever the caller of the request is to see; the request is then not sent, or not again
  virtual void rewind() = 0;
  /// Fills the buffer's beginning with what comes next.
  /// \returns how many bytes; 0 at the end only
  /// \throws as rewind
  [[nodiscard]] virtual std::size_t read(std::span<char> buffer) = 0;

 protected:
  BodySource() = default;
  BodySource(const BodySource&) = default;
  BodySource& operator=(const BodySource&) = default;
};

/// Where the body of a successful answer goes while it arrives. Used by one request at a time, on the thread that sends
/// it.
class BodySink {
 public:
  virtual ~BodySink() = default;

  /// A body begins. Whatever was written before belongs to an attempt that broke off, and is to be forgotten.
  /// \throws whatever the caller of the request is to see
  virtual void begin() = 0;
  /// Takes what comes next.
  /// \throws as begin; the transfer ends
  virtual void write(std::string_view data) = 0;

 protected:
  BodySink() = default;
  BodySink(const BodySink&) = default;
  BodySink& operator=(const BodySink&) = default;
};

/// A part of a file.
struct FileRange {
  std::uint64_t offset = 0;
  /// None: to the file's end.
  std::optional<std::uint64_t> length{};
};

/// A regular file, or a part of one, opened now and read as it is sent.
/// \throws ConfigurationError of code `BodyFileUnreadable`, also for a part that the file does not have. Reading throws
///   the same, and `BodyFileChanged` when the file became shorter.
[[nodiscard]] std::shared_ptr<BodySource> make_file_source(const std::string& path, const FileRange& range = {});

/// Saves a body under a name that it gets only when all of it is there: until `commit` it lies beside, as
/// `NAME.part-XXXXXX`, which the destructor removes. A killed process leaves that file and never a partial NAME.
class FileSink final : public BodySink {
 public:
  /// Does no I/O.
  explicit FileSink(std::string path);
  ~FileSink() override;
  FileSink(const FileSink&) = delete;
  FileSink& operator=(const FileSink&) = delete;

  /// \throws ConfigurationError of code `BodyFileUnwritable`, as write
  void begin() override;
  void write(std::string_view data) override;
  /// Gives the body its name, replacing what had it, once it is on the disk. Without a `begin` before, the file becomes
  /// empty. The file's mode is what the process's umask leaves of 0666.
  /// \throws as begin; the old file stays
  void commit();
  /// Removes what was written and not committed, as the destructor does.
  void discard() noexcept;

  /// Bytes written since `begin`.
  [[nodiscard]] std::uint64_t size() const noexcept;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace aws_refresh_session
