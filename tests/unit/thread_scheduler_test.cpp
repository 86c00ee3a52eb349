#include <aws_refresh_session/exceptions.hpp>
#include <aws_refresh_session/scheduler.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <latch>
#include <memory>
#include <thread>
#include <vector>

namespace aws_refresh_session {
namespace {

using namespace std::chrono_literals;

TEST(ThreadScheduler, RunsEveryJobOnce) {
  const auto scheduler = make_thread_scheduler();
  std::latch done{100};
  for (int job = 0; job < 100; ++job) {
    scheduler->run([&] { done.count_down(); });
  }
  done.wait();
}

TEST(ThreadScheduler, TimedJobRunsAtTheSteadyMomentWhenTheWallMomentIsFar) {
  const auto scheduler = make_thread_scheduler();
  std::latch done{1};
  const auto due = std::chrono::steady_clock::now() + 20ms;
  SteadyTime ran;
  scheduler->run_at(due, WallTime::max(), [&] {
    ran = std::chrono::steady_clock::now();
    done.count_down();
  });
  done.wait();
  EXPECT_GE(ran, due);
}

TEST(ThreadScheduler, TimedJobRunsAtTheWallMomentWhenTheSteadyMomentIsFar) {
  const auto scheduler = make_thread_scheduler();
  std::latch done{1};
  scheduler->run_at(SteadyTime::max(), std::chrono::system_clock::now() + 20ms, [&] { done.count_down(); });
  done.wait();
}

TEST(ThreadScheduler, EarlierJobOvertakesALaterOne) {
  const auto scheduler = make_thread_scheduler();
  std::latch done{1};
  scheduler->run_at(std::chrono::steady_clock::now() + 1h, WallTime::max(), [] { FAIL(); });
  scheduler->run_at(std::chrono::steady_clock::now() + 10ms, WallTime::max(), [&] { done.count_down(); });
  done.wait();
}

TEST(ThreadScheduler, CancelledJobNeverRuns) {
  const auto scheduler = make_thread_scheduler();
  std::latch done{1};
  const auto due = std::chrono::steady_clock::now() + 30ms;
  const auto cancelled = scheduler->run_at(due, WallTime::max(), [] { ADD_FAILURE() << "ran"; });
  scheduler->run_at(due + 10ms, WallTime::max(), [&] { done.count_down(); });
  scheduler->cancel(cancelled);
  scheduler->cancel(cancelled);
  scheduler->cancel(12'345);
  done.wait();
}

TEST(ThreadScheduler, StuckJobsDoNotStopOthers) {
  const auto scheduler = make_thread_scheduler({.threads = 2, .stalled_after = 10ms, .max_threads = 16});
  std::latch door{1};
  std::latch stuck{4};
  std::latch done{1};
  for (int job = 0; job < 4; ++job) {
    scheduler->run([&] {
      door.wait();
      stuck.count_down();
    });
  }
  scheduler->run([&] { done.count_down(); });
  done.wait();
  door.count_down();
  stuck.wait();
}

TEST(ThreadScheduler, DestructionDropsWhatHasNotStarted) {
  auto owned = std::make_shared<int>(1);
  {
    const auto scheduler = make_thread_scheduler();
    scheduler->run_at(std::chrono::steady_clock::now() + 1h, WallTime::max(), [owned] {});
  }
  EXPECT_EQ(owned.use_count(), 1);
}

TEST(ThreadScheduler, JobMayBeTheLastOwnerOfTheScheduler) {
  auto scheduler = make_thread_scheduler();
  auto door = std::make_shared<std::latch>(1);
  auto done = std::make_shared<std::latch>(1);
  auto* raw = scheduler.get();
  raw->run([owner = std::move(scheduler), door, done]() mutable {
    door->wait();
    owner.reset();
    done->count_down();
  });
  door->count_down();
  done->wait();
}

TEST(ThreadScheduler, OptionsThatCannotWorkAreRefused) {
  EXPECT_THROW(static_cast<void>(make_thread_scheduler({.threads = 0})), ValidationError);
  EXPECT_THROW(static_cast<void>(make_thread_scheduler({.threads = 4, .max_threads = 3})), ValidationError);
  EXPECT_THROW(static_cast<void>(make_thread_scheduler({.stalled_after = std::chrono::milliseconds::max()})),
               ValidationError);
  EXPECT_THROW(static_cast<void>(make_thread_scheduler({.idle_timeout = 0ms})), ValidationError);
}

TEST(ThreadScheduler, JobThatThrowsEndsNothing) {
  const auto scheduler = make_thread_scheduler({.threads = 1});
  std::latch done{1};
  scheduler->run([] { throw std::runtime_error{"no"}; });
  scheduler->run([&] { done.count_down(); });
  done.wait();
}

TEST(ThreadScheduler, ThousandsOfTimersKeepTheirOrder) {
  const auto scheduler = make_thread_scheduler({.threads = 1});
  std::vector<int> order;
  std::latch done{1};
  const auto start = std::chrono::steady_clock::now() + 200ms;
  for (int job = 1999; job >= 0; --job) {
    scheduler->run_at(start + std::chrono::microseconds{job}, WallTime::max(), [&, job] {
      order.push_back(job);
      if (order.size() == 2000) {
        done.count_down();
      }
    });
  }
  done.wait();
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
}

}  // namespace
}  // namespace aws_refresh_session
