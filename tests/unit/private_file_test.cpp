#include "core/private_file.hpp"

#include <gtest/gtest.h>
#include <aws_refresh_session/testing/fake_clock.hpp>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <mutex>
#include <sstream>
#include <stop_token>
#include <string>
#include <system_error>
#include <thread>

namespace aws_refresh_session::core {
namespace {

using namespace std::chrono_literals;
using aws_refresh_session::testing::FakeClock;

constexpr std::size_t kLimit = 1024;

class PrivateFile : public ::testing::Test {
 protected:
  PrivateFile() {
    auto name = ::testing::TempDir() + "private-file-XXXXXX";
    directory_ = ::mkdtemp(name.data());
  }
  ~PrivateFile() override {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }

  [[nodiscard]] std::string path(const std::string& name) const { return (directory_ / name).string(); }
  void put(const std::string& name, const std::string& content) const { std::ofstream{path(name)} << content; }
  [[nodiscard]] std::string content(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream{path(name)}.rdbuf();
    return text.str();
  }
  [[nodiscard]] std::ptrdiff_t files() const {
    const std::filesystem::directory_iterator all{directory_};
    return std::distance(begin(all), end(all));
  }

  /// errno of what `call` throws; 0 if nothing.
  template <typename Call>
  static int error_of(Call call) {
    try {
      static_cast<void>(call());
    } catch (const std::system_error& error) {
      return error.code().value();
    }
    return 0;
  }
  [[nodiscard]] int read_error(const std::string& file) const {
    return error_of([&] { return read_private_file(file, kLimit); });
  }

  FakeClock clock_;

 private:
  std::filesystem::path directory_;
};

TEST_F(PrivateFile, ReadGivesTheWholeContent) {
  const std::string secret = "SECRETCANARY\n=" + std::string(500, 'y');
  put("a", secret);
  EXPECT_TRUE(read_private_file(path("a"), kLimit).reveal() == secret);
  put("empty", "");
  EXPECT_TRUE(read_private_file(path("empty"), kLimit).empty());
}

TEST_F(PrivateFile, ReadOfAFileWithoutASizeGivesTheWholeContent) {
  // Files of the kernel's say 0 bytes.
  EXPECT_GT(read_private_file("/proc/self/status", 64 * kLimit).size(), sizeof(std::string));
}

TEST_F(PrivateFile, ReadTakesExactlyTheLimitAndNotAByteMore) {
  put("full", std::string(kLimit, 'x'));
  EXPECT_EQ(read_private_file(path("full"), kLimit).size(), kLimit);
  put("more", std::string(kLimit + 1, 'x'));
  EXPECT_EQ(read_error(path("more")), EFBIG);
  EXPECT_EQ(error_of([] { return read_private_file("/proc/self/status", 10); }), EFBIG);
}

TEST_F(PrivateFile, ReadOfWhatIsNoRegularFileFailsWithoutBlocking) {
  EXPECT_EQ(read_error(path("missing")), ENOENT);
  EXPECT_EQ(read_error(::testing::TempDir()), EISDIR);
  EXPECT_EQ(read_error("/dev/null"), EINVAL);
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  EXPECT_EQ(read_error(path("pipe")), EINVAL);
}

TEST_F(PrivateFile, WriteMakesAFileOfMode0600WhateverTheUmask) {
  for (const ::mode_t mask : {0000U, 0022U, 0777U}) {
    const auto before = ::umask(mask);
    write_private_file(path("a"), "SECRETCANARY" + std::to_string(mask));
    ::umask(before);
    EXPECT_TRUE(content("a") == "SECRETCANARY" + std::to_string(mask));
    EXPECT_EQ(std::filesystem::status(path("a")).permissions(), std::filesystem::perms{0600});
  }
  EXPECT_EQ(files(), 1) << "nothing but the file itself";
}

TEST_F(PrivateFile, WriteReplacesAWorldReadableFileByAPrivateOne) {
  put("a", "old");
  std::filesystem::permissions(path("a"), std::filesystem::perms{0666});
  std::ifstream reader{path("a")};
  write_private_file(path("a"), std::string(100'000, 'n'));
  EXPECT_EQ(content("a"), std::string(100'000, 'n'));
  EXPECT_EQ(std::filesystem::status(path("a")).permissions(), std::filesystem::perms{0600});
  std::string old;
  reader >> old;
  EXPECT_EQ(old, "old") << "who had it open must go on reading the old content";
}

TEST_F(PrivateFile, WriteThatFailsLeavesNothingBehind) {
  ASSERT_TRUE(std::filesystem::create_directory(path("taken")));
  put("taken/a", "");
  EXPECT_EQ(error_of([&] { return write_private_file(path("taken"), "x"), 0; }), EISDIR);
  EXPECT_EQ(files(), 1);
  EXPECT_EQ(error_of([&] { return write_private_file(path("missing/a"), "x"), 0; }), ENOENT);
  EXPECT_EQ(files(), 1);
}

TEST_F(PrivateFile, WriteTakesTheLongestNameThatAFileCanHave) {
  const std::string name(255, 'n');
  write_private_file(path(name), "x");
  EXPECT_EQ(content(name), "x");
}

TEST_F(PrivateFile, LockIsExclusiveAndFreeAgainAfterwards) {
  {
    const FileLock first{path("lock"), 0ms, clock_, {}};
    EXPECT_TRUE(first.held());
    const FileLock second{path("lock"), 0ms, clock_, {}};
    EXPECT_FALSE(second.held());
  }
  const FileLock third{path("lock"), 0ms, clock_, {}};
  EXPECT_TRUE(third.held());
  EXPECT_EQ(std::filesystem::status(path("lock")).permissions(), std::filesystem::perms{0600});
}

/// The machine's clock, which tells whether somebody has begun to wait.
class WatchedClock final : public Clock {
 public:
  [[nodiscard]] WallTime now() const noexcept override { return system_clock()->now(); }
  [[nodiscard]] WallTime coarse_now() const noexcept override { return system_clock()->coarse_now(); }
  [[nodiscard]] SteadyTime steady_now() const noexcept override { return system_clock()->steady_now(); }
  bool wait_until(std::condition_variable& condition, std::unique_lock<std::mutex>& lock,
                  SteadyTime deadline) const override {
    waits = true;
    return system_clock()->wait_until(condition, lock, deadline);
  }
  mutable std::atomic<bool> waits{false};
};

TEST_F(PrivateFile, LockWaitsForTheOneWhoHasItAndThenGetsIt) {
  auto first = std::make_unique<FileLock>(path("lock"), 0ms, clock_, std::stop_token{});
  const WatchedClock clock;
  std::atomic<bool> gave_up{false};
  std::thread other{[&] {
    const FileLock second{path("lock"), std::chrono::milliseconds::max(), clock, {}};
    EXPECT_TRUE(second.held());
    gave_up = !second.held();
  }};
  while (!clock.waits && !gave_up) {
    std::this_thread::yield();
  }
  first.reset();
  other.join();
}

TEST_F(PrivateFile, LockGivesUpAtItsLimit) {
  const FileLock first{path("lock"), 0ms, clock_, {}};
  std::atomic<bool> done{false};
  std::thread other{[&] {
    const FileLock second{path("lock"), 1s, clock_, {}};
    EXPECT_FALSE(second.held());
    done = true;
  }};
  while (!done) {
    clock_.advance(100ms);
    std::this_thread::yield();
  }
  other.join();
}

TEST_F(PrivateFile, LockStopsWaitingWhenAsked) {
  const FileLock first{path("lock"), 0ms, clock_, {}};
  std::stop_source stop;
  std::thread other{[&] {
    const FileLock second{path("lock"), 1h, *system_clock(), stop.get_token()};
    EXPECT_FALSE(second.held());
  }};
  stop.request_stop();
  other.join();
}

TEST_F(PrivateFile, LockOutlivesAChildAndIsNotHeldByOne) {
  auto first = std::make_unique<FileLock>(path("lock"), 0ms, clock_, std::stop_token{});
  const auto child = ::fork();
  if (child == 0) {
    first.reset();  // must not take the parent's lock away
    ::_exit(0);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_FALSE((FileLock{path("lock"), 0ms, clock_, {}}.held()));

  const auto idle = ::fork();
  if (idle == 0) {
    ::pause();
    ::_exit(0);
  }
  first.reset();
  EXPECT_TRUE((FileLock{path("lock"), 0ms, clock_, {}}.held())) << "a child with the descriptor must not keep it";
  ::kill(idle, SIGKILL);
  ::waitpid(idle, &status, 0);
}

TEST_F(PrivateFile, LockThatCannotBeMadeSaysWhy) {
  EXPECT_EQ(error_of([&] { return FileLock{path("missing/lock"), 0ms, clock_, {}}.held(); }), ENOENT);
}

}  // namespace
}  // namespace aws_refresh_session::core
