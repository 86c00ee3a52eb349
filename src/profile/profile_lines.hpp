#pragma once

/// \file
/// The grammar of one shared file: lines in, sections and properties out. The differences from botocore are in
/// shared_config.hpp.

#include "profile/shared_config.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace aws_refresh_session::profile {

enum class SectionKind { profile, sso_session, services };

/// What stands between the brackets.
struct SectionHeader {
  SectionKind kind = SectionKind::profile;
  std::string_view name;
  /// `[profile default]` rather than `[default]`, which loses against it.
  bool has_prefix = false;
  int line = 0;
};

/// Told what a file holds, in its order. The views are into the file's text.
class ProfileLineVisitor {
 public:
  ProfileLineVisitor(const ProfileLineVisitor&) = delete;
  ProfileLineVisitor& operator=(const ProfileLineVisitor&) = delete;

  virtual void on_section(const SectionHeader& header) = 0;
  /// Of the section that was told last.
  virtual void on_property(Property property) = 0;
  /// Something is ignored. The text is made of this project's words alone.
  virtual void on_ignored(int line, std::string_view why) = 0;

 protected:
  ProfileLineVisitor() = default;
  ~ProfileLineVisitor() = default;
};

/// Walks through `text` and changes it on the way: keys become lower-case, and a value of several lines moves together,
/// so that every view is into `text` and no secret is copied. Properties of an ignored section are checked, not told.
/// \param path for errors
/// \throws ConfigurationError of code `ConfigFileMalformed`, naming the line and never its text
void read_profile_lines(std::span<char> text, FileKind file, const std::string& path, ProfileLineVisitor& visitor);

/// Where `text` stops being UTF-8 without NUL bytes; its size if it never does.
[[nodiscard]] std::size_t find_non_text(std::string_view text) noexcept;

}  // namespace aws_refresh_session::profile
