#include "core/file_descriptor.hpp"
#include "core/private_file.hpp"

#include <aws_refresh_session/exceptions.hpp>
#include <aws_refresh_session/http_body.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <random>
#include <system_error>
#include <utility>

namespace aws_refresh_session {
namespace {

[[noreturn]] void fail(std::string message, std::string code, const std::string& path) {
  throw ConfigurationError{{.message = std::move(message), .code = std::move(code), .param = "path", .value = path}};
}

[[noreturn]] void fail_reading(const std::string& path, const std::string& why) {
  fail("The file to send cannot be read: " + why, "BodyFileUnreadable", path);
}

[[noreturn]] void fail_writing(const std::string& path, int error) {
  fail("The answer cannot be saved: " + std::generic_category().message(error) +
           ". Check the directory, its permissions and the space that is left",
       "BodyFileUnwritable", path);
}

core::FileDescriptor open_file(const std::string& path) {
  try {
    return core::open_for_reading(path);
  } catch (const std::system_error& error) {
    fail_reading(path, error.code().message());
  }
}

class FileSource final : public BodySource {
 public:
  FileSource(const std::string& path, const FileRange& range) : path_(path), file_(open_file(path)) {
    struct ::stat status {};
    if (::fstat(file_.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
      fail_reading(path, "it must be a regular file");
    }
    const auto whole = static_cast<std::uint64_t>(status.st_size);
    if (range.offset > whole || range.length.value_or(0) > whole - range.offset) {
      fail_reading(path, "it does not have the part that was asked for");
    }
    begin_ = range.offset;
    size_ = range.length.value_or(whole - range.offset);
  }

  [[nodiscard]] std::uint64_t size() const noexcept override { return size_; }
  void rewind() override { position_ = 0; }

  [[nodiscard]] std::size_t read(std::span<char> buffer) override {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), size_ - position_));
    if (wanted == 0) {
      return 0;
    }
    ::ssize_t count = 0;
    do {
      count = ::pread(file_.get(), buffer.data(), wanted, static_cast<::off_t>(begin_ + position_));
    } while (count < 0 && errno == EINTR);
    if (count < 0) {
      fail_reading(path_, std::generic_category().message(errno));
    }
    if (count == 0) {
      fail("The file to send became shorter while it was sent: send it again when nobody writes it", "BodyFileChanged",
           path_);
    }
    position_ += static_cast<std::uint64_t>(count);
    return static_cast<std::size_t>(count);
  }

 private:
  const std::string path_;
  const core::FileDescriptor file_;
  std::uint64_t begin_ = 0;
  std::uint64_t size_ = 0;
  std::uint64_t position_ = 0;
};

}  // namespace

std::shared_ptr<BodySource> make_file_source(const std::string& path, const FileRange& range) {
  return std::make_shared<FileSource>(path, range);
}

class FileSink::Impl {
 public:
  explicit Impl(std::string path) : path_(std::move(path)) {}
  ~Impl() { discard(); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void begin() {
    if (!file_) {
      open();
    } else if (::ftruncate(file_.get(), 0) != 0 || ::lseek(file_.get(), 0, SEEK_SET) != 0) {
      fail_writing(path_, errno);
    }
    size_ = 0;
    committed_ = false;
  }

  void write(std::string_view data) {
    if (!file_) {
      begin();
    }
    while (!data.empty()) {
      const auto count = ::write(file_.get(), data.data(), data.size());
      if (count < 0 && errno == EINTR) {
        continue;
      }
      if (count <= 0) {
        fail_writing(path_, count == 0 ? ENOSPC : errno);
      }
      data.remove_prefix(static_cast<std::size_t>(count));
      size_ += static_cast<std::uint64_t>(count);
    }
  }

  void commit() {
    if (committed_) {
      return;
    }
    if (!file_) {
      begin();
    }
    // On the disk first: a crash must not leave the name on an empty file.
    if (::fdatasync(file_.get()) != 0 || ::rename(partial_.c_str(), path_.c_str()) != 0) {
      fail_writing(path_, errno);
    }
    partial_.clear();
    file_ = {};
    committed_ = true;
  }

  void discard() noexcept {
    if (!partial_.empty()) {
      ::unlink(partial_.c_str());
      partial_.clear();
    }
    file_ = {};
  }

  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }

 private:
  void open() {
    constexpr int kTries = 16;
    constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz0123456789";
    constexpr ::mode_t kMode = 0666;
    std::random_device random;
    std::uniform_int_distribution<std::size_t> letter{0, kLetters.size() - 1};
    for (int tries = 0; tries < kTries; ++tries) {
      partial_ = path_ + ".part-";
      for (int i = 0; i < 6; ++i) {
        partial_ += kLetters[letter(random)];
      }
      file_ = core::FileDescriptor{::open(partial_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kMode)};
      if (file_) {
        return;
      }
      if (errno != EEXIST) {
        break;
      }
    }
    partial_.clear();
    fail_writing(path_, errno);
  }

  const std::string path_;
  std::string partial_;
  core::FileDescriptor file_;
  std::uint64_t size_ = 0;
  bool committed_ = false;
};

FileSink::FileSink(std::string path) : impl_(std::make_unique<Impl>(std::move(path))) {}
FileSink::~FileSink() = default;

void FileSink::begin() {
  impl_->begin();
}
void FileSink::write(std::string_view data) {
  impl_->write(data);
}
void FileSink::commit() {
  impl_->commit();
}
void FileSink::discard() noexcept {
  impl_->discard();
}
std::uint64_t FileSink::size() const noexcept {
  return impl_->size();
}

}  // namespace aws_refresh_session
