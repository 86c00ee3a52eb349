// fork() at every bad moment. Not built for sanitizers: their allocators do not survive a fork() while another thread
// allocates, and ThreadSanitizer's runtime cannot start threads in the child of a process that had some.

#include "unit/refreshing_provider_support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <thread>
#include <vector>

namespace aws_refresh_session {
namespace {

using namespace std::chrono_literals;

/// Runs `body` in a forked child and returns its exit status.
template <typename Body>
int in_child(Body body) {
  const auto child = ::fork();
  if (child == 0) {
    ::alarm(20);  // a child that hangs is a failure, not a hung test
    int status = 1;
    try {
      status = body() ? 0 : 1;
    } catch (...) {
      status = 2;
    }
    ::_exit(status);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

TEST(RefreshingProviderFork, ForkDuringARefreshLeavesParentAndChildWorking) {
  Door door;
  std::atomic<bool> wait_at_door{false};
  const auto parent = ::getpid();
  auto source = std::make_shared<ScriptedSource>([&](const ResolveContext&) {
    if (wait_at_door && ::getpid() == parent) {
      door.pass();
    }
    return make_set(::getpid() == parent ? "parent" : "child", 1h);
  });
  RefreshingCredentialsProvider provider{source};
  static_cast<void>(provider.credentials());
  wait_at_door = true;
  std::thread refresher{[&] { provider.refresh_now(); }};
  while (source->calls < 2) {
    std::this_thread::yield();
  }
  const int status = in_child([&] {
    return provider.credentials()->access_key_id() == "parent" && provider.refresh_now()->access_key_id() == "child" &&
           provider.credentials()->access_key_id() == "child";
  });
  EXPECT_EQ(status, 0);
  door.open();
  refresher.join();
  EXPECT_EQ(provider.refresh_now()->access_key_id(), "parent");
}

TEST(RefreshingProviderFork, ForkWithWaitingReadersLeavesParentAndChildWorking) {
  Door door;
  const auto parent = ::getpid();
  auto source = std::make_shared<ScriptedSource>([&](const ResolveContext&) {
    if (::getpid() == parent) {
      door.pass();
    }
    return make_set(::getpid() == parent ? "parent" : "child", 1h);
  });
  RefreshingCredentialsProvider provider{source};
  std::vector<std::jthread> readers;
  for (int index = 0; index < 4; ++index) {
    readers.emplace_back([&] { EXPECT_EQ(provider.credentials()->access_key_id(), "parent"); });
  }
  while (source->calls < 1) {
    std::this_thread::yield();
  }
  EXPECT_EQ(in_child([&] { return provider.credentials()->access_key_id() == "child"; }), 0);
  door.open();
}

TEST(RefreshingProviderFork, ForksAtAnyMomentOfABusyEngineLeaveTheChildWorking) {
  std::atomic<int> number{0};
  auto source =
      std::make_shared<ScriptedSource>([&](const ResolveContext&) { return make_set(std::to_string(++number), 40ms); });
  RefreshingCredentialsProvider provider{source};
  static_cast<void>(provider.credentials());
  std::atomic<bool> stop{false};
  std::vector<std::jthread> readers;
  for (int index = 0; index < 2; ++index) {
    readers.emplace_back([&] {
      while (!stop) {
        static_cast<void>(provider.credentials());
      }
    });
  }
  for (int fork = 0; fork < 25; ++fork) {
    EXPECT_EQ(in_child([&] {
                for (int read = 0; read < 3; ++read) {
                  provider.refresh_now();
                  static_cast<void>(provider.credentials());
                }
                return true;
              }),
              0)
        << "fork " << fork;
  }
  stop = true;
}

TEST(RefreshingProviderFork, ChildRefreshesInTheBackgroundAfterItsFirstRead) {
  const auto parent = ::getpid();
  std::atomic<int> in_the_child{0};
  auto source = std::make_shared<ScriptedSource>([&](const ResolveContext&) {
    in_the_child += ::getpid() == parent ? 0 : 1;
    return make_set("ASIA", 100ms);
  });
  RefreshingCredentialsProvider provider{source};
  static_cast<void>(provider.credentials());
  EXPECT_EQ(in_child([&] {
              static_cast<void>(provider.credentials());
              while (in_the_child < 3) {  // the alarm ends this if it never comes true
                std::this_thread::yield();
              }
              return true;
            }),
            0);
}

}  // namespace
}  // namespace aws_refresh_session
