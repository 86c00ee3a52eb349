// The rule the AWS SDKs adopt in 2026, expressed by options: the engine does what the table says.

#include "unit/refreshing_provider_support.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace aws_refresh_session {
namespace {

using namespace std::chrono_literals;

struct WindowCase {
  std::string name;
  std::chrono::seconds lifetime;
  std::chrono::seconds window;
};

class AwsSdk2026Windows : public ::testing::TestWithParam<WindowCase> {};

TEST_P(AwsSdk2026Windows, FollowTheLifetime) {
  EngineFixture engine{RefreshOptions::aws_sdk_2026(), GetParam().lifetime};
  static_cast<void>(engine.provider->credentials());
  engine.clock->advance(GetParam().lifetime - GetParam().window - 1s);
  static_cast<void>(engine.provider->credentials());
  EXPECT_EQ(engine.source->calls, 1);
  engine.clock->advance(1s);
  static_cast<void>(engine.provider->credentials());
  EXPECT_EQ(engine.source->calls, 2);
}

INSTANTIATE_TEST_SUITE_P(
    Lifetimes, AwsSdk2026Windows,
    ::testing::Values(WindowCase{"FifteenMinutes", 15min, 5min}, WindowCase{"TwentyMinutes", 20min, 5min},
                      WindowCase{"JustOverTwenty", 20min + 1s, 15min}, WindowCase{"OneHour", 1h, 15min},
                      WindowCase{"JustBelowNinety", 90min - 1s, 15min}, WindowCase{"NinetyMinutes", 90min, 60min},
                      WindowCase{"TwelveHours", 12h, 60min}),
    [](const auto& test) { return test.param.name; });

struct FailureCase {
  std::string name;
  std::chrono::seconds left;  // when the first attempt of the window fails
  ErrorKind kind;
  bool raised;                      // the reader gets the error
  std::chrono::seconds quiet_from;  // until when no further call is made, at least and at most
  std::chrono::seconds quiet_to;
};

class AwsSdk2026Failures : public ::testing::TestWithParam<FailureCase> {};

TEST_P(AwsSdk2026Failures, OneAttemptThenAPause) {
  const auto& test = GetParam();
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    EngineFixture engine{RefreshOptions::aws_sdk_2026(), 1h, EngineFixture::Mode::immediate, seed};
    static_cast<void>(engine.provider->credentials());
    engine.source->answer_with(EngineFixture::failing(test.kind));
    engine.clock->advance(1h - test.left);
    const auto read = [&] {
      try {
        return engine.provider->credentials()->access_key_id() == "ASIA1";
      } catch (const RequestError&) {
        return false;
      }
    };
    static_cast<void>(read());  // makes the one attempt
    ASSERT_EQ(engine.source->calls, 2);
    EXPECT_EQ(read(), !test.raised) << "seed " << seed;
    auto waited = 0s;
    while (engine.source->calls == 2 && waited < 1h) {
      engine.clock->advance(1s);
      waited += 1s;
      static_cast<void>(read());
    }
    EXPECT_GE(waited, test.quiet_from) << "seed " << seed;
    EXPECT_LE(waited, test.quiet_to + 1s) << "seed " << seed;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Failures, AwsSdk2026Failures,
    ::testing::Values(FailureCase{"AdvisoryRecoverable", 10min, ErrorKind::recoverable, false, 300s, 600s},
                      FailureCase{"MandatoryRecoverable", 30s, ErrorKind::recoverable, false, 300s, 600s},
                      FailureCase{"ExpiredRecoverableIsStillServed", -60s, ErrorKind::recoverable, false, 300s, 600s},
                      FailureCase{"AdvisoryNonRecoverableIsRaised", 10min, ErrorKind::non_recoverable, true, 1s, 5s},
                      FailureCase{"MandatoryNonRecoverableIsRaised", 30s, ErrorKind::non_recoverable, true, 1s, 5s},
                      FailureCase{"ExpiredNonRecoverableIsRaised", -60s, ErrorKind::non_recoverable, true, 1s, 5s}),
    [](const auto& test) { return test.param.name; });

TEST(AwsSdk2026Rule, FirstFetchThatFailsIsRaised) {
  EngineFixture engine{RefreshOptions::aws_sdk_2026()};
  engine.source->answer_with(EngineFixture::failing());
  EXPECT_THROW(static_cast<void>(engine.provider->credentials()), RequestError);
}

TEST(AwsSdk2026Rule, ReaderInTheMandatoryWindowWaitsForTheFreshSet) {
  EngineFixture engine{RefreshOptions::aws_sdk_2026()};
  static_cast<void>(engine.provider->credentials());
  engine.clock->advance(59min + 30s);
  EXPECT_EQ(engine.provider->credentials()->access_key_id(), "ASIA2");
}

TEST(AwsSdk2026Rule, KeepsNoTimer) {
  EngineFixture engine{RefreshOptions::aws_sdk_2026()};
  static_cast<void>(engine.provider->credentials());
  EXPECT_EQ(engine.scheduler->timed(), 0U);
}

}  // namespace
}  // namespace aws_refresh_session
