#pragma once

#include <aws_refresh_session/credentials.hpp>

#include <sys/types.h>

#include <string>

namespace aws_refresh_session::server {

/// A file that holds the token, as long as the object lives.
class TokenFile {
 public:
  /// Mode 0600, without a line end (botocore and the SDK for JavaScript send it along), in one step. An old file of
  /// that name is replaced, a symbolic link too. \throws ConfigurationError of code `TokenFile`
  TokenFile(std::string path, const SecretString& token);
  /// Removes it, unless another has taken its place.
  ~TokenFile();
  TokenFile(TokenFile&& other) noexcept;
  TokenFile& operator=(TokenFile&& other) = delete;
  TokenFile(const TokenFile&) = delete;
  TokenFile& operator=(const TokenFile&) = delete;

 private:
  /// Empty after a move.
  std::string path_;
  ::dev_t device_ = 0;
  ::ino_t inode_ = 0;
};

}  // namespace aws_refresh_session::server
