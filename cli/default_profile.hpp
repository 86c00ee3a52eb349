#pragma once

/// \file
/// SDKs look at the default profile before they ask a container endpoint. A program that shall ask ours must not find
/// credentials there, but all the other settings.

#include <optional>
#include <string>
#include <string_view>

namespace aws_refresh_session::cli {

/// The text of a config or credentials file without what its default profile says of credentials; nothing if it says
/// nothing. The caller wipes it.
[[nodiscard]] std::optional<std::string> without_default_credentials(std::string_view text);

/// A private copy of a file, in a directory of its own, that is removed with this object.
class PrivateCopy {
 public:
  /// \throws std::system_error
  explicit PrivateCopy(std::string_view content);
  ~PrivateCopy();
  PrivateCopy(const PrivateCopy&) = delete;
  PrivateCopy& operator=(const PrivateCopy&) = delete;

  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  std::string directory_;
  std::string path_;
};

}  // namespace aws_refresh_session::cli
