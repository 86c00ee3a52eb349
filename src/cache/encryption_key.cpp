#include "aws/sha256.hpp"
#include "cache/entry_cipher.hpp"
#include "core/file_descriptor.hpp"
#include "core/private_file.hpp"

#include <aws_refresh_session/credential_cache.hpp>

#include <linux/keyctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <system_error>

namespace aws_refresh_session {
namespace {

using cache::kEncryptionKeySize;

constexpr const char* kKeyType = "user";
constexpr const char* kKeyDescription = "aws-refresh-session:cache:1";
/// Everything for who possesses it, and viewing, reading, searching for this user's other sessions, in which the user
/// keyring is found but not possessed. https://man7.org/linux/man-pages/man7/keyrings.7.html
constexpr unsigned long kKeyPermissions = 0x3f000000UL | 0x000b0000UL;

/// libkeyutils would be a dependency for four system calls.
long keyctl(unsigned long operation, long first, unsigned long second, unsigned long third, unsigned long fourth = 0) {
  return ::syscall(SYS_keyctl, operation, first, second, third, fourth);
}

unsigned long address(const void* pointer) {
  return reinterpret_cast<unsigned long>(pointer);
}

long find_key() {
  return keyctl(KEYCTL_SEARCH, KEY_SPEC_USER_KEYRING, address(kKeyType), address(kKeyDescription));
}

/// In the user's keyring, unless somebody was quicker.
void make_key() {
  const auto secret = cache::random_secret(kEncryptionKeySize);
  const long key = ::syscall(SYS_add_key, kKeyType, kKeyDescription, secret.reveal().data(), secret.size(),
                             KEY_SPEC_PROCESS_KEYRING);
  if (key < 0) {
    return;
  }
  static_cast<void>(keyctl(KEYCTL_SETPERM, key, kKeyPermissions, 0));
  // In one step: two processes must not end up with a key each.
  if (keyctl(KEYCTL_MOVE, key, static_cast<unsigned long>(KEY_SPEC_PROCESS_KEYRING),
             static_cast<unsigned long>(KEY_SPEC_USER_KEYRING), KEYCTL_MOVE_EXCL) != 0) {
    static_cast<void>(keyctl(KEYCTL_UNLINK, key, static_cast<unsigned long>(KEY_SPEC_PROCESS_KEYRING), 0));
  }
}

SecretString read_key() {
  long key = find_key();
  if (key < 0 && errno == ENOKEY) {
    make_key();
    key = find_key();
  }
  std::array<unsigned char, kEncryptionKeySize> buffer{};
  SecretString secret;
  if (key >= 0 &&
      keyctl(KEYCTL_READ, key, address(buffer.data()), buffer.size()) == static_cast<long>(kEncryptionKeySize)) {
    secret = SecretString{std::string_view{reinterpret_cast<const char*>(buffer.data()), buffer.size()}};
  }
  aws::wipe_bytes(buffer);
  return secret;
}

[[noreturn]] void refuse_file(const std::string& path, std::string_view why) {
  throw ConfigurationError{{.message = "The key of the credential cache cannot be used: " + std::string{why} +
                                       ". Remove the file, and a new one is made.",
                            .code = "CacheKey",
                            .param = "encryption_key",
                            .value = path}};
}

/// Under a name of its own, then linked: whoever comes second finds the first one's file, whole.
void make_key_file(const std::string& path) {
  const auto secret = cache::random_secret(kEncryptionKeySize);
  constexpr std::size_t kNameSize = 8;
  auto draft = path + ".";
  const auto name = cache::random_secret(kNameSize);
  aws::append_hex(draft, {reinterpret_cast<const unsigned char*>(name.reveal().data()), name.size()});
  core::write_private_file(draft, secret.reveal());
  const int linked = ::link(draft.c_str(), path.c_str());
  const int error = errno;
  ::unlink(draft.c_str());
  if (linked != 0 && error != EEXIST) {
    throw std::system_error{error, std::generic_category(), "link"};
  }
}

SecretString read_key_file(const std::string& path) {
  try {
    struct ::stat status {};
    if (::lstat(path.c_str(), &status) != 0) {
      make_key_file(path);
      if (::lstat(path.c_str(), &status) != 0) {
        refuse_file(path, "it went away");
      }
    }
    if (!S_ISREG(status.st_mode) || status.st_uid != ::geteuid() || (status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
      refuse_file(path, "it must be a file of this user's with mode 0600");
    }
    auto secret = core::read_private_file(path, kEncryptionKeySize);
    if (secret.size() != kEncryptionKeySize) {
      refuse_file(path, "it must hold 32 bytes");
    }
    return secret;
  } catch (const std::system_error& error) {
    refuse_file(path, error.code().message());
  }
}

}  // namespace

EncryptionKeySource encryption_key_from_keyring() {
  return read_key;
}

EncryptionKeySource encryption_key_from_file(std::string path) {
  return [path = std::move(path)] { return read_key_file(path); };
}

}  // namespace aws_refresh_session
