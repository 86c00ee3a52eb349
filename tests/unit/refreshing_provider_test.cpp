// The refresh rule, state by state, on faked time. Threads: refreshing_provider_threads_test.cpp.

#include "unit/refreshing_provider_support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <ctime>
#include <string>
#include <vector>

namespace aws_refresh_session {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

RefreshOptions without_jitter() {
  RefreshOptions options;
  options.advisory_jitter = 0;
  return options;
}

// ---- states ----

TEST(RefreshingProvider, FreshSetIsServedWithoutAskingTheSource) {
  EngineFixture engine;
  const auto first = engine.provider->credentials();
  EXPECT_EQ(first.freshness(), Freshness::fresh);
  for (int read = 0; read < 1000; ++read) {
    EXPECT_EQ(engine.provider->credentials()->access_key_id(), "ASIA1");
  }
  EXPECT_EQ(engine.source->calls, 1);
}

TEST(RefreshingProvider, ConstructionAsksNobody) {
  const EngineFixture engine;
  EXPECT_EQ(engine.source->calls, 0);
  EXPECT_EQ(engine.provider->state(), Freshness::none);
  EXPECT_EQ(engine.provider->expiration(), std::nullopt);
  EXPECT_EQ(engine.scheduler->timed(), 0U);
}

TEST(RefreshingProvider, HalfOfTheLifeBringsTheNextSetWithoutAReader) {
  EngineFixture engine{without_jitter()};
  static_cast<void>(engine.provider->credentials());
  engine.scheduler->advance(30min - 1s);
  EXPECT_EQ(engine.source->calls, 1);
  engine.scheduler->advance(2s);
  EXPECT_EQ(engine.source->calls, 2);
  EXPECT_EQ(engine.provider->credentials()->access_key_id(), "ASIA2");
}

TEST(RefreshingProvider, JitterMakesTheWindowLongerByUpToATenthAndNeverShorter) {
  WallTime earliest = WallTime::max();
  WallTime latest = WallTime::min();
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    EngineFixture engine{{}, 1h, EngineFixture::Mode::immediate, seed * 7919};
    const auto start = engine.clock->now();
    static_cast<void>(engine.provider->credentials());
    while (engine.source->calls < 2) {
      engine.scheduler->advance(1s);
    }
    const auto asked = WallTime{} + (engine.clock->now() - start);
    earliest = std::min(earliest, asked);
    latest = std::max(latest, asked);
  }
  EXPECT_GE(earliest, WallTime{} + 27min - 2s);
  EXPECT_LE(latest, WallTime{} + 30min + 2s);
  EXPECT_GT(latest - earliest, 2min);
}

TEST(RefreshingProvider, AdvisoryReadGetsTheSnapshotWhileOneRefreshIsInFlight) {
  EngineFixture engine{without_jitter(), 1h, EngineFixture::Mode::queued};
  static_cast<void>(engine.scheduler);
  engine.source->answer_with(engine.healthy());
  engine.provider->invalidate("none");
  EXPECT_THROW(static_cast<void>(engine.provider->credentials(0ms)), CredentialError);
  engine.scheduler->run_ready();
  engine.clock->advance(40min);  // no timer runs: the reader finds the set in its advisory window
  for (int read = 0; read < 10; ++read) {
    const auto snapshot = engine.provider->credentials();
    EXPECT_EQ(snapshot->access_key_id(), "ASIA1");
    EXPECT_EQ(snapshot.freshness(), Freshness::advisory);
  }
  EXPECT_EQ(engine.scheduler->ready(), 1U);
  EXPECT_EQ(engine.source->calls, 1);
  engine.scheduler->run_ready();
  EXPECT_EQ(engine.source->calls, 2);
  EXPECT_EQ(engine.provider->credentials()->access_key_id(), "ASIA2");
}

TEST(RefreshingProvider, MandatoryReadIsMarkedAsRunningOutAndDoesNotWait) {
  EngineFixture engine{without_jitter(), 1h, EngineFixture::Mode::queued};
  EXPECT_THROW(static_cast<void>(engine.provider->credentials(0ms)), CredentialError);
  engine.scheduler->run_ready();
  engine.clock->advance(59min + 30s);
  const auto snapshot = engine.provider->credentials();
  EXPECT_EQ(snapshot.freshness(), Freshness::mandatory);
  EXPECT_EQ(snapshot->access_key_id(), "ASIA1");
}

TEST(RefreshingProvider, MandatoryWaitGivesTheFreshSetWhenTheSourceAnswersInTime) {
  auto options = without_jitter();
  options.mandatory_wait = 1s;
  options.background_refresh = false;
  EngineFixture engine{options};
  static_cast<void>(engine.provider->credentials());
  engine.clock->advance(59min + 30s);
  EXPECT_EQ(engine.provider->credentials()->access_key_id(), "ASIA2");
}

TEST(RefreshingProvider, ExpiredSetIsNeverServed) {
  EngineFixture engine{without_jitter()};
  static_cast<void>(engine.provider->credentials());
  engine.source->answer_with(EngineFixture::failing());
  engine.scheduler->advance(61min);
  EXPECT_EQ(engine.provider->state(), Freshness::expired);
  EXPECT_THROW(static_cast<void>(engine.provider->credentials()), RequestError);
  engine.source->answer_with(engine.healthy());
  engine.scheduler->advance(30s);
  EXPECT_EQ(engine.provider->credentials().freshness(), Freshness::fresh);
}

TEST(RefreshingProvider, SetWithoutExpirationStaysFreshForEver) {
  EngineFixture engine;
  engine.source->answer_with([](const ResolveContext&) { return Credentials{"AKIA", "secret"}; });
  static_cast<void>(engine.provider->credentials());
  engine.scheduler->advance(24h * 365);
  EXPECT_EQ(engine.provider->credentials().freshness(), Freshness::fresh);
  EXPECT_EQ(engine.source->calls, 1);
}

// ---- windows ----

struct WindowCase {
  std::string name;
  std::chrono::seconds lifetime;
  std::optional<std::chrono::milliseconds> advisory;
  std::optional<std::chrono::milliseconds> mandatory;
  std::chrono::seconds advisory_starts;   // before expiration
  std::chrono::seconds mandatory_starts;  // before expiration
};

class Windows : public ::testing::TestWithParam<WindowCase> {};

TEST_P(Windows, StatesBeginWhereTheRuleSays) {
  const auto& [name, lifetime, advisory, mandatory, advisory_starts, mandatory_starts] = GetParam();
  auto options = without_jitter();
  options.advisory_window = advisory;
  options.mandatory_window = mandatory;
  options.background_refresh = false;
  EngineFixture engine{options, lifetime, EngineFixture::Mode::queued};
  EXPECT_THROW(static_cast<void>(engine.provider->credentials(0ms)), CredentialError);
  engine.scheduler->run_ready();
  const auto expiration = *engine.provider->expiration();
  const auto state_before = [&](std::chrono::milliseconds before_expiration) {
    engine.clock->advance(expiration - before_expiration - engine.clock->now());
    return engine.provider->state();
  };
  if (advisory_starts < lifetime) {
    EXPECT_EQ(state_before(advisory_starts + 1ms), Freshness::fresh);
  }
  if (advisory_starts > mandatory_starts && mandatory_starts < lifetime) {
    EXPECT_EQ(state_before(std::min<std::chrono::milliseconds>(advisory_starts, lifetime)), Freshness::advisory);
    EXPECT_EQ(state_before(mandatory_starts + 1ms), Freshness::advisory);
  }
  EXPECT_EQ(state_before(std::min<std::chrono::milliseconds>(mandatory_starts, lifetime)), Freshness::mandatory);
  EXPECT_EQ(state_before(1ms), Freshness::mandatory);
  EXPECT_EQ(state_before(0ms), Freshness::expired);
}

INSTANTIATE_TEST_SUITE_P(RefreshingProvider, Windows,
                         ::testing::Values(WindowCase{"OneHour", 1h, {}, {}, 30min, 60s},
                                           WindowCase{"FifteenMinutes", 15min, {}, {}, 450s, 60s},
                                           WindowCase{"FiveMinutes", 5min, {}, {}, 150s, 30s},
                                           WindowCase{"TenSeconds", 10s, {}, {}, 5s, 1s},
                                           WindowCase{"TwelveHours", 12h, {}, {}, 6h, 60s},
                                           WindowCase{"ReferenceDefaults", 1h, 900s, 600s, 900s, 600s},
                                           WindowCase{"OnlyAdvisory", 1h, 300s, {}, 300s, 60s},
                                           WindowCase{"OnlyMandatory", 1h, {}, 600s, 30min, 600s},
                                           WindowCase{"AdvisoryLongerThanLife", 15min, 900s, 600s, 900s, 600s},
                                           WindowCase{"MandatoryLongerThanLife", 5min, 900s, 600s, 900s, 600s}),
                         [](const auto& test) { return test.param.name; });

TEST(RefreshingProvider, WindowAsLongAsTheLifeAsksAtMostFourTimesALife) {
  auto options = without_jitter();
  options.advisory_window = 900s;
  options.mandatory_window = 600s;
  EngineFixture engine{options, 900s};
  for (int second = 0; second < 900; ++second) {
    EXPECT_NE(engine.provider->credentials().freshness(), Freshness::expired);
    engine.scheduler->advance(1s);
  }
  EXPECT_LE(engine.source->calls, 5);
}

TEST(RefreshingProvider, SourceThatRepeatsItsSetIsNotStormed) {
  EngineFixture engine{without_jitter()};
  const auto same = engine.make_set(1h);
  engine.source->answer_with([same](const ResolveContext&) { return same; });
  for (int second = 0; second < 3599; ++second) {
    static_cast<void>(engine.provider->credentials());
    engine.scheduler->advance(1s);
  }
  EXPECT_LE(engine.source->calls, 20);
}

struct BadOptionCase {
  std::string param;
  std::function<void(RefreshOptions&)> spoil;
};

TEST(RefreshOptionsValidation, EachContradictionIsNamed) {
  const std::vector<BadOptionCase> cases{
      {"advisory_window", [](auto& options) { options.advisory_window = -1ms; }},
      {"mandatory_window", [](auto& options) { options.mandatory_window = -1ms; }},
      {"mandatory_window",
       [](auto& options) {
         options.advisory_window = 1s;
         options.mandatory_window = 2s;
       }},
      {"advisory_tiers",
       [](auto& options) {
         options.advisory_tiers = {{60s, 5s}, {60s, 6s}};
       }},
      {"advisory_tiers",
       [](auto& options) {
         options.advisory_tiers = {{60s, -5s}};
       }},
      {"advisory_fraction", [](auto& options) { options.advisory_fraction = 1.1; }},
      {"advisory_fraction", [](auto& options) { options.advisory_fraction = std::nan(""); }},
      {"advisory_jitter", [](auto& options) { options.advisory_jitter = -0.1; }},
      {"mandatory_fraction", [](auto& options) { options.mandatory_fraction = 2; }},
      {"mandatory_limit", [](auto& options) { options.mandatory_limit = -1ms; }},
      {"backoff_initial", [](auto& options) { options.backoff_initial = 0ms; }},
      {"backoff_max", [](auto& options) { options.backoff_max = 1ms; }},
      {"error_ttl_min", [](auto& options) { options.error_ttl_min = -1ms; }},
      {"error_ttl_max", [](auto& options) { options.error_ttl_max = 0ms; }},
      {"mandatory_wait", [](auto& options) { options.mandatory_wait = -1ms; }},
      {"read_timeout", [](auto& options) { options.read_timeout = 0ms; }},
  };
  for (const auto& each : cases) {
    RefreshOptions options;
    each.spoil(options);
    try {
      EngineFixture engine{options};
      ADD_FAILURE() << each.param << " was accepted";
    } catch (const ValidationError& error) {
      EXPECT_EQ(error.param(), each.param);
      EXPECT_THAT(error.message(), HasSubstr(each.param));
    }
  }
}

TEST(RefreshingProvider, NullSourceIsRefused) {
  EXPECT_THROW(RefreshingCredentialsProvider{nullptr}, ValidationError);
}

// ---- failures ----

TEST(RefreshingProvider, AdvisoryFailureKeepsLastGood) {
  EngineFixture engine{without_jitter()};
  static_cast<void>(engine.provider->credentials());
  engine.source->answer_with(EngineFixture::failing());
  engine.scheduler->advance(45min);
  EXPECT_EQ(engine.provider->credentials()->access_key_id(), "ASIA1");
  ASSERT_NE(engine.provider->last_error(), nullptr);
  EXPECT_EQ(engine.provider->last_error()->code(), "ServiceUnavailable");
}

struct BadAnswerCase {
  std::string name;
  std::function<Credentials(EngineFixture&)> answer;
  std::string code;
};

class BadAnswers : public ::testing::TestWithParam<BadAnswerCase> {};

TEST_P(BadAnswers, KeepTheLastGoodSet) {
  const auto& test = GetParam();
  EngineFixture engine{without_jitter()};
  static_cast<void>(engine.provider->credentials());
  engine.source->answer_with([&](const ResolveContext&) { return test.answer(engine); });
  engine.scheduler->advance(40min);
  EXPECT_GT(engine.source->calls, 1);
  EXPECT_EQ(engine.provider->credentials()->access_key_id(), "ASIA1");
  EXPECT_EQ(engine.provider->last_error()->code(), test.code);
  engine.source->answer_with(engine.healthy());
  engine.scheduler->advance(31s);
  EXPECT_EQ(engine.provider->last_error(), nullptr);
  EXPECT_NE(engine.provider->credentials()->access_key_id(), "ASIA1");
}

TEST_P(BadAnswers, AreTypedErrorsWhenThereIsNothingElse) {
  const auto& test = GetParam();
  EngineFixture engine{without_jitter()};
  engine.source->answer_with([&](const ResolveContext&) { return test.answer(engine); });
  try {
    static_cast<void>(engine.provider->credentials());
    ADD_FAILURE() << "a bad answer was served";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), test.code);
    EXPECT_THAT(error.what(), ::testing::Not(HasSubstr("SECRETCANARY")));
  }
}

INSTANTIATE_TEST_SUITE_P(
    RefreshingProvider, BadAnswers,
    ::testing::Values(
        BadAnswerCase{"Expired", [](EngineFixture& engine) { return engine.make_set(-1s); }, "ExpiredCredentials"},
        BadAnswerCase{"ExpiringNow", [](EngineFixture& engine) { return engine.make_set(0s); }, "ExpiredCredentials"},
        BadAnswerCase{"NoKeyId",
                      [](EngineFixture& engine) {
                        return Credentials{"", "SECRETCANARY", "SECRETCANARY", engine.clock->now() + 1h};
                      },
                      "EmptyCredentials"},
        BadAnswerCase{"NoSecret",
                      [](EngineFixture& engine) {
                        return Credentials{"ASIA", "", "SECRETCANARY", engine.clock->now() + 1h};
                      },
                      "EmptyCredentials"},
        BadAnswerCase{"Recoverable", [](EngineFixture&) { return EngineFixture::failing()({}); }, "ServiceUnavailable"},
        BadAnswerCase{
            "NonRecoverable",
            [](EngineFixture&) { return EngineFixture::failing(ErrorKind::non_recoverable, "AccessDenied")({}); },
            "AccessDenied"},
        BadAnswerCase{"ForeignException",
                      [](EngineFixture&) -> Credentials { throw std::runtime_error{"SECRETCANARY"}; },
                      "UnexpectedException"},
        BadAnswerCase{"NotEvenAnException", [](EngineFixture&) -> Credentials { throw 42; }, "UnexpectedException"}),
    [](const auto& test) { return test.param.name; });

TEST(RefreshingProvider, BackOffGrowsToThirtySecondsAndNoFurther) {
  EngineFixture engine{without_jitter()};
  static_cast<void>(engine.provider->credentials());
  engine.source->answer_with(EngineFixture::failing());
  engine.scheduler->advance(30min + 1s);
  const int before = engine.source->calls;
  engine.scheduler->advance(25min);
  const int attempts = engine.source->calls - before;
  // 25 minutes at 15 s on average once the pause has grown.
  EXPECT_GE(attempts, 60);
  EXPECT_LE(attempts, 180);
  for (const auto& each : engine.events) {
    if (each.type == RefreshEvent::Type::failure) {
      EXPECT_LE(*each.next_attempt, 30s);
    }
  }
}

TEST(RefreshingProvider, BackOffNeverReachesPastHalfOfWhatRemains) {
  for (std::uint64_t seed = 1; seed < 50; ++seed) {
    EngineFixture engine{without_jitter(), 1h, EngineFixture::Mode::immediate, seed};
    static_cast<void>(engine.provider->credentials());
    engine.source->answer_with(EngineFixture::failing());
    engine.scheduler->advance(59min + 50s);
    for (const auto& each : engine.events) {
      if (each.type == RefreshEvent::Type::failure) {
        const auto remaining = *each.expiration - each.time;
        EXPECT_LE(*each.next_attempt, std::max<std::chrono::nanoseconds>(remaining / 2, 1s)) << "seed " << seed;
      }
    }
  }
}

TEST(RefreshingProvider, BackOffOfShortLivedSetsStaysATenthOfTheirLifeEvenLongAfterTheyEnded) {
  for (const auto lifetime : {3s, 60s, 120s}) {
    EngineFixture engine{without_jitter(), lifetime};
    static_cast<void>(engine.provider->credentials());
    engine.source->answer_with(EngineFixture::failing());
    engine.scheduler->advance(10min);
    EXPECT_LE(*engine.events.back().next_attempt, std::max<std::chrono::milliseconds>(lifetime / 10, 1s));
    engine.source->answer_with(engine.healthy());
    engine.scheduler->advance(std::max<std::chrono::milliseconds>(lifetime / 10, 1s));
    EXPECT_EQ(engine.provider->last_error(), nullptr) << lifetime.count();
  }
}

TEST(RefreshingProvider, RetryAfterLengthensThePauseWithinItsBound) {
  EngineFixture engine{without_jitter()};
  static_cast<void>(engine.provider->credentials());
  engine.source->answer_with([](const ResolveContext&) -> Credentials {
    throw RequestError{{.message = "slow down", .kind = ErrorKind::recoverable, .retry_after = 20s}};
  });
  engine.scheduler->advance(30min + 1s);
  EXPECT_GE(engine.events.back().next_attempt, 20s);
  engine.source->answer_with([](const ResolveContext&) -> Credentials {
    throw RequestError{{.message = "slow down", .kind = ErrorKind::recoverable, .retry_after = 3600s}};
  });
  engine.scheduler->advance(31s);
  EXPECT_EQ(engine.events.back().next_attempt, 30s);
}

TEST(RefreshingProvider, ReadsDuringBackOffWithoutASetFailAtOnceWithTheSameError) {
  EngineFixture engine;
  engine.source->answer_with(EngineFixture::failing());
  for (int read = 0; read < 100; ++read) {
    EXPECT_THROW(static_cast<void>(engine.provider->credentials()), RequestError);
  }
  EXPECT_EQ(engine.source->calls, 1);
  engine.source->answer_with(engine.healthy());
  engine.clock->advance(1s);
  EXPECT_EQ(engine.provider->credentials()->access_key_id(), "ASIA1");
}

TEST(RefreshingProvider, ColdFailureIsNotRetriedWithoutAReader) {
  EngineFixture engine;
  engine.source->answer_with(EngineFixture::failing());
  EXPECT_THROW(static_cast<void>(engine.provider->credentials()), RequestError);
  engine.scheduler->advance(1h);
  EXPECT_EQ(engine.source->calls, 1);
}

// ---- invalidate, refresh_now ----

TEST(RefreshingProvider, InvalidateOfTheCurrentSetRefreshesAtOnceEvenDuringBackOff) {
  EngineFixture engine{without_jitter()};
  static_cast<void>(engine.provider->credentials());
  engine.source->answer_with(EngineFixture::failing());
  engine.scheduler->advance(40min);
  engine.source->answer_with(engine.healthy());
  const int before = engine.source->calls;
  engine.provider->invalidate("ASIA1");
  EXPECT_EQ(engine.source->calls, before + 1);
  EXPECT_EQ(engine.provider->credentials()->access_key_id(), "ASIA2");
  EXPECT_EQ(engine.count(RefreshEvent::Type::invalidated), 1U);
}

TEST(RefreshingProvider, InvalidateOfAnotherSetChangesNothing) {
  EngineFixture engine;
  static_cast<void>(engine.provider->credentials());
  engine.provider->invalidate("ASIA999");
  EXPECT_EQ(engine.provider->credentials()->access_key_id(), "ASIA1");
  EXPECT_EQ(engine.source->calls, 1);
  EXPECT_EQ(engine.count(RefreshEvent::Type::invalidated), 0U);
}

TEST(RefreshingProvider, RefreshNowAsksWhateverTheStateAndKeepsTheSetOnFailure) {
  EngineFixture engine;
  EXPECT_EQ(engine.provider->refresh_now()->access_key_id(), "ASIA1");
  EXPECT_EQ(engine.provider->refresh_now()->access_key_id(), "ASIA2");
  engine.source->answer_with(EngineFixture::failing());
  EXPECT_THROW(engine.provider->refresh_now(), RequestError);
  EXPECT_EQ(engine.provider->credentials()->access_key_id(), "ASIA2");
}

// ---- clocks ----

TEST(RefreshingProvider, ServiceClockAheadBringsExpirationForward) {
  EngineFixture engine{without_jitter()};
  engine.skew->set(10min);
  static_cast<void>(engine.provider->credentials());  // the service's "in an hour" is an hour here, too
  engine.scheduler->advance(30min + 1s);
  EXPECT_EQ(engine.source->calls, 2);
}

TEST(RefreshingProvider, SetThatOnlyASlowLocalClockCallsValidIsRefused) {
  EngineFixture engine;
  engine.skew->set(10min);
  engine.source->answer_with([&](const ResolveContext&) {
    return Credentials{"ASIA", "s", "t", engine.clock->now() + 5min};
  });
  EXPECT_THROW(static_cast<void>(engine.provider->credentials()), CredentialError);
}

TEST(RefreshingProvider, SetThatOnlyAFastLocalClockCallsExpiredIsTaken) {
  EngineFixture engine;
  engine.skew->set(-10min);
  engine.source->answer_with([&](const ResolveContext&) {
    return Credentials{"ASIA", "s", "t", engine.clock->now() - 5min};
  });
  EXPECT_EQ(engine.provider->credentials()->access_key_id(), "ASIA");
}

TEST(RefreshingProvider, WakingFromSuspendNeverServesTheDeadSet) {
  EngineFixture engine{without_jitter()};
  static_cast<void>(engine.provider->credentials());
  engine.clock->suspend(8h);
  EXPECT_EQ(engine.provider->credentials()->access_key_id(), "ASIA2");
}

TEST(RefreshingProvider, WakingFromSuspendRefreshesWithoutAReader) {
  EngineFixture engine{without_jitter()};
  static_cast<void>(engine.provider->credentials());
  engine.clock->suspend(8h);
  engine.scheduler->run_ready();
  EXPECT_EQ(engine.source->calls, 2);
}

TEST(RefreshingProvider, WallClockSetBackDoesNotPostponeTheRefresh) {
  EngineFixture engine{without_jitter()};
  static_cast<void>(engine.provider->credentials());
  engine.clock->step_wall(-24h);
  engine.scheduler->advance(30min + 1s);
  EXPECT_EQ(engine.source->calls, 2);
}

// ---- background off, people, observers ----

TEST(RefreshingProvider, BackgroundOffKeepsNoTimerAndRefreshesOnARead) {
  auto options = without_jitter();
  options.background_refresh = false;
  EngineFixture engine{options, 1h, EngineFixture::Mode::queued};
  EXPECT_THROW(static_cast<void>(engine.provider->credentials(0ms)), CredentialError);
  engine.scheduler->run_ready();
  EXPECT_EQ(engine.scheduler->timed(), 0U);
  engine.scheduler->advance(40min);
  EXPECT_EQ(engine.source->calls, 1);
  EXPECT_EQ(engine.provider->credentials()->access_key_id(), "ASIA1");  // does not wait
  engine.scheduler->run_ready();
  EXPECT_EQ(engine.provider->credentials()->access_key_id(), "ASIA2");
}

TEST(RefreshingProvider, SourceThatNeedsAPersonIsAskedInTheForegroundOnly) {
  EngineFixture engine{without_jitter(), 1h, EngineFixture::Mode::queued};
  bool foreground = false;
  auto person = std::make_shared<ScriptedSource>(
      [&](const ResolveContext& context) {
        foreground = context.foreground;
        return engine.make_set(1h);
      },
      true);
  RefreshingCredentialsProvider provider{
      person, without_jitter(), {.clock = engine.clock, .scheduler = engine.scheduler}};
  EXPECT_THROW(static_cast<void>(provider.credentials(0ms)), CredentialError);  // zero never waits, and so never asks
  EXPECT_EQ(person->calls, 0);
  EXPECT_EQ(provider.credentials()->access_key_id(), "ASIA1");  // on this thread: the scheduler ran nothing
  EXPECT_TRUE(foreground);
  engine.scheduler->advance(59min);
  EXPECT_EQ(provider.credentials()->access_key_id(), "ASIA1");
  EXPECT_EQ(person->calls, 1);
  engine.scheduler->advance(2min);
  EXPECT_EQ(person->calls, 1);
  EXPECT_EQ(provider.credentials()->access_key_id(), "ASIA2");
}

TEST(RefreshingProvider, PersonIsGivenTheReadersOwnTime) {
  EngineFixture engine;
  SteadyTime deadline;
  auto person = std::make_shared<ScriptedSource>(
      [&](const ResolveContext& context) {
        deadline = context.deadline;
        return engine.make_set(1h);
      },
      true);
  RefreshingCredentialsProvider provider{person, {}, {.clock = engine.clock, .scheduler = engine.scheduler}};
  static_cast<void>(provider.credentials(5s));
  EXPECT_EQ(deadline, engine.clock->steady_now() + 5s);
}

/// A scheduler that has no thread left for anybody.
class ExhaustedScheduler final : public Scheduler {
 public:
  void run(std::function<void()> /*job*/) override { throw std::runtime_error{"no thread"}; }
  JobId run_at(SteadyTime /*steady*/, WallTime /*wall*/, std::function<void()> /*job*/) override {
    throw std::runtime_error{"no thread"};
  }
  void cancel(JobId /*id*/) noexcept override {}
};

TEST(RefreshingProvider, WithoutThreadsTheReaderThatMustWaitMakesTheCallAndOthersGoOnWithTheirSet) {
  EngineFixture engine;
  RefreshingCredentialsProvider provider{
      engine.source, without_jitter(), {.clock = engine.clock, .scheduler = std::make_shared<ExhaustedScheduler>()}};
  EXPECT_EQ(provider.credentials()->access_key_id(), "ASIA1");
  engine.clock->advance(40min);
  EXPECT_EQ(provider.credentials()->access_key_id(), "ASIA1");
  EXPECT_EQ(provider.last_error()->code(), "ResourceExhausted");
  EXPECT_EQ(provider.refresh_now()->access_key_id(), "ASIA2");
}

TEST(RefreshingProvider, SourceThatReadsItsOwnSessionIsToldSo) {
  EngineFixture engine;
  engine.source->answer_with([&](const ResolveContext&) { return *engine.provider->credentials(); });
  try {
    static_cast<void>(engine.provider->credentials());
    ADD_FAILURE();
  } catch (const CredentialError& error) {
    EXPECT_EQ(error.code(), "Recursion");
  }
}

TEST(RefreshingProvider, SourceThatCannotInvalidateDoesNotStopTheRefresh) {
  class Stubborn final : public CredentialsProvider {
   public:
    Credentials resolve(const ResolveContext&) override {
      return Credentials{std::to_string(++number_), "s", "t", std::chrono::system_clock::now() + 1h};
    }
    [[nodiscard]] std::string_view name() const noexcept override { return "stubborn"; }
    void invalidate(std::string_view) override { throw std::runtime_error{"no"}; }

   private:
    int number_ = 0;
  };
  RefreshingCredentialsProvider provider{std::make_shared<Stubborn>()};
  static_cast<void>(provider.credentials());
  provider.invalidate("1");
  EXPECT_EQ(provider.credentials()->access_key_id(), "2");
}

TEST(RefreshingProvider, WallClockSetBackDoesNotLengthenALife) {
  auto options = without_jitter();
  options.background_refresh = false;
  EngineFixture engine{options};
  static_cast<void>(engine.provider->credentials());
  engine.source->answer_with(EngineFixture::failing());
  engine.clock->advance(50min);
  static_cast<void>(engine.provider->credentials());
  engine.clock->step_wall(-2h);
  engine.clock->advance(10min);
  EXPECT_EQ(engine.provider->state(), Freshness::expired);
}

TEST(RefreshingProvider, WindowsAndTimesThatWouldOverflowMeanForEver) {
  auto options = without_jitter();
  options.advisory_window = std::chrono::milliseconds::max();
  options.advisory_tiers = {{std::chrono::seconds::max(), 5min}};
  EngineFixture engine{options, 1h, EngineFixture::Mode::queued};
  EXPECT_THROW(static_cast<void>(engine.provider->credentials(-1h)), CredentialError);
  engine.scheduler->run_ready();
  EXPECT_EQ(engine.provider->credentials(std::chrono::milliseconds::max()).freshness(), Freshness::advisory);
  engine.source->answer_with([](const ResolveContext&) { return Credentials{"EVER", "s", "t", WallTime::max()}; });
  engine.scheduler->run_ready();
  engine.scheduler->advance(20min);
  EXPECT_EQ(engine.provider->credentials()->access_key_id(), "EVER");
  EXPECT_NE(engine.provider->state(), Freshness::expired);
}

TEST(RefreshingProvider, RepeatedSetDoesNotShortenTheBackOff) {
  EngineFixture engine{without_jitter()};
  const auto same = engine.make_set(1h);
  engine.source->answer_with([same](const ResolveContext&) { return same; });
  static_cast<void>(engine.provider->credentials());
  engine.scheduler->advance(59min + 59s);
  engine.source->answer_with(EngineFixture::failing());
  engine.scheduler->advance(1h);
  auto longest = 0ms;
  for (const auto& each : engine.events) {
    if (each.type == RefreshEvent::Type::failure) {
      longest = std::max(longest, *each.next_attempt);
    }
  }
  EXPECT_GT(longest, 10s);
}

TEST(RefreshingProvider, ObserversHearEveryAttemptOutcomeAndStateWithoutASecret) {
  EngineFixture engine{without_jitter()};
  static_cast<void>(engine.provider->credentials());
  engine.source->answer_with(EngineFixture::failing());
  engine.scheduler->advance(60min + 1s);
  std::vector<Freshness> states;
  for (const auto& each : engine.events) {
    EXPECT_EQ(each.provider, "scripted");
    if (each.type == RefreshEvent::Type::state_change) {
      states.push_back(each.state);
    }
    if (each.type == RefreshEvent::Type::failure) {
      EXPECT_NE(each.error, nullptr);
      EXPECT_TRUE(each.next_attempt.has_value());
    }
  }
  EXPECT_THAT(states,
              ::testing::ElementsAre(Freshness::fresh, Freshness::advisory, Freshness::mandatory, Freshness::expired));
  EXPECT_EQ(engine.count(RefreshEvent::Type::attempt),
            engine.count(RefreshEvent::Type::success) + engine.count(RefreshEvent::Type::failure));
}

TEST(RefreshingProvider, ObserverThatThrowsOrReadsBackHarmsNobody) {
  EngineFixture engine;
  const auto thrower = engine.provider->observe([](const RefreshEvent&) { throw std::runtime_error{"no"}; });
  Freshness seen = Freshness::none;
  const auto reader = engine.provider->observe([&](const RefreshEvent&) { seen = engine.provider->state(); });
  EXPECT_EQ(engine.provider->credentials()->access_key_id(), "ASIA1");
  EXPECT_EQ(seen, Freshness::fresh);
}

TEST(RefreshingProvider, ObserverIsSilentOnceItsHandleIsGone) {
  EngineFixture engine;
  int heard = 0;
  auto handle = engine.provider->observe([&](const RefreshEvent&) { ++heard; });
  static_cast<void>(engine.provider->credentials());
  EXPECT_GT(heard, 0);
  handle.reset();
  const int before = heard;
  engine.provider->refresh_now();
  EXPECT_EQ(heard, before);
}

TEST(RefreshingProvider, SnapshotOutlivesTheEngineAndLaterRefreshes) {
  auto engine = std::make_unique<EngineFixture>();
  const auto held = engine->provider->credentials();
  engine->provider->refresh_now();
  EXPECT_EQ(held->access_key_id(), "ASIA1");
  engine.reset();
  EXPECT_EQ(held->secret_access_key().reveal(), "secret-SECRETCANARY-1");
}

TEST(RefreshingProvider, ReplacedSetIsFreedWhenNobodyHoldsIt) {
  EngineFixture engine;
  std::weak_ptr<const Credentials> first = engine.provider->credentials().shared();
  EXPECT_FALSE(first.expired());
  engine.provider->refresh_now();
  EXPECT_TRUE(first.expired());
}

TEST(RefreshingProvider, AnotherEngineCanBeItsBase) {
  EngineFixture base;
  auto chained = std::make_shared<ScriptedSource>([&](const ResolveContext& context) {
    const auto keys = base.provider->resolve(context);
    return Credentials{"ASIA-for-" + keys.access_key_id(), "s", "t", base.clock->now() + 1h};
  });
  RefreshingCredentialsProvider outer{chained, {}, {.clock = base.clock, .scheduler = base.scheduler}};
  EXPECT_EQ(outer.credentials()->access_key_id(), "ASIA-for-ASIA1");
}

}  // namespace
}  // namespace aws_refresh_session
