#include "server/token_file.hpp"

#include "core/file_descriptor.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>

namespace aws_refresh_session::server {
namespace {

[[noreturn]] void refuse(const std::string& path, int error) {
  throw ConfigurationError{{.message = "The token file " + path + " cannot be written: " + std::strerror(error) +
                                       ". Name a file in a directory that exists and that this user may write to.",
                            .code = "TokenFile"}};
}

/// 0, or what the system said.
int write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno != EINTR) {
      return errno;
    }
    text.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(written, 0)));
  }
  return 0;
}

}  // namespace

TokenFile::TokenFile(std::string path, const SecretString& token) : path_(std::move(path)) {
  auto temporary = path_ + ".XXXXXX";
  const core::FileDescriptor file{::mkostemp(temporary.data(), O_CLOEXEC)};
  if (!file) {
    refuse(path_, errno);
  }
  struct ::stat status {};
  int error = write_all(file.get(), token.reveal());
  // mkostemp asks for 0600, of which an odd umask may take something away.
  if (error == 0 && (::fchmod(file.get(), S_IRUSR | S_IWUSR) != 0 || ::fstat(file.get(), &status) != 0 ||
                     ::rename(temporary.c_str(), path_.c_str()) != 0)) {
    error = errno;
  }
  if (error != 0) {
    static_cast<void>(::unlink(temporary.c_str()));
    refuse(path_, error);
  }
  device_ = status.st_dev;
  inode_ = status.st_ino;
}

TokenFile::TokenFile(TokenFile&& other) noexcept
    : path_(std::exchange(other.path_, {})), device_(other.device_), inode_(other.inode_) {}

TokenFile::~TokenFile() {
  struct ::stat status {};
  if (!path_.empty() && ::lstat(path_.c_str(), &status) == 0 && status.st_dev == device_ && status.st_ino == inode_) {
    static_cast<void>(::unlink(path_.c_str()));
  }
}

}  // namespace aws_refresh_session::server
