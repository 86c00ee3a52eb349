// Sets without an expiration whose source says that somebody may replace them.

#include "support/aws_home.hpp"
#include "unit/refreshing_provider_support.hpp"

#include <aws_refresh_session/session.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <utility>

namespace aws_refresh_session {
namespace {

using namespace std::chrono_literals;

/// Keys that do not expire, as a file has them.
class Keys final : public CredentialsProvider {
 public:
  explicit Keys(std::optional<std::chrono::milliseconds> recheck) : recheck_(recheck) {}

  Credentials resolve(const ResolveContext& /*context*/) override {
    ++calls;
    if (broken) {
      throw ConfigurationError{{.message = "The file is half-written.", .code = "InvalidProfile"}};
    }
    return {id, "secret"};
  }
  [[nodiscard]] std::string_view name() const noexcept override { return "keys"; }
  [[nodiscard]] std::optional<std::chrono::milliseconds> recheck_after() const noexcept override { return recheck_; }

  int calls = 0;
  bool broken = false;
  std::string id = "AKIAOLD";

 private:
  const std::optional<std::chrono::milliseconds> recheck_;
};

struct Engine {
  explicit Engine(std::shared_ptr<Keys> source, RefreshOptions options = {})
      : keys(std::move(source)), provider(keys, std::move(options), {.clock = clock, .scheduler = scheduler}) {}

  [[nodiscard]] std::string id() { return provider.credentials()->access_key_id(); }

  std::shared_ptr<testing::FakeClock> clock = std::make_shared<testing::FakeClock>();
  std::shared_ptr<testing::FakeScheduler> scheduler =
      std::make_shared<testing::FakeScheduler>(clock, testing::FakeScheduler::Mode::immediate);
  std::shared_ptr<Keys> keys;
  RefreshingCredentialsProvider provider;
};

TEST(Recheck, ReplacedKeysAreTakenInTheBackgroundWithoutAReader) {
  Engine engine{std::make_shared<Keys>(1min)};
  EXPECT_EQ(engine.id(), "AKIAOLD");
  engine.keys->id = "AKIANEW";
  engine.scheduler->advance(59s);
  EXPECT_EQ(engine.keys->calls, 1);
  EXPECT_EQ(engine.id(), "AKIAOLD");
  engine.scheduler->advance(2s);
  EXPECT_EQ(engine.keys->calls, 2);
  const auto snapshot = engine.provider.credentials();
  EXPECT_EQ(snapshot->access_key_id(), "AKIANEW");
  EXPECT_EQ(snapshot.freshness(), Freshness::fresh);
}

TEST(Recheck, WithoutBackgroundRefreshAReaderStartsItAndDoesNotWait) {
  RefreshOptions options;
  options.background_refresh = false;
  Engine engine{std::make_shared<Keys>(1min), options};
  EXPECT_EQ(engine.id(), "AKIAOLD");
  engine.keys->id = "AKIANEW";
  engine.clock->advance(59s);
  EXPECT_EQ(engine.id(), "AKIAOLD");
  EXPECT_EQ(engine.keys->calls, 1);
  engine.clock->advance(2s);
  EXPECT_EQ(engine.id(), "AKIAOLD") << "the snapshot at once; the fake scheduler ran the refresh";
  EXPECT_EQ(engine.id(), "AKIANEW");
  EXPECT_EQ(engine.keys->calls, 2);
}

TEST(Recheck, AFailedOneKeepsTheKeysAndIsTriedAgainSoon) {
  Engine engine{std::make_shared<Keys>(1min)};
  EXPECT_EQ(engine.id(), "AKIAOLD");
  engine.keys->broken = true;
  engine.scheduler->advance(5min);
  EXPECT_EQ(engine.id(), "AKIAOLD");
  EXPECT_GT(engine.keys->calls, 5);
  engine.keys->broken = false;
  engine.keys->id = "AKIANEW";
  engine.scheduler->advance(31s);
  EXPECT_EQ(engine.id(), "AKIANEW");
}

TEST(Recheck, AFailedOneIsNoReasonToWithholdTheKeysWhateverTheRule) {
  Engine engine{std::make_shared<Keys>(1min), RefreshOptions::aws_sdk_2026()};
  EXPECT_EQ(engine.id(), "AKIAOLD");
  engine.keys->broken = true;
  for (int second = 0; second < 300; ++second) {
    engine.scheduler->advance(1s);
    EXPECT_EQ(engine.id(), "AKIAOLD");
    EXPECT_TRUE(engine.provider.try_credentials());
  }
  EXPECT_GT(engine.keys->calls, 1);
}

TEST(Recheck, KeysThatNobodyCanReplaceAreAskedForOnce) {
  Engine engine{std::make_shared<Keys>(std::nullopt)};
  EXPECT_EQ(engine.id(), "AKIAOLD");
  engine.scheduler->advance(24h * 365);
  EXPECT_EQ(engine.id(), "AKIAOLD");
  EXPECT_EQ(engine.keys->calls, 1);
}

std::string keys_in_file(const std::string& id) {
  return "[default]\naws_access_key_id = " + id + "\naws_secret_access_key = SECRETCANARY-" + id + "\n";
}

TEST(Recheck, ASessionOnStaticKeysNoticesANewCredentialsFile) {
  const support::AwsHome home;
  home.credentials(keys_in_file("AKIAOLD"));
  const auto clock = std::make_shared<testing::FakeClock>();
  const auto scheduler = std::make_shared<testing::FakeScheduler>(clock, testing::FakeScheduler::Mode::immediate);
  for (const std::string method : {"default", "profile"}) {
    home.credentials(keys_in_file("AKIAOLD"));
    RefreshableSession session{
        method, {}, {.clock = clock, .scheduler = scheduler, .environment = home.environment({})}};
    EXPECT_EQ(session.credentials()->access_key_id(), "AKIAOLD");
    scheduler->advance(10s);  // past the look that follows soon on a change
    home.credentials(keys_in_file("AKIANEW2"));
    EXPECT_EQ(session.credentials()->access_key_id(), "AKIAOLD");
    scheduler->advance(61s);
    EXPECT_EQ(session.credentials()->access_key_id(), "AKIANEW2") << method;
    home.credentials(keys_in_file("AKIANEWER3"));
    scheduler->advance(4s);
    EXPECT_EQ(session.credentials()->access_key_id(), "AKIANEWER3") << "keys are replaced one by one";
  }
}

}  // namespace
}  // namespace aws_refresh_session
