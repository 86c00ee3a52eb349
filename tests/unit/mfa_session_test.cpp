// The sets of a device that a process keeps. What roles do with them: mfa_roles_test.cpp.

#include "providers/mfa_session.hpp"

#include "support/sanitizers.hpp"

#include <aws_refresh_session/testing/fake_clock.hpp>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>

namespace aws_refresh_session::providers {
namespace {

using namespace std::chrono_literals;

/// A fake clock that counts who waits by it.
class CountingClock final : public Clock {
 public:
  testing::FakeClock time;
  mutable std::atomic<int> waits{0};

  [[nodiscard]] WallTime now() const noexcept override { return time.now(); }
  [[nodiscard]] SteadyTime steady_now() const noexcept override { return time.steady_now(); }
  bool wait_until(std::condition_variable& condition, std::unique_lock<std::mutex>& lock,
                  SteadyTime deadline) const override {
    ++waits;
    return time.wait_until(condition, lock, deadline);
  }
  void until_somebody_waits() const {
    while (waits == 0) {
      std::this_thread::yield();
    }
  }
};

class MfaSessionsTest : public ::testing::Test {
 protected:
  MfaSessions sessions;
  CountingClock clock;
  ClockSkew skew;
  const MfaSessionKey key{"https://sts.example/", "AKIABASE", "arn:aws:iam::123456789012:mfa/me"};
  int opened = 0;

  std::shared_ptr<const Credentials> make_set() {
    return std::make_shared<const Credentials>("ASIA" + std::to_string(++opened), "SECRETCANARY/key",
                                               "SECRETCANARY/token", clock.now() + 12h);
  }
  MfaSession get(const MfaSessions::Open& open, const ResolveContext& context = {}) {
    return sessions.get(key, open, clock, skew, context);
  }
  /// The access key id of the set that will do now.
  std::string current(const MfaSessionKey& of) {
    return sessions.get(of, [this] { return make_set(); }, clock, skew, {}).credentials->access_key_id();
  }
  std::string current() { return current(key); }
};

TEST_F(MfaSessionsTest, OneSetAnEndpointKeyAndDevice) {
  EXPECT_EQ(current(), "ASIA1");
  EXPECT_EQ(current(), "ASIA1");
  auto elsewhere = key;
  elsewhere.endpoint_url = "https://sts.other/";
  EXPECT_EQ(current(elsewhere), "ASIA2");
  auto device = key;
  device.serial_number = "GAHT12345678";
  EXPECT_EQ(current(device), "ASIA3");
  EXPECT_EQ(current(), "ASIA1");
}

TEST_F(MfaSessionsTest, AnotherBaseKeyDropsTheSetOfTheOneBefore) {
  EXPECT_EQ(current(), "ASIA1");
  auto rotated = key;
  rotated.base_access_key_id = "AKIAROTATED";
  EXPECT_EQ(current(rotated), "ASIA2");
  EXPECT_EQ(current(), "ASIA3") << "the first key's set is gone";
  EXPECT_EQ(current(rotated), "ASIA2") << "two keys in use at once do not take turns to ask";
}

TEST_F(MfaSessionsTest, SetIsUsedUntilAMinuteBeforeItsEndByTheServicesClock) {
  EXPECT_EQ(current(), "ASIA1");
  clock.time.advance(12h - 61s);
  EXPECT_EQ(current(), "ASIA1");
  clock.time.advance(1s);
  EXPECT_EQ(current(), "ASIA2");
  skew.set(12h);
  EXPECT_EQ(current(), "ASIA3");
}

TEST_F(MfaSessionsTest, OnlyTheSetThatWasRefusedIsDropped) {
  const auto first = get([this] { return make_set(); });
  EXPECT_TRUE(first.is_new);
  sessions.drop(key, first.credentials);
  const auto second = get([this] { return make_set(); });
  sessions.drop(key, first.credentials);
  const auto third = get([this] { return make_set(); });
  EXPECT_FALSE(third.is_new);
  EXPECT_EQ(third.credentials, second.credentials);
}

TEST_F(MfaSessionsTest, InvalidateMeansTheSetItsBaseAndItsRoles) {
  EXPECT_EQ(current(), "ASIA1");
  sessions.note_role(key, "ASIAROLE");
  sessions.invalidate("ASIASOMEBODY");
  EXPECT_EQ(current(), "ASIA1");
  sessions.invalidate("ASIAROLE");
  EXPECT_EQ(current(), "ASIA2");
  sessions.invalidate("ASIAROLE");
  EXPECT_EQ(current(), "ASIA2") << "that role came of the set before";
  sessions.invalidate("ASIA2");
  EXPECT_EQ(current(), "ASIA3");
  sessions.invalidate("AKIABASE");
  EXPECT_EQ(current(), "ASIA4");
}

TEST_F(MfaSessionsTest, ThatTheServiceOpensNoneIsNotAskedAgain) {
  int asked = 0;
  const auto open_none = [&] {
    ++asked;
    return std::shared_ptr<const Credentials>{};
  };
  const auto first = get(open_none);
  EXPECT_EQ(first.credentials, nullptr);
  EXPECT_TRUE(first.is_new);
  EXPECT_FALSE(get(open_none).is_new);
  EXPECT_EQ(asked, 1);
  sessions.invalidate("AKIABASE");
  EXPECT_EQ(get(open_none).credentials, nullptr);
  EXPECT_EQ(asked, 1);
}

TEST_F(MfaSessionsTest, ConcurrentAskersShareOneQuestion) {
  std::future<MfaSession> other;
  const auto mine = get([&] {
    other = std::async(std::launch::async, [&] { return get([this] { return make_set(); }); });
    clock.until_somebody_waits();
    return make_set();
  });
  const auto others = other.get();
  EXPECT_EQ(others.credentials, mine.credentials);
  EXPECT_TRUE(others.is_new);
  EXPECT_EQ(opened, 1);
}

TEST_F(MfaSessionsTest, ConcurrentAskersShareOneFailureAndTheNextQuestionIsANewOne) {
  std::future<MfaSession> other;
  EXPECT_THROW(static_cast<void>(get([&]() -> std::shared_ptr<const Credentials> {
                 other = std::async(std::launch::async, [&] { return get([this] { return make_set(); }); });
                 clock.until_somebody_waits();
                 throw ConfigurationError{{.message = "no code", .code = "MfaTokenInvalid"}};
               })),
               ConfigurationError);
  EXPECT_THROW(static_cast<void>(other.get()), ConfigurationError);
  EXPECT_EQ(opened, 0);
  EXPECT_EQ(current(), "ASIA1");
}

TEST_F(MfaSessionsTest, WhenTheOneWhoAskedIsStoppedTheNextOneAsks) {
  std::stop_source stop;
  std::future<MfaSession> other;
  EXPECT_THROW(static_cast<void>(get(
                   [&]() -> std::shared_ptr<const Credentials> {
                     other = std::async(std::launch::async, [&] { return get([this] { return make_set(); }); });
                     clock.until_somebody_waits();
                     stop.request_stop();
                     throw ConnectionError{{.message = "stopped", .code = "Cancelled", .kind = ErrorKind::cancelled}};
                   },
                   {.stop = stop.get_token()})),
               ConnectionError);
  EXPECT_EQ(other.get().credentials->access_key_id(), "ASIA1");
}

TEST_F(MfaSessionsTest, WhoWaitsDoesSoUntilItsDeadlineOrItsStop) {
  const auto code_of = [&](const ResolveContext& context) {
    try {
      static_cast<void>(get([this] { return make_set(); }, context));
    } catch (const ConnectionError& error) {
      return error.code();
    }
    return std::string{};
  };
  std::stop_source stop;
  static_cast<void>(get([&] {
    auto late = std::async(std::launch::async, [&] { return code_of({.deadline = clock.steady_now() + 5s}); });
    clock.until_somebody_waits();
    clock.time.advance(5s);
    EXPECT_EQ(late.get(), "Timeout");
    clock.waits = 0;
    auto stopped = std::async(std::launch::async, [&] { return code_of({.stop = stop.get_token()}); });
    clock.until_somebody_waits();
    stop.request_stop();
    EXPECT_EQ(stopped.get(), "Cancelled");
    return make_set();
  }));
  EXPECT_EQ(opened, 1);
}

TEST_F(MfaSessionsTest, QuestionThatAsksItselfIsRefused) {
  EXPECT_THROW(static_cast<void>(get([&] { return get([this] { return make_set(); }).credentials; })),
               ConfigurationError);
  EXPECT_EQ(current(), "ASIA1");
}

TEST_F(MfaSessionsTest, ForkDuringAQuestionLeavesParentAndChildWorking) {
  if (!support::kAllocatorSurvivesFork) {
    GTEST_SKIP() << support::kWhyNoForkBesideThreads;
  }
  std::promise<void> asking;
  std::promise<void> answer;
  auto asker = std::async(std::launch::async, [&] {
    return get([&] {
      asking.set_value();
      answer.get_future().wait();
      return make_set();
    });
  });
  asking.get_future().wait();
  const auto child = ::fork();
  if (child == 0) {
    ::alarm(20);  // a child that hangs is a failure, not a hung test
    ::_exit(current() == "ASIA1" ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  answer.set_value();
  EXPECT_EQ(asker.get().credentials->access_key_id(), "ASIA1");
  EXPECT_EQ(current(), "ASIA1");
}

}  // namespace
}  // namespace aws_refresh_session::providers
