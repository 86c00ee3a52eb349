#pragma once

/// \file
/// What must never be printed. `scripts/test` looks through everything that a test run printed for
///   - the canary below: every secret key, session token and one-time code that a test makes up contains it where its
///     form allows, e.g. `"SECRETCANARY/alice+1"`;
///   - every text that was registered here: what a server made up (radosgw, the emulator), and codes, which have no
///     room for a canary.
/// A test never prints a secret to show that it is not printed: compare with EXPECT_TRUE(text.find(..) == npos).

#include <fcntl.h>
#include <unistd.h>
#include <cerrno>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

namespace aws_refresh_session::testing {

inline constexpr std::string_view kCanary = "SECRETCANARY";

/// Appends `secret` to the file that ARS_SECRETS_FILE names; does nothing without one. Safe from any thread and
/// process. Texts shorter than six characters would be found by chance and are refused; six-digit codes are found
/// by chance, too, so register only codes that the test chose itself (never one derived from the time).
inline void register_secret(std::string_view secret) {
  const char* path = std::getenv("ARS_SECRETS_FILE");
  if (path == nullptr || *path == '\0' || secret.empty()) {
    return;
  }
  if (secret.size() < 6) {
    throw std::invalid_argument{"register_secret: too short to be searched for"};
  }
  std::string line{secret};
  line += '\n';
  const int file = ::open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);  // one write: lines stay whole
  if (file < 0 || ::write(file, line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
    const int error = errno;
    if (file >= 0) {
      ::close(file);
    }
    throw std::system_error{error, std::generic_category(), "register_secret: cannot write ARS_SECRETS_FILE"};
  }
  ::close(file);
}

}  // namespace aws_refresh_session::testing
