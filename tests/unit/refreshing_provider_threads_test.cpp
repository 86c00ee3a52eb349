// The engine under real threads: single flight, readers that never wait, interleavings placed by latches,
// destruction. Time is real here, but nothing waits for it to pass: threads meet at latches.

#include "unit/refreshing_provider_support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <barrier>
#include <chrono>
#include <future>
#include <latch>
#include <set>
#include <thread>
#include <vector>

namespace aws_refresh_session {
namespace {

using namespace std::chrono_literals;

TEST(RefreshingProviderThreads, ThirtyTwoColdReadersMakeOneCallAndShareOneError) {
  Door door;
  auto source = std::make_shared<ScriptedSource>([&](const ResolveContext&) -> Credentials {
    door.pass();
    throw RequestError{{.message = "no", .code = "AccessDenied", .status_code = 403, .request_id = "the-one"}};
  });
  RefreshingCredentialsProvider provider{source};
  std::latch ready{33};
  std::atomic<int> refused{0};
  std::vector<std::jthread> readers;
  for (int index = 0; index < 32; ++index) {
    readers.emplace_back([&] {
      ready.arrive_and_wait();
      try {
        static_cast<void>(provider.credentials());
      } catch (const RequestError& error) {
        refused += error.request_id() == "the-one" ? 1 : 0;
      }
    });
  }
  ready.arrive_and_wait();
  door.open();
  readers.clear();
  EXPECT_EQ(refused, 32);
  EXPECT_EQ(source->calls, 1);
}

TEST(RefreshingProviderThreads, SixtyFourReadersNeverWaitForASlowSourceWhileASetIsValid) {
  Door door;
  std::atomic<bool> slow{false};
  auto source = std::make_shared<ScriptedSource>([&](const ResolveContext&) {
    if (slow) {
      door.pass();
    }
    return make_set("ASIA", 1h);
  });
  RefreshOptions options;
  options.advisory_window = 2h;  // always due: the slow path as often as it can be
  RefreshingCredentialsProvider provider{source, options};
  static_cast<void>(provider.credentials());
  slow = true;
  std::thread refresher{[&] { provider.refresh_now(); }};
  while (source->calls < 2) {
    std::this_thread::yield();
  }
  {
    std::vector<std::jthread> readers;
    for (int index = 0; index < 64; ++index) {
      readers.emplace_back([&] {
        for (int read = 0; read < 200; ++read) {
          EXPECT_EQ(provider.credentials()->access_key_id(), "ASIA");
        }
      });
    }
  }  // all have returned though the source has not: had one waited, this would hang
  door.open();
  refresher.join();
}

TEST(RefreshingProviderThreads, ReaderGivesUpAtItsDeadlineAndTheAnswerStillArrives) {
  Door door;
  auto source = std::make_shared<ScriptedSource>([&](const ResolveContext&) {
    door.pass();
    return make_set("ASIA", 1h);
  });
  RefreshingCredentialsProvider provider{source};
  try {
    static_cast<void>(provider.credentials(10ms));
    ADD_FAILURE();
  } catch (const CredentialError& error) {
    EXPECT_EQ(error.code(), "RefreshTimeout");
    EXPECT_EQ(error.kind(), ErrorKind::recoverable);
  }
  door.open();
  EXPECT_EQ(provider.credentials()->access_key_id(), "ASIA");
  EXPECT_EQ(source->calls, 1);
}

TEST(RefreshingProviderThreads, SnapshotsAreNeverTorn) {
  std::atomic<int> number{0};
  auto source =
      std::make_shared<ScriptedSource>([&](const ResolveContext&) { return make_set(std::to_string(++number), 1h); });
  RefreshingCredentialsProvider provider{source};
  static_cast<void>(provider.credentials());
  std::atomic<bool> stop{false};
  std::vector<std::jthread> readers;
  for (int index = 0; index < 4; ++index) {
    readers.emplace_back([&] {
      while (!stop) {
        const auto snapshot = provider.credentials();
        ASSERT_EQ("secret-SECRETCANARY-" + snapshot->access_key_id(), snapshot->secret_access_key().reveal());
        ASSERT_EQ("token-SECRETCANARY-" + snapshot->access_key_id(), snapshot->session_token().reveal());
      }
    });
  }
  for (int refresh = 0; refresh < 2000; ++refresh) {
    provider.refresh_now();
  }
  stop = true;
}

TEST(RefreshingProviderThreads, InvalidateDuringAFlightIsAnsweredByThatFlight) {
  Door door;
  std::atomic<int> number{0};
  auto source = std::make_shared<ScriptedSource>([&](const ResolveContext&) {
    if (++number == 2) {
      door.pass();
    }
    return make_set(std::to_string(number), 1h);
  });
  RefreshingCredentialsProvider provider{source};
  static_cast<void>(provider.credentials());
  std::thread refresher{[&] { provider.refresh_now(); }};
  while (number < 2) {
    std::this_thread::yield();
  }
  provider.invalidate("1");
  EXPECT_EQ(provider.state(), Freshness::none);
  auto reader = std::async(std::launch::async, [&] { return provider.credentials()->access_key_id(); });
  door.open();
  EXPECT_EQ(reader.get(), "2");
  refresher.join();
  EXPECT_EQ(source->calls, 2);
}

TEST(RefreshingProviderThreads, DestructionDoesNotWaitForASourceThatIgnoresIt) {
  struct Latches {
    std::latch called{1};
    std::latch door{1};
    std::latch returned{1};
  };
  const auto latches = std::make_shared<Latches>();
  auto source = std::make_shared<ScriptedSource>([latches](const ResolveContext&) {
    latches->called.count_down();
    latches->door.wait();
    latches->returned.count_down();
    return make_set("late", 1h);
  });
  auto provider = std::make_unique<RefreshingCredentialsProvider>(source);
  EXPECT_THROW(static_cast<void>(provider->credentials(1ms)), CredentialError);
  latches->called.wait();
  provider.reset();  // the source still waits at the door: returning from here is the proof
  latches->door.count_down();
  latches->returned.wait();
}

TEST(RefreshingProviderThreads, EventsComeInOrderAndBeforeTheReaderGoesOn) {
  auto source = std::make_shared<ScriptedSource>([](const ResolveContext&) { return make_set("ASIA", 1h); });
  RefreshingCredentialsProvider provider{source};
  std::mutex mutex;
  std::vector<RefreshEvent::Type> heard;
  const auto handle = provider.observe([&](const RefreshEvent& event) {
    const std::lock_guard lock{mutex};
    if (event.type != RefreshEvent::Type::state_change) {
      heard.push_back(event.type);
    }
  });
  for (std::size_t refresh = 1; refresh <= 200; ++refresh) {
    provider.refresh_now();
    const std::lock_guard lock{mutex};
    ASSERT_EQ(heard.size(), 2 * refresh);
    ASSERT_EQ(heard[heard.size() - 2], RefreshEvent::Type::attempt);
    ASSERT_EQ(heard.back(), RefreshEvent::Type::success);
  }
}

TEST(RefreshingProviderThreads, DestructionCancelsASourceThatHeedsIt) {
  // Shared: the source's thread may still be looking at them when this test is over.
  struct Latches {
    std::latch called{1};
    std::latch cancelled{1};
  };
  const auto latches = std::make_shared<Latches>();
  auto source = std::make_shared<ScriptedSource>([latches](const ResolveContext& context) -> Credentials {
    const std::stop_callback heed{context.stop, [&] { latches->cancelled.count_down(); }};
    latches->called.count_down();
    latches->cancelled.wait();
    throw ConnectionError{{.message = "stopped", .kind = ErrorKind::cancelled}};
  });
  auto provider = std::make_unique<RefreshingCredentialsProvider>(source);
  EXPECT_THROW(static_cast<void>(provider->credentials(1ms)), CredentialError);
  latches->called.wait();
  provider.reset();
  latches->cancelled.wait();
}

TEST(RefreshingProviderThreads, ChainedSessionsDoNotFillThePoolWithWaiters) {
  const auto scheduler = make_thread_scheduler({.threads = 2, .stalled_after = 1h, .max_threads = 2});
  auto keys = std::make_shared<ScriptedSource>([](const ResolveContext&) { return make_set("base", 1h); });
  auto base =
      std::make_shared<RefreshingCredentialsProvider>(keys, RefreshOptions{}, EngineSeams{.scheduler = scheduler});
  std::vector<std::unique_ptr<RefreshingCredentialsProvider>> chained;
  for (int index = 0; index < 8; ++index) {
    auto source = std::make_shared<ScriptedSource>([base](const ResolveContext& context) {
      return make_set("role-of-" + base->resolve(context).access_key_id(), 1h);
    });
    chained.push_back(
        std::make_unique<RefreshingCredentialsProvider>(source, RefreshOptions{}, EngineSeams{.scheduler = scheduler}));
  }
  std::vector<std::jthread> readers;
  for (auto& each : chained) {
    readers.emplace_back([&each] { EXPECT_EQ(each->credentials()->access_key_id(), "role-of-base"); });
  }
  readers.clear();
  EXPECT_EQ(keys->calls, 1);
}

TEST(RefreshingProviderThreads, SourceThatHangsDelaysNoOtherSession) {
  const auto scheduler = make_thread_scheduler({.threads = 1, .stalled_after = 20ms, .max_threads = 8});
  Door door;
  auto stuck = std::make_shared<ScriptedSource>([&](const ResolveContext&) {
    door.pass();
    return make_set("stuck", 1h);
  });
  auto healthy = std::make_shared<ScriptedSource>([](const ResolveContext&) { return make_set("healthy", 1h); });
  RefreshingCredentialsProvider first{stuck, {}, {.scheduler = scheduler}};
  RefreshingCredentialsProvider second{healthy, {}, {.scheduler = scheduler}};
  EXPECT_THROW(static_cast<void>(first.credentials(1ms)), CredentialError);
  EXPECT_EQ(second.credentials()->access_key_id(), "healthy");
  door.open();
  EXPECT_EQ(first.credentials()->access_key_id(), "stuck");
}

TEST(RefreshingProviderThreads, BackgroundKeepsShortLivedSetsFreshUnderLoad) {
  std::atomic<int> number{0};
  auto source =
      std::make_shared<ScriptedSource>([&](const ResolveContext&) { return make_set(std::to_string(++number), 60ms); });
  RefreshingCredentialsProvider provider{source};
  std::vector<std::jthread> readers;
  for (int index = 0; index < 3; ++index) {
    readers.emplace_back([&] {
      while (number < 20) {
        const auto snapshot = provider.credentials();
        ASSERT_FALSE(snapshot->empty());
      }
    });
  }
}

}  // namespace
}  // namespace aws_refresh_session
