#pragma once

/// \file
/// The shared config and credentials files, parsed and merged.
/// https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
///
/// Where the AWS SDKs and botocore (the AWS CLI, boto3) read a file differently, this is what counts here:
///
/// | in a file | here and in the SDKs | botocore |
/// |---|---|---|
/// | `key = value # text` | the value is `value` | the comment belongs to the value |
/// | `key : value` | malformed | a colon is an equals sign |
/// | a file indented as a whole | malformed: an indented line goes on with the one before | taken |
/// | a key or a section twice | the last key wins, sections merge | the file is refused |
/// | `[profile default]` and `[default]` | the second is ignored as a whole | the last wins |
/// | `[profile name]` in the credentials file | ignored with a warning | a profile called `profile name` |
/// | a key with blanks in it | ignored with a warning | a key that nobody asks for |
///
/// Here as in botocore, and not in all SDKs: a profile's name may have any characters, blanks in quotes; text behind a
/// closing bracket is ignored (here with a warning); an indented line that begins with `#` or `;` is a comment.
/// Here alone: a file with NUL bytes is malformed. One that is not UTF-8 is everywhere.

#include "profile/file_locations.hpp"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace aws_refresh_session::profile {

/// Which of the two files.
enum class FileKind { config, credentials };

/// A key and its value. The views live as long as the SharedConfig. May hold a secret: never print a value that is not
/// known to be harmless.
struct Property {
  /// In lower case.
  std::string_view key;
  std::string_view value;
  FileKind file = FileKind::config;
  /// From 1.
  int line = 0;
  /// For a key with an empty value followed by indented `key = value` lines; each key once, sorted by key.
  std::vector<Property> nested{};
};

/// A profile, an sso-session or a services section, merged from both files.
class Section {
 public:
  [[nodiscard]] std::string_view name() const noexcept { return name_; }
  /// Where it began first.
  [[nodiscard]] FileKind file() const noexcept { return file_; }
  [[nodiscard]] int line() const noexcept { return line_; }
  /// Each key once, sorted by key.
  [[nodiscard]] std::span<const Property> properties() const noexcept { return properties_; }

  /// The property of that lower-case key, or null.
  [[nodiscard]] const Property* find(std::string_view key) const noexcept;
  /// Its value; nullopt when it is missing or blank.
  [[nodiscard]] std::optional<std::string_view> get(std::string_view key) const noexcept;

 private:
  friend class SharedConfigBuilder;
  std::string_view name_;
  FileKind file_ = FileKind::config;
  int line_ = 0;
  std::vector<Property> properties_;
};

/// Both files as they were at one moment. Immutable, so thread-safe; the text is zeroed with the last owner.
class SharedConfig {
 public:
  virtual ~SharedConfig() = default;
  SharedConfig(const SharedConfig&) = delete;
  SharedConfig& operator=(const SharedConfig&) = delete;

  /// For a property of both files that of the credentials file counts. Null if neither file has the section.
  [[nodiscard]] virtual const Section* profile(std::string_view name) const noexcept = 0;
  [[nodiscard]] virtual const Section* sso_session(std::string_view name) const noexcept = 0;
  [[nodiscard]] virtual const Section* services(std::string_view name) const noexcept = 0;
  /// In the order of the files, config first, each once.
  [[nodiscard]] virtual std::vector<std::string_view> profile_names() const = 0;

  /// `/home/a/.aws/config:12`, for errors.
  [[nodiscard]] virtual std::string place(FileKind file, int line) const = 0;
  [[nodiscard]] std::string place(const Property& property) const { return place(property.file, property.line); }
  [[nodiscard]] std::string place(const Section& section) const { return place(section.file(), section.line()); }
  [[nodiscard]] virtual const FileLocations& locations() const noexcept = 0;

 protected:
  SharedConfig() = default;
};

/// Both files as they are now. A file that does not exist, or to which no directory lets us through, is empty, and so
/// is /dev/null. As long as somebody holds what an earlier call gave and neither file has changed since, that same
/// object: many sessions that hold it parse the files once. Files that changed within the last two seconds are read
/// each time, because their time stamps may not tell the next change. Thread-safe, usable on both sides of a `fork()`.
///
/// Warns (once per place) about a credentials file with secrets that others can read, and about lines, sections and
/// keys that are ignored.
/// \throws ConfigurationError, of code `ConfigFileUnreadable` (no permission, a directory, a pipe or device),
///   `ConfigFileTooLarge` (16 MiB) or `ConfigFileMalformed` (naming file and line)
[[nodiscard]] std::shared_ptr<const SharedConfig> load_shared_config(const FileLocations& locations);

/// The grammar alone, for tests and fuzzers.
/// \throws as load_shared_config
[[nodiscard]] std::shared_ptr<const SharedConfig> parse_shared_config(std::string config_text,
                                                                      std::string credentials_text,
                                                                      FileLocations locations);

}  // namespace aws_refresh_session::profile
