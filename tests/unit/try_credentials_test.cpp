// Reads that neither wait nor throw.

#include "unit/refreshing_provider_support.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace aws_refresh_session {
namespace {

using namespace std::chrono_literals;
using Mode = EngineFixture::Mode;

RefreshOptions without_jitter() {
  RefreshOptions options;
  options.advisory_jitter = 0;
  return options;
}

TEST(TryCredentials, WithoutASetItIsEmptyAndStartsTheFirstRefresh) {
  EngineFixture engine{without_jitter(), 1h, Mode::queued};
  EXPECT_FALSE(engine.provider->try_credentials());
  EXPECT_FALSE(engine.provider->try_credentials());
  EXPECT_EQ(engine.source->calls, 0) << "the call is the scheduler's, never this thread's";
  EXPECT_EQ(engine.scheduler->ready(), 1U);
  engine.scheduler->run_ready();
  EXPECT_EQ(engine.provider->try_credentials()->access_key_id(), "ASIA1");
}

TEST(TryCredentials, WhileASetIsValidItIsThatSetAndStartsTheRefreshThatIsDue) {
  EngineFixture engine{without_jitter(), 1h, Mode::queued};
  EXPECT_FALSE(engine.provider->try_credentials());
  engine.scheduler->run_ready();
  EXPECT_EQ(engine.provider->try_credentials().freshness(), Freshness::fresh);
  engine.clock->advance(40min);
  EXPECT_EQ(engine.provider->try_credentials().freshness(), Freshness::advisory);
  EXPECT_EQ(engine.scheduler->ready(), 1U);
  engine.clock->advance(19min + 30s);
  const auto last = engine.provider->try_credentials();
  EXPECT_EQ(last.freshness(), Freshness::mandatory);
  EXPECT_EQ(last->access_key_id(), "ASIA1");
  engine.scheduler->run_ready();
  EXPECT_EQ(engine.provider->try_credentials()->access_key_id(), "ASIA2");
}

TEST(TryCredentials, AnExpiredSetIsNotHandedOutUnlessTheOptionsSaySo) {
  for (const bool serve_expired : {false, true}) {
    auto options = without_jitter();
    options.serve_expired = serve_expired;
    EngineFixture engine{options};
    EXPECT_FALSE(engine.provider->try_credentials());
    engine.source->answer_with(EngineFixture::failing());
    engine.scheduler->advance(61min);
    const auto snapshot = engine.provider->try_credentials();
    EXPECT_EQ(static_cast<bool>(snapshot), serve_expired);
    EXPECT_EQ(snapshot.freshness(), serve_expired ? Freshness::expired : Freshness::none);
  }
}

TEST(TryCredentials, DuringBackOffWithoutASetNobodyIsAsked) {
  EngineFixture engine{without_jitter()};
  engine.source->answer_with(EngineFixture::failing());
  EXPECT_FALSE(engine.provider->try_credentials());
  EXPECT_EQ(engine.source->calls, 1);
  EXPECT_FALSE(engine.provider->try_credentials());
  EXPECT_EQ(engine.source->calls, 1);
}

TEST(TryCredentials, AFailureThatIsToBeRaisedIsLeftToTheReadThatRaises) {
  auto options = RefreshOptions::aws_sdk_2026();
  EngineFixture engine{options};
  EXPECT_FALSE(engine.provider->try_credentials());
  EXPECT_TRUE(engine.provider->try_credentials());
  engine.source->answer_with(EngineFixture::failing(ErrorKind::non_recoverable, "AccessDenied"));
  EXPECT_THROW(engine.provider->refresh_now(), RequestError);
  EXPECT_FALSE(engine.provider->try_credentials());
  EXPECT_THROW(static_cast<void>(engine.provider->credentials()), RequestError);
}

TEST(TryCredentials, ASourceThatNeedsAPersonIsNotAsked) {
  EngineFixture engine;
  engine.source = std::make_shared<ScriptedSource>(engine.healthy(), true);
  RefreshingCredentialsProvider provider{engine.source, without_jitter(),
                                         EngineSeams{.clock = engine.clock, .scheduler = engine.scheduler}};
  EXPECT_FALSE(provider.try_credentials());
  EXPECT_EQ(engine.source->calls, 0);
  static_cast<void>(provider.credentials());
  EXPECT_EQ(provider.try_credentials()->access_key_id(), "ASIA1");
}

}  // namespace
}  // namespace aws_refresh_session
