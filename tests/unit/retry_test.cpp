#include "aws/retry.hpp"

#include "aws/date_skew.hpp"
#include "aws/sts_errors.hpp"

#include <aws_refresh_session/testing/fake_clock.hpp>

#include <gmock/gmock.h>

#include <atomic>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace aws_refresh_session::aws {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(RetryDelay, GrowsByPowersOfTwoUpToTwentySeconds) {
  const std::vector<std::pair<int, milliseconds>> cases{
      {1, seconds{1}},  {2, seconds{2}},  {3, seconds{4}},  {4, seconds{8}},
      {5, seconds{16}}, {6, seconds{20}}, {7, seconds{20}}, {1000, seconds{20}},
  };
  for (const auto& [failed, most] : cases) {
    EXPECT_EQ(retry_delay(failed, 0.0, std::nullopt), milliseconds{0}) << "full jitter starts at zero";
    EXPECT_EQ(retry_delay(failed, 0.5, std::nullopt), most / 2);
    EXPECT_LE(retry_delay(failed, 0.9999, std::nullopt), most);
  }
}

TEST(RetryDelay, HonoursTheServicesWishWithinBounds) {
  EXPECT_EQ(retry_delay(1, 0.5, seconds{0}), milliseconds{500});
  EXPECT_EQ(retry_delay(1, 0.5, seconds{3}), seconds{3});
  EXPECT_EQ(retry_delay(6, 0.5, seconds{3}), seconds{10}) << "the own back-off may be longer";
  EXPECT_EQ(retry_delay(1, 0.5, seconds{86'400}), seconds{20});
  EXPECT_EQ(retry_delay(1, 0.5, seconds::max()), seconds{20});
  EXPECT_EQ(retry_delay(1, 0.5, seconds{-5}), milliseconds{500});
}

TEST(RetryQuota, RunsOutAndIsGivenBackUpToItsCapacity) {
  RetryQuota quota;
  int retries = 0;
  while (quota.acquire(RetryQuota::kRetryCost)) {
    ++retries;
  }
  EXPECT_EQ(retries, 100);
  quota.release(RetryQuota::kRetryCost);
  EXPECT_FALSE(quota.acquire(RetryQuota::kTimeoutCost));
  EXPECT_TRUE(quota.acquire(RetryQuota::kRetryCost));
  quota.release(10'000);
  EXPECT_EQ(quota.available(), RetryQuota::kCapacity);
}

TEST(Waiter, EndsWhenTheClockSaysSo) {
  const auto clock = std::make_shared<testing::FakeClock>();
  const auto seams = with_defaults({}, clock);
  std::atomic<bool> finished = false;
  const std::jthread waiting{[&] { finished = seams.wait(seconds{20}, {}); }};
  // The waiting thread may read the clock late: time passes until it has seen enough of it.
  while (!finished) {
    clock->advance(seconds{1});
    std::this_thread::yield();
  }
}

TEST(Waiter, StopsAtOnce) {
  const auto seams = with_defaults({}, std::make_shared<testing::FakeClock>());
  std::stop_source stopped;
  stopped.request_stop();
  EXPECT_FALSE(seams.wait(seconds{20}, stopped.get_token()));
  std::stop_source later;
  bool finished = true;
  std::jthread waiting{[&] { finished = seams.wait(seconds{20}, later.get_token()); }};
  later.request_stop();
  waiting.join();
  EXPECT_FALSE(finished);
}

TEST(Chance, IsDrawnFromZeroToOne) {
  const auto seams = with_defaults({}, nullptr);
  double least = 1;
  double most = 0;
  for (int i = 0; i < 1000; ++i) {
    const auto drawn = seams.random();
    least = std::min(least, drawn);
    most = std::max(most, drawn);
  }
  EXPECT_GE(least, 0.0);
  EXPECT_LT(most, 1.0);
  EXPECT_GT(most - least, 0.5);
}

TEST(Classification, TellsWhatToTryAgain) {
  struct Case {
    int status;
    const char* code;
    ErrorKind kind;
  };
  const auto again = ErrorKind::recoverable;
  const auto never = ErrorKind::non_recoverable;
  for (const auto& each : {
           Case{429, "", again},
           Case{500, "InternalFailure", again},
           Case{502, "", again},
           Case{503, "ServiceUnavailable", again},
           Case{504, "", again},
           Case{501, "", never},
           Case{400, "Throttling", again},
           Case{400, "ThrottlingException", again},
           Case{400, "ThrottledException", again},
           Case{400, "RequestThrottled", again},
           Case{400, "RequestThrottledException", again},
           Case{400, "TooManyRequestsException", again},
           Case{400, "RequestLimitExceeded", again},
           Case{400, "ProvisionedThroughputExceededException", again},
           Case{400, "BandwidthLimitExceeded", again},
           Case{400, "LimitExceededException", again},
           Case{400, "SlowDown", again},
           Case{400, "PriorRequestNotComplete", again},
           Case{400, "TransactionInProgressException", again},
           Case{400, "EC2ThrottledException", again},
           Case{400, "IDPCommunicationError", again},
           Case{400, "RequestTimeout", again},
           Case{400, "ValidationError", never},
           Case{400, "MalformedPolicyDocument", never},
           Case{400, "PackedPolicyTooLarge", never},
           Case{403, "AccessDenied", never},
           Case{403, "ExpiredToken", never},
           Case{403, "InvalidClientTokenId", never},
           Case{403, "SignatureDoesNotMatch", never},
           Case{403, "RegionDisabledException", never},
           Case{404, "NoSuchEntity", never},
           Case{404, "", never},
       }) {
    EXPECT_EQ(classify(each.status, each.code), each.kind) << each.status << ' ' << each.code;
  }
}

TEST(Advice, EveryKnownRefusalSaysWhatToDo) {
  for (const auto* code :
       {"AccessDenied", "InvalidClientTokenId", "SignatureDoesNotMatch", "ExpiredToken", "RegionDisabledException",
        "MalformedPolicyDocument", "PackedPolicyTooLarge", "NoSuchEntity", "RequestTimeTooSkewed", "Throttling"}) {
    EXPECT_GT(advice(code, "").size(), 20U) << code;
  }
  EXPECT_THAT(
      std::string{advice("AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code")},
      ::testing::HasSubstr("one-time code"));
  EXPECT_EQ(advice("SomethingNew", ""), "");
}

TEST(NeverReachedService, OnlyFailuresBeforeSendingCount) {
  for (const auto& [code, expected] : std::vector<std::pair<const char*, bool>>{{"ConnectTimeout", true},
                                                                                {"NameResolution", true},
                                                                                {"ConnectionRefused", true},
                                                                                {"TlsVerification", true},
                                                                                {"InvalidUrl", true},
                                                                                {"Timeout", false},
                                                                                {"ConnectionReset", false},
                                                                                {"Network", false},
                                                                                {"ResponseTooLarge", false},
                                                                                {"Cancelled", false}}) {
    EXPECT_EQ(never_reached_service(ConnectionError{{.message = "m", .code = code}}), expected) << code;
  }
}

/// 2026-01-01T00:00:00Z
const WallTime kNow{seconds{1'767'225'600}};

HttpResponse dated(const char* date) {
  return {200, {{"date", date}}, ""};
}

TEST(ObservedSkew, IsTakenFromTheMiddleOfTheExchange) {
  EXPECT_EQ(observed_skew(dated("Thu, 01 Jan 2026 00:10:00 GMT"), kNow, kNow), milliseconds{600'500});
  EXPECT_EQ(observed_skew(dated("Thu, 01 Jan 2026 00:00:10 GMT"), kNow, kNow + seconds{4}), milliseconds{8'500});
  EXPECT_EQ(observed_skew(dated("Wed, 31 Dec 2025 23:50:00 GMT"), kNow, kNow), milliseconds{-599'500});
}

TEST(ObservedSkew, AnswersThatSayNothingAboutTheServicesClockAreIgnored) {
  EXPECT_EQ(observed_skew({200, {}, ""}, kNow, kNow), std::nullopt);
  EXPECT_EQ(observed_skew(dated("yesterday"), kNow, kNow), std::nullopt);
  EXPECT_EQ(observed_skew({200, {{"date", "Thu, 01 Jan 2026 00:10:00 GMT"}, {"age", "600"}}, ""}, kNow, kNow),
            std::nullopt);
}

TEST(ObservedSkew, LongExchangesAreIgnored) {
  // A file that came for ten minutes: the date is that of its beginning.
  EXPECT_EQ(observed_skew(dated("Thu, 01 Jan 2026 00:00:00 GMT"), kNow, kNow + seconds{600}), std::nullopt);
  EXPECT_EQ(observed_skew(dated("Thu, 01 Jan 2026 00:00:00 GMT"), kNow, kNow - seconds{1}), std::nullopt);
}

TEST(ClockSkewUpdate, MovesOnlyByMoreThanNoise) {
  ClockSkew skew;
  update(skew, milliseconds{1'500});
  EXPECT_EQ(skew.get(), milliseconds{0});
  update(skew, milliseconds{600'000});
  EXPECT_EQ(skew.get(), milliseconds{600'000});
  update(skew, milliseconds{601'000});
  EXPECT_EQ(skew.get(), milliseconds{600'000});
  update(skew, milliseconds{603'000});
  EXPECT_EQ(skew.get(), milliseconds{603'000});
  update(skew, milliseconds{-300});
  EXPECT_EQ(skew.get(), milliseconds{0}) << "a clock that was set right is noticed";
}

TEST(RetryAfter, TakesSecondsAndDatesWithinADay) {
  const auto of = [](const char* value) { return retry_after({503, {{"retry-after", value}}, ""}, kNow); };
  EXPECT_EQ(of("7"), seconds{7});
  EXPECT_EQ(of("999999999"), seconds{86'400});
  EXPECT_EQ(of("Thu, 01 Jan 2026 00:00:30 GMT"), seconds{30});
  EXPECT_EQ(of("Thu, 01 Jan 2020 00:00:30 GMT"), seconds{0});
  for (const auto* bad : {"", "soon", "-3", "3.5", "99999999999999999999"}) {
    EXPECT_EQ(of(bad), std::nullopt) << bad;
  }
  EXPECT_EQ(retry_after({503, {}, ""}, kNow), std::nullopt);
}

}  // namespace
}  // namespace aws_refresh_session::aws
