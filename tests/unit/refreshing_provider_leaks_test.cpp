// What sessions leave behind: nothing. A program of its own, because it counts the process's threads.

#include "unit/refreshing_provider_support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <thread>
#include <vector>

namespace aws_refresh_session {
namespace {

using namespace std::chrono_literals;

std::size_t count_entries(const char* directory) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator{directory}, {}));
}

TEST(RefreshingProviderLeaks, TenThousandSessionsLeaveNoThreadAndNoDescriptor) {
  auto source = std::make_shared<ScriptedSource>([](const ResolveContext&) { return make_set("ASIA", 1h); });
  std::thread{[] {}}.join();  // a sanitizer starts a thread of its own with the first of the program's
  const auto threads_before = count_entries("/proc/self/task");
  const auto descriptors = count_entries("/proc/self/fd");
  for (int session = 0; session < 10'000; ++session) {
    RefreshingCredentialsProvider provider{source};
    if (session % 10 == 0) {
      static_cast<void>(provider.credentials());
    }
  }
  // A detached thread has said goodbye before the kernel has buried it, and the last one closes the timers.
  const auto settled = [&](std::size_t threads, std::size_t open) {
    return count_entries("/proc/self/task") <= threads && count_entries("/proc/self/fd") <= open;
  };
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  while (!settled(threads_before, descriptors) && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::yield();
  }
  EXPECT_LE(count_entries("/proc/self/fd"), descriptors);
  EXPECT_LE(count_entries("/proc/self/task"), threads_before);
}

TEST(RefreshingProviderLeaks, TenThousandLivingSessionsShareTheirThreads) {
  const auto scheduler = make_thread_scheduler();
  auto source = std::make_shared<ScriptedSource>([](const ResolveContext&) { return make_set("ASIA", 1h); });
  std::vector<std::unique_ptr<RefreshingCredentialsProvider>> sessions;
  for (int session = 0; session < 10'000; ++session) {
    sessions.push_back(
        std::make_unique<RefreshingCredentialsProvider>(source, RefreshOptions{}, EngineSeams{.scheduler = scheduler}));
    static_cast<void>(sessions.back()->credentials());
  }
  EXPECT_LE(count_entries("/proc/self/task"), 8U);  // main, the timer, four workers; TSan has one of its own
  EXPECT_EQ(source->calls, 10'000);
}

}  // namespace
}  // namespace aws_refresh_session
