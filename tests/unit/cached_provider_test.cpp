// One source behind one cache, as several processes have it: each with a provider of its own.

#include "support/warnings.hpp"

#include <aws_refresh_session/credential_cache.hpp>
#include <aws_refresh_session/testing/fake_clock.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace aws_refresh_session {
namespace {

using namespace std::chrono_literals;

/// In memory, with leases as files have them.
class MemoryCache final : public CredentialCache {
 public:
  std::optional<CacheEntry> load(const CacheKey& key) override {
    const std::scoped_lock lock{mutex_};
    const auto found = entries_.find(key.digest());
    return found == entries_.end() ? std::nullopt : std::optional{found->second};
  }
  void store(const CacheKey& key, const CacheEntry& entry) override {
    const std::scoped_lock lock{mutex_};
    entries_[key.digest()] = entry;
  }
  void remove(const CacheKey& key) override {
    const std::scoped_lock lock{mutex_};
    entries_.erase(key.digest());
  }
  std::unique_ptr<CacheLease> lease(const CacheKey& /*key*/, std::chrono::milliseconds limit,
                                    const std::stop_token& /*stop*/) override {
    class Lease final : public CacheLease {
     public:
      // Without a timed mutex, which ThreadSanitizer does not know: some time is any time.
      Lease(std::mutex& mutex, std::chrono::milliseconds limit) : lock_(mutex, std::try_to_lock) {
        if (!lock_ && limit > 0ms) {
          lock_.lock();
        }
      }
      [[nodiscard]] bool held() const noexcept override { return lock_.owns_lock(); }

     private:
      std::unique_lock<std::mutex> lock_;
    };
    ++waiting;
    auto lease = std::make_unique<Lease>(leases_, limit);
    --waiting;
    return lease;
  }
  std::vector<CacheEntry> list() override { return {}; }
  std::size_t clear() override { return 0; }

  std::atomic<int> waiting{0};

 private:
  std::mutex mutex_;
  std::mutex leases_;
  std::map<std::string, CacheEntry> entries_;
};

class Source final : public CredentialsProvider {
 public:
  Credentials resolve(const ResolveContext& context) override {
    const int call = ++calls;
    return answer(call, context);
  }
  [[nodiscard]] std::string_view name() const noexcept override { return "source"; }
  void invalidate(std::string_view access_key_id) override { invalidated = access_key_id; }
  [[nodiscard]] bool interactive() const noexcept override { return asks_a_person; }

  std::atomic<int> calls{0};
  std::string invalidated;
  bool asks_a_person = false;
  std::function<Credentials(int, const ResolveContext&)> answer;
};

class CachedProvider : public ::testing::Test {
 protected:
  CachedProvider() {
    source_->answer = [this](int call, const ResolveContext& /*context*/) { return set(call); };
  }

  [[nodiscard]] Credentials set(int number, std::chrono::seconds life = 1h) const {
    return {"ASIA" + std::to_string(number), "SECRETCANARY", "SECRETCANARY", clock_->now() + life, "", "source"};
  }
  [[nodiscard]] std::shared_ptr<CredentialsProvider> process(CachedProviderOptions options = {}) const {
    options.clock = clock_;
    return make_cached_provider(source_, cache_, key_, std::move(options));
  }
  std::string id(CredentialsProvider& provider) const { return provider.resolve({}).access_key_id(); }
  std::string id() const { return id(*process()); }
  void fail(ErrorKind kind = ErrorKind::recoverable) const {
    source_->answer = [kind](int, const ResolveContext&) -> Credentials {
      throw RequestError{{.message = "STS is down.", .code = "InternalFailure", .status_code = 500, .kind = kind}};
    };
  }

  std::shared_ptr<testing::FakeClock> clock_ = std::make_shared<testing::FakeClock>();
  std::shared_ptr<Source> source_ = std::make_shared<Source>();
  std::shared_ptr<MemoryCache> cache_ = std::make_shared<MemoryCache>();
  CacheKey key_{"role app"};
};

TEST_F(CachedProvider, ASecondProcessAsksNobodyUntilHalfOfTheLifeIsOver) {
  EXPECT_EQ(id(), "ASIA1");
  EXPECT_EQ(id(), "ASIA1");
  clock_->advance(29min);
  EXPECT_EQ(id(), "ASIA1");
  clock_->advance(2min);
  EXPECT_EQ(id(), "ASIA2");
  EXPECT_EQ(id(), "ASIA2");
  EXPECT_EQ(source_->calls, 2);
}

TEST_F(CachedProvider, WhoAsksAgainWantsAnotherSet) {
  const auto one = process();
  const auto two = process();
  EXPECT_EQ(id(*one), "ASIA1");
  EXPECT_EQ(id(*two), "ASIA1");
  // As an engine asks that refreshes earlier than half-way.
  clock_->advance(15min);
  EXPECT_EQ(id(*one), "ASIA2");
  EXPECT_EQ(id(*two), "ASIA2");
  EXPECT_EQ(source_->calls, 2);
}

TEST_F(CachedProvider, AnExplicitWindowCounts) {
  EXPECT_EQ(id(), "ASIA1");
  clock_->advance(50min);
  EXPECT_EQ(id(*process({.advisory_window = 5min})), "ASIA1");
  EXPECT_EQ(id(*process({.advisory_window = 11min})), "ASIA2");
}

TEST_F(CachedProvider, WhenTheSourceFailsTheRestIsGivenToWhoHasNothing) {
  const auto old = process();
  EXPECT_EQ(id(*old), "ASIA1");
  clock_->advance(50min);
  fail();
  const support::RecordedWarnings warnings;
  EXPECT_EQ(id(), "ASIA1");
  EXPECT_NE(warnings.text().find("STS is down"), std::string::npos);
  // This one has that set already: the engine above it keeps it, and learns of the failure.
  EXPECT_THROW(id(*old), RequestError);
  clock_->advance(11min);
  EXPECT_THROW(id(), RequestError);
}

TEST_F(CachedProvider, AFailureIsNotedBesideTheSetAndASuccessForgetsIt) {
  EXPECT_EQ(id(), "ASIA1");
  clock_->advance(50min);
  fail();
  EXPECT_EQ(id(), "ASIA1");
  ASSERT_TRUE(cache_->load(key_)->last_failure);
  EXPECT_EQ(cache_->load(key_)->last_failure->code, "InternalFailure");
  EXPECT_EQ(cache_->load(key_)->credentials->access_key_id(), "ASIA1");
  source_->answer = [this](int call, const ResolveContext&) { return set(call); };
  clock_->advance(1min);
  EXPECT_EQ(id(), "ASIA3");
  EXPECT_FALSE(cache_->load(key_)->last_failure);
}

TEST_F(CachedProvider, ManyColdProcessesMakeOneCallAndShareTheSet) {
  std::atomic<bool> go{false};
  source_->answer = [&](int call, const ResolveContext&) {
    go.wait(false);
    return set(call);
  };
  constexpr int kMany = 16;
  std::vector<std::string> ids(kMany);
  {
    std::vector<std::jthread> processes;
    for (auto& each : ids) {
      processes.emplace_back([&] { each = id(); });
    }
    // One is in the source, the others wait for its lease.
    while (source_->calls != 1 || cache_->waiting != kMany - 1) {
      std::this_thread::yield();
    }
    go = true;
    go.notify_all();
  }
  EXPECT_EQ(source_->calls, 1);
  EXPECT_EQ(ids, std::vector<std::string>(kMany, "ASIA1"));
}

TEST_F(CachedProvider, ManyColdProcessesShareARefusal) {
  std::atomic<bool> go{false};
  source_->answer = [&](int, const ResolveContext&) -> Credentials {
    go.wait(false);
    throw RequestError{{.message = "Not you.", .code = "AccessDenied", .status_code = 403}};
  };
  constexpr int kMany = 16;
  std::atomic<int> refused{0};
  {
    std::vector<std::jthread> processes;
    for (int i = 0; i < kMany; ++i) {
      processes.emplace_back([&] {
        try {
          static_cast<void>(id());
        } catch (const RequestError& error) {
          refused +=
              error.code() == "AccessDenied" && error.status_code() == 403 && error.kind() == ErrorKind::non_recoverable
                  ? 1
                  : 0;
        }
      });
    }
    while (source_->calls != 1 || cache_->waiting != kMany - 1) {
      std::this_thread::yield();
    }
    go = true;
    go.notify_all();
  }
  EXPECT_EQ(source_->calls, 1);
  EXPECT_EQ(refused, kMany);
}

TEST_F(CachedProvider, AnOldFailureStopsNobody) {
  fail();
  EXPECT_THROW(id(), RequestError);
  clock_->advance(2s);
  source_->answer = [this](int call, const ResolveContext&) { return set(call); };
  EXPECT_EQ(id(), "ASIA2");
}

TEST_F(CachedProvider, WhoGetsNoLeaseInTimeFailsOnlyIfAPersonWouldBeAsked) {
  EXPECT_EQ(id(), "ASIA1");
  clock_->advance(50min);
  const auto held = cache_->lease(key_, 0ms, {});
  ASSERT_TRUE(held->held());
  source_->asks_a_person = true;
  const support::RecordedWarnings warnings;
  EXPECT_EQ(id(*process({.lease_timeout = 0ms})), "ASIA1");
  clock_->advance(11min);
  try {
    static_cast<void>(id(*process({.lease_timeout = 0ms})));
    FAIL();
  } catch (const ConnectionError& error) {
    EXPECT_EQ(error.code(), "Timeout");
    EXPECT_EQ(error.kind(), ErrorKind::recoverable);
  }
  EXPECT_EQ(source_->calls, 1);
  source_->asks_a_person = false;
  EXPECT_THROW(id(*process({.lease_timeout = 0ms})), ConnectionError);
  EXPECT_EQ(source_->calls, 1);
}

TEST_F(CachedProvider, AFailureOfALaterTimeStopsNobody) {
  // The clock was an hour ahead when it was noted.
  cache_->store(key_, {.last_failure = CachedFailure{.at = clock_->now() + 1h, .message = "no network"}});
  EXPECT_EQ(id(), "ASIA1");
}

TEST_F(CachedProvider, WhatWasAskedForWhileTheSettingsChangedIsNotKept) {
  std::string settings = "old";
  const auto current = [&] { return CacheKey{"role app"}.with("settings", settings); };
  const auto one = process({.current_key = current});
  source_->answer = [&](int call, const ResolveContext&) {
    settings = "new";
    return set(call);
  };
  EXPECT_EQ(id(*one), "ASIA1");
  EXPECT_FALSE(cache_->load(CacheKey{""}.with("settings", "old")));
  EXPECT_FALSE(cache_->load(CacheKey{""}.with("settings", "new")));
  EXPECT_EQ(id(*one), "ASIA2");
  EXPECT_EQ(cache_->load(CacheKey{""}.with("settings", "new"))->credentials->access_key_id(), "ASIA2");
}

TEST_F(CachedProvider, ARefusedSetIsNeverGivenAgain) {
  const auto one = process();
  EXPECT_EQ(id(*one), "ASIA1");
  one->invalidate("ASIA1");
  EXPECT_EQ(source_->invalidated, "ASIA1");
  EXPECT_FALSE(cache_->load(key_));
  // Another process may still put it back.
  cache_->store(key_, {.label = "", .credentials = set(1), .received = clock_->now()});
  EXPECT_EQ(id(*one), "ASIA2");
}

TEST_F(CachedProvider, WhatDoesNotExpireOrIsNotWantedIsNotKept) {
  source_->answer = [](int, const ResolveContext&) { return Credentials{"AKIA", "SECRETCANARY"}; };
  EXPECT_EQ(id(), "AKIA");
  EXPECT_FALSE(cache_->load(key_));
  source_->answer = [this](int call, const ResolveContext&) { return set(call); };
  EXPECT_EQ(id(*process({.keep = [](const Credentials&) { return false; }})), "ASIA2");
  EXPECT_FALSE(cache_->load(key_));
  source_->answer = [this](int call, const ResolveContext&) { return set(call, -1s); };
  EXPECT_EQ(id(), "ASIA3");
  EXPECT_FALSE(cache_->load(key_));
}

TEST_F(CachedProvider, CancelledAndNotConfiguredLeaveNoTrace) {
  for (const auto kind : {ErrorKind::cancelled, ErrorKind::not_configured}) {
    fail(kind);
    EXPECT_THROW(id(), RequestError);
    EXPECT_FALSE(cache_->load(key_));
  }
}

TEST_F(CachedProvider, NullsAreRefused) {
  EXPECT_THROW(static_cast<void>(make_cached_provider(nullptr, cache_, key_)), ValidationError);
  EXPECT_THROW(static_cast<void>(make_cached_provider(source_, nullptr, key_)), ValidationError);
}

}  // namespace
}  // namespace aws_refresh_session
