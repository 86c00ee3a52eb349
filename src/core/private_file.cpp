#include "core/private_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <system_error>

namespace aws_refresh_session::core {
namespace {

[[noreturn]] void fail(const char* what, int error = errno) {
  throw std::system_error{error, std::generic_category(), what};
}

/// Calls again what a signal has interrupted.
template <typename Call>
auto uninterrupted(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) {
    result = call();
  }
  return result;
}

std::string directory_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

void write_all(const FileDescriptor& file, std::string_view content) {
  while (!content.empty()) {
    const auto written = uninterrupted([&] { return ::write(file.get(), content.data(), content.size()); });
    if (written < 0) {
      fail("write");
    }
    content.remove_prefix(static_cast<std::size_t>(written));
  }
}

/// Owned by the open file, not by the process (fcntl(2), "Open file description locks"): threads exclude each other,
/// and closing another descriptor of the file releases nothing.
struct ::flock range_of(std::int64_t byte, int type) noexcept {
  struct ::flock range {};
  range.l_type = static_cast<decltype(range.l_type)>(type);
  range.l_whence = SEEK_SET;
  range.l_start = byte;
  range.l_len = 1;
  return range;
}

/// A name that is removed unless it was given away by a rename.
class TemporaryName {
 public:
  explicit TemporaryName(std::string path) : path_(std::move(path)) {}
  TemporaryName(const TemporaryName&) = delete;
  TemporaryName& operator=(const TemporaryName&) = delete;
  ~TemporaryName() {
    if (!renamed_) {
      ::unlink(path_.c_str());
    }
  }

  void rename_to(const std::string& path) {
    if (std::rename(path_.c_str(), path.c_str()) != 0) {
      fail("rename");
    }
    renamed_ = true;
  }

 private:
  std::string path_;
  bool renamed_ = false;
};

}  // namespace

FileDescriptor open_for_reading(const std::string& path) {
  const int file = uninterrupted([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY); });
  if (file < 0) {
    fail("open");
  }
  return FileDescriptor{file};
}

std::string read_to_end(const FileDescriptor& file, std::size_t expected_size, std::size_t limit) {
  // One byte more than expected: the end shows itself without growing. Never in the object itself, from where a move
  // would leave a copy.
  std::string text(std::max(std::min(expected_size, limit), sizeof(std::string)) + 1, '\0');
  std::size_t size = 0;
  try {
    while (true) {
      if (size == text.size()) {
        std::string larger(2 * text.size(), '\0');
        std::memcpy(larger.data(), text.data(), size);
        text.swap(larger);
        wipe(larger);
      }
      const auto got = uninterrupted([&] { return ::read(file.get(), text.data() + size, text.size() - size); });
      if (got < 0) {
        fail("read");
      }
      size += static_cast<std::size_t>(got);
      if (size > limit) {
        fail("read", EFBIG);
      }
      if (got == 0) {
        text.resize(size);
        return text;
      }
    }
  } catch (...) {
    wipe(text);
    throw;
  }
}

SecretString read_private_file(const std::string& path, std::size_t limit) {
  const auto file = open_for_reading(path);
  struct ::stat status {};
  if (::fstat(file.get(), &status) != 0) {
    fail("stat");
  }
  if (!S_ISREG(status.st_mode)) {
    fail("open", S_ISDIR(status.st_mode) ? EISDIR : EINVAL);
  }
  const auto expected = static_cast<std::size_t>(status.st_size);
  if (expected > limit) {
    fail("open", EFBIG);
  }
  auto text = read_to_end(file, expected, limit);
  SecretString secret{text};
  wipe(text);
  return secret;
}

void write_private_file(const std::string& path, std::string_view content, Durability durability) {
  const auto directory = directory_of(path);
  auto name = directory + "/.ars-XXXXXX";
  const FileDescriptor file{::mkostemp(name.data(), O_CLOEXEC)};
  if (!file) {
    fail("create");
  }
  TemporaryName temporary{name};
  // mkostemp asks for 0600, of which an odd umask may take something away.
  if (::fchmod(file.get(), S_IRUSR | S_IWUSR) != 0) {
    fail("chmod");
  }
  // Root that acts for a user (sudo) leaves the file to its owner.
  struct ::stat old {};
  if (::geteuid() == 0 && ::lstat(path.c_str(), &old) == 0 && S_ISREG(old.st_mode) && old.st_uid != 0 &&
      ::fchown(file.get(), old.st_uid, old.st_gid) != 0) {
    fail("chown");
  }
  write_all(file, content);
  if (durability == Durability::synced && ::fsync(file.get()) != 0) {
    fail("fsync");
  }
  temporary.rename_to(path);
  if (durability == Durability::none) {
    return;
  }
  // So that the name survives a power failure, too. Too late to fail: the new file is there.
  if (const FileDescriptor parent{::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)}) {
    static_cast<void>(::fsync(parent.get()));
  }
}

FileLock::FileLock(const std::string& path, std::chrono::milliseconds limit, const Clock& clock,
                   const std::stop_token& stop, std::optional<std::int64_t> byte)
    : file_(uninterrupted([&] {
        return ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, S_IRUSR | S_IWUSR);
      })),
      byte_(byte),
      owner_(::getpid()) {
  constexpr std::chrono::milliseconds kBetweenTries{20};
  if (!file_) {
    fail("open");
  }
  held_ = try_lock();
  if (held_) {
    return;
  }
  const auto start = clock.steady_now();
  // In milliseconds: a limit of milliseconds::max() would overflow as nanoseconds, and so would start + limit.
  const auto left = [&] {
    return limit - std::chrono::duration_cast<std::chrono::milliseconds>(clock.steady_now() - start);
  };
  std::mutex mutex;
  std::condition_variable condition;
  const std::stop_callback wake{stop, [&] {
                                  // Taken for a moment: the waiter is either before its look at `stop` or waiting.
                                  const std::lock_guard<std::mutex> lock{mutex};
                                  condition.notify_all();
                                }};
  while (!held_ && !stop.stop_requested() && left() > left().zero()) {
    {
      std::unique_lock<std::mutex> lock{mutex};
      const auto deadline = clock.steady_now() + std::min(kBetweenTries, left());
      while (!stop.stop_requested() && !clock.wait_until(condition, lock, deadline)) {
      }
    }
    held_ = try_lock();
  }
}

FileLock::~FileLock() {
  if (held_ && owner_ == ::getpid()) {
    if (byte_) {
      auto range = range_of(*byte_, F_UNLCK);
      ::fcntl(file_.get(), F_OFD_SETLK, &range);
    } else {
      ::flock(file_.get(), LOCK_UN);
    }
  }
}

bool FileLock::try_lock() const {
  const auto lock = [&] {
    if (!byte_) {
      return ::flock(file_.get(), LOCK_EX | LOCK_NB);
    }
    auto range = range_of(*byte_, F_WRLCK);
    return ::fcntl(file_.get(), F_OFD_SETLK, &range);
  };
  if (uninterrupted(lock) == 0) {
    return true;
  }
  if (errno != EWOULDBLOCK && errno != EACCES) {
    fail("lock");
  }
  return false;
}

}  // namespace aws_refresh_session::core
