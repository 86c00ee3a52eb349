// What is left of ten thousand sessions: nothing. LeakSanitizer looks at the same runs in its own build.

#include "emulator/emulator.hpp"
#include "secret_registry.hpp"

#include <aws_refresh_session/aws_refresh_session.hpp>

#include <gtest/gtest.h>
#include <malloc.h>
#include <unistd.h>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace aws_refresh_session::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif
#else
constexpr bool kSanitized = false;
#endif

std::size_t entries(const char* directory) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator{directory}) {
    static_cast<void>(entry);
    ++count;
  }
  return count;
}

/// What a process can leak.
struct Holdings {
  std::size_t threads = entries("/proc/self/task");
  std::size_t files = entries("/proc/self/fd");
  std::size_t resident_kib = 0;

  Holdings() {
    ::malloc_trim(0);  // freed memory that the allocator keeps is not a leak
    std::size_t size = 0;
    std::ifstream{"/proc/self/statm"} >> size >> resident_kib;
    resident_kib *= static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)) / 1024;
  }
};

/// Threads end a moment after they were told to.
Holdings settled(const Holdings& before) {
  const auto deadline = steady_clock::now() + std::chrono::seconds{10};
  for (;;) {
    Holdings now;
    if ((now.threads <= before.threads && now.files <= before.files) || steady_clock::now() > deadline) {
      return now;
    }
    std::this_thread::sleep_for(milliseconds{20});
  }
}

Credentials hour_long() {
  return {"AKIDLEAKS", std::string{kCanary} + "/leaks", std::string{kCanary} + "-token",
          std::chrono::system_clock::now() + std::chrono::hours{1}};
}

class Leaks : public ::testing::Test {
 protected:
  Leaks() {
    sts_.role_arn = emulator_.role_arn();
    sts_.client.endpoint_url = emulator_.endpoint_url();
    sts_.client.region = "us-east-1";
    sts_.base = make_static_provider(Credentials{emulator::kDefaultAccessKeyId, emulator::kDefaultSecretAccessKey});
  }

  /// One of everything that a session can go through.
  void one_life(std::size_t turn) {
    // The emulator is in this process and remembers what it issued, so STS is asked by every hundredth life only.
    switch (turn % 100 == 99 ? 4 : turn % 4) {
      case 0: {  // never used
        const RefreshableSession session{sts_};
        break;
      }
      case 1: {  // used, watched, refused and used again
        RefreshableSession session{CustomOptions{.method = hour_long}};
        const auto watching = session.observe([](const RefreshEvent&) {});
        session.invalidate(session.credentials()->access_key_id());
        static_cast<void>(session.credentials());
        break;
      }
      case 2: {  // destroyed while its refresh is in flight
        RefreshableSession session{CustomOptions{.method = [](const ResolveContext& context) -> Credentials {
          while (!context.stop.stop_requested()) {
            std::this_thread::sleep_for(std::chrono::microseconds{100});
          }
          throw std::runtime_error{"told to stop"};
        }}};
        EXPECT_THROW(static_cast<void>(session.credentials(milliseconds{1})), CredentialError);
        break;
      }
      case 3: {  // fails
        RefreshableSession session{CustomOptions{.method = []() -> Credentials { throw std::runtime_error{"no"}; }}};
        EXPECT_THROW(static_cast<void>(session.credentials()), Error);
        break;
      }
      default: {  // a snapshot outlives its session
        CredentialsSnapshot kept;
        {
          RefreshableSession session{sts_};
          kept = session.credentials();
        }
        EXPECT_FALSE(kept->empty());
      }
    }
  }

  emulator::Emulator emulator_;
  AssumeRoleOptions sts_;
};

TEST_F(Leaks, TenThousandSessionsLeaveNoThreadNoFileAndNoMemory) {
  constexpr std::size_t kSessions = 10'000;
  for (std::size_t turn = 0; turn < kSessions; ++turn) {  // pools and caches fill
    one_life(turn);
  }
  const Holdings before;
  for (std::size_t turn = 0; turn < kSessions; ++turn) {
    one_life(turn);
  }
  const auto after = settled(before);
  std::printf(
      "          before   after 10,000 sessions\nthreads   %6zu   %6zu\nfiles     %6zu   %6zu\nmemory    %6zu   %6zu "
      "KiB\n",
      before.threads, after.threads, before.files, after.files, before.resident_kib, after.resident_kib);
  EXPECT_LE(after.threads, before.threads);
  EXPECT_LE(after.files, before.files);
  if (!kSanitized) {  // a sanitizer keeps freed memory, to catch its use
    EXPECT_LE(after.resident_kib, before.resident_kib + 1'024) << "100 bytes a session";
  }
}

TEST_F(Leaks, SessionsOfManyThreadsLeaveNoThreadAndNoFile) {
  constexpr std::size_t kThreads = 8;
  const auto crowd = [this] {
    std::vector<std::jthread> threads;
    for (std::size_t thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([this, thread] {
        for (std::size_t turn = 0; turn < 100; ++turn) {
          one_life(turn + thread);
        }
      });
    }
  };
  crowd();
  const Holdings before;
  crowd();
  // The transport keeps as many connections as were in use at once; that number varies, up to one a thread, and the
  // emulator in this process holds the other end of each.
  const auto after = settled(before);
  EXPECT_LE(after.threads, before.threads + kThreads);
  EXPECT_LE(after.files, before.files + 2 * kThreads);
}

TEST_F(Leaks, DestructionIsPromptWhileStsHangs) {
  for (int round = 0; round < 20; ++round) {
    emulator_.add_fault({.kind = emulator::FaultKind::hang, .count = 1});
    const auto arrived = emulator_.arrived(emulator::Action::assume_role);
    auto session = std::make_unique<RefreshableSession>(sts_);
    EXPECT_THROW(static_cast<void>(session->credentials(milliseconds{0})), CredentialError);
    ASSERT_TRUE(emulator_.wait_for_arrivals(emulator::Action::assume_role, arrived + 1, std::chrono::seconds{5}));
    const auto begin = steady_clock::now();
    session.reset();
    EXPECT_LT(steady_clock::now() - begin, milliseconds{kSanitized ? 1'000 : 250});
    emulator_.release_hanging();
  }
}

}  // namespace
}  // namespace aws_refresh_session::testing
