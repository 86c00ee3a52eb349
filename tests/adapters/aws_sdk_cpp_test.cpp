// The provider for the AWS SDK, compiled once for each shape that the SDK has had.
#include <aws_refresh_session/adapters/aws_sdk_cpp.hpp>

#include "unit/refreshing_provider_support.hpp"

#include <gmock/gmock.h>

#include <shape.hpp>

#include <array>
#include <chrono>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

namespace aws_refresh_session {
namespace {

using namespace std::chrono_literals;
using Mode = EngineFixture::Mode;

RefreshOptions without_jitter() {
  RefreshOptions options;
  options.advisory_jitter = 0;
  return options;
}

/// An engine on faked time, and the SDK's provider over it.
struct Fixture : EngineFixture {
  explicit Fixture(RefreshOptions options = without_jitter(), AwsSdkOptions sdk_options = {},
                   Mode mode = Mode::immediate)
      : EngineFixture(std::move(options), 1h, mode),
        shared(std::move(provider)),
        sdk(make_aws_sdk_provider(shared, sdk_options)) {}

  /// As the SDK calls it.
  [[nodiscard]] Aws::Auth::AWSCredentials ask() {
    Aws::Auth::AWSCredentialsProvider& base = *sdk;
    return base.GetAWSCredentials();
  }
  [[nodiscard]] std::string ask_for_id() {
    const auto credentials = ask();
    return {credentials.GetAWSAccessKeyId().data(), credentials.GetAWSAccessKeyId().size()};
  }

  std::shared_ptr<RefreshingCredentialsProvider> shared;
  std::shared_ptr<AwsSdkProvider> sdk;
};

TEST(AwsSdkProvider, GivesTheCurrentSetWithAllItsFields) {
  Fixture fixture;
  const auto expiration = fixture.clock->now() + 1h;
  fixture.source->answer_with([&](const ResolveContext&) {
    return Credentials{"ASIA", "secret-SECRETCANARY", "token-SECRETCANARY", expiration, "123456789012"};
  });
  const auto credentials = fixture.ask();
  EXPECT_EQ(credentials.GetAWSAccessKeyId(), "ASIA");
  EXPECT_EQ(credentials.GetAWSSecretKey(), "secret-SECRETCANARY");
  EXPECT_EQ(credentials.GetSessionToken(), "token-SECRETCANARY");
  EXPECT_EQ(credentials.GetExpiration().UnderlyingTimestamp(), expiration);
  EXPECT_EQ(account_of(credentials), kSdkTakesAccount ? "123456789012" : "");
  EXPECT_EQ(fixture.sdk->last_error(), nullptr);
}

TEST(AwsSdkProvider, SetThatDoesNotExpireHasTheSdksOwnMarkForIt) {
  Fixture fixture;
  fixture.source->answer_with([](const ResolveContext&) { return Credentials{"AKIA", "secret-SECRETCANARY"}; });
  EXPECT_EQ(fixture.ask().GetExpiration(), Aws::Auth::AWSCredentials{}.GetExpiration());
  EXPECT_EQ(fixture.ask().GetSessionToken(), "");
}

TEST(AwsSdkProvider, OverloadWithAContextGivesTheSame) {
  Fixture fixture;
  EXPECT_EQ(credentials_by_context(*fixture.sdk).GetAWSAccessKeyId(), "ASIA1");
}

TEST(AwsSdkProvider, RefreshesWithoutWaiting) {
  Fixture fixture{without_jitter(), {}, Mode::queued};
  static_cast<void>(fixture.shared->try_credentials());
  fixture.scheduler->run_ready();
  EXPECT_EQ(fixture.ask_for_id(), "ASIA1");
  fixture.clock->advance(40min);
  EXPECT_EQ(fixture.ask_for_id(), "ASIA1");
  fixture.scheduler->run_ready();
  EXPECT_EQ(fixture.ask_for_id(), "ASIA2");
}

TEST(AwsSdkProvider, SetThatRunsOutIsGivenWithoutTheWaitThatReadersAskFor) {
  auto options = without_jitter();
  options.mandatory_wait = 5s;
  Fixture fixture{options, {}, Mode::queued};
  static_cast<void>(fixture.shared->try_credentials());
  fixture.scheduler->run_ready();
  fixture.clock->advance(59min + 30s);
  EXPECT_EQ(fixture.ask_for_id(), "ASIA1");  // the clock is faked: a wait would never end
}

TEST(AwsSdkProvider, WithoutAnySetItIsEmptyAndRemembersWhy) {
  Fixture fixture;
  fixture.source->answer_with(EngineFixture::failing(ErrorKind::non_recoverable, "AccessDenied"));
  EXPECT_TRUE(fixture.ask().IsEmpty());
  ASSERT_NE(fixture.sdk->last_error(), nullptr);
  EXPECT_EQ(fixture.sdk->last_error()->code(), "AccessDenied");
}

TEST(AwsSdkProvider, DuringBackOffNobodyIsAskedAndNobodyWaits) {
  Fixture fixture;
  fixture.source->answer_with(EngineFixture::failing());
  for (int each = 0; each < 3; ++each) {
    EXPECT_TRUE(fixture.ask().IsEmpty());
  }
  EXPECT_EQ(fixture.source->calls, 1);
}

TEST(AwsSdkProvider, ExpiredSetIsPreferredToAnUnsignedRequest) {
  Fixture fixture;
  EXPECT_EQ(fixture.ask_for_id(), "ASIA1");
  fixture.source->answer_with(EngineFixture::failing());
  fixture.scheduler->advance(61min);
  EXPECT_EQ(fixture.ask_for_id(), "ASIA1");
  ASSERT_NE(fixture.sdk->last_error(), nullptr);
  EXPECT_EQ(fixture.sdk->last_error()->code(), "ServiceUnavailable");
}

TEST(AwsSdkProvider, ErrorIsForgottenWhenASetIsThereAgain) {
  Fixture fixture;
  EXPECT_EQ(fixture.ask_for_id(), "ASIA1");
  fixture.source->answer_with(EngineFixture::failing());
  fixture.scheduler->advance(61min);
  EXPECT_EQ(fixture.ask_for_id(), "ASIA1");
  fixture.source->answer_with(fixture.healthy());
  fixture.scheduler->advance(1min);
  EXPECT_EQ(fixture.ask_for_id(), "ASIA2");
  EXPECT_EQ(fixture.sdk->last_error(), nullptr);
}

TEST(AwsSdkProvider, SourceThatHangsIsWaitedForAsLongAsTheOptionSays) {
  Fixture fixture{without_jitter(), {.wait = 250ms}, Mode::queued};
  std::jthread time{[&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      fixture.clock->advance(1ms);
      std::this_thread::yield();
    }
  }};
  const auto before = fixture.clock->steady_now();
  EXPECT_TRUE(fixture.ask().IsEmpty());
  EXPECT_GE(fixture.clock->steady_now() - before, 250ms);
  ASSERT_NE(fixture.sdk->last_error(), nullptr);
  EXPECT_EQ(fixture.sdk->last_error()->code(), "RefreshTimeout");
}

TEST(AwsSdkProvider, WaitOfZeroNeverWaits) {
  Fixture fixture{without_jitter(), {.wait = 0ms}, Mode::queued};
  EXPECT_TRUE(fixture.ask().IsEmpty());
  fixture.scheduler->run_ready();
  EXPECT_EQ(fixture.ask_for_id(), "ASIA1");
}

TEST(AwsSdkProvider, WhatIsThrownThatIsNoErrorStaysInside) {
  Fixture fixture;
  fixture.source->answer_with([](const ResolveContext&) -> Credentials { throw 7; });
  EXPECT_TRUE(fixture.ask().IsEmpty());
  EXPECT_NE(fixture.sdk->last_error(), nullptr);
  static_assert(noexcept(fixture.sdk->GetAWSCredentials()));
}

TEST(AwsSdkProvider, InvalidatedSetIsReplaced) {
  Fixture fixture;
  EXPECT_EQ(fixture.ask_for_id(), "ASIA1");
  fixture.sdk->Invalidate("SOMEBODYELSES");
  EXPECT_EQ(fixture.ask_for_id(), "ASIA1");
  fixture.sdk->Invalidate("ASIA1");
  EXPECT_EQ(fixture.ask_for_id(), "ASIA2");
}

TEST(AwsSdkProvider, SdkThatInvalidatesReachesTheSession) {
  Fixture fixture;
  EXPECT_EQ(fixture.ask_for_id(), "ASIA1");
  const auto invalidate = [](auto& base) {
    if constexpr (requires { base.Invalidate("ASIA1"); }) {
      base.Invalidate("ASIA1");
    }
  };
  invalidate(static_cast<Aws::Auth::AWSCredentialsProvider&>(*fixture.sdk));
  EXPECT_EQ(fixture.ask_for_id(), kSdkInvalidates ? "ASIA2" : "ASIA1");
}

TEST(AwsSdkProvider, OutlivesTheSession) {
  std::shared_ptr<Aws::Auth::AWSCredentialsProvider> sdk;
  {
    const RefreshableSession session{CustomOptions{.method = [] {
      return Credentials{"AKID", "secret-SECRETCANARY"};
    }}};
    sdk = make_aws_sdk_provider(session);
  }
  EXPECT_EQ(sdk->GetAWSCredentials().GetAWSAccessKeyId(), "AKID");
}

TEST(AwsSdkProvider, NullProviderIsRefused) {
  EXPECT_THROW(static_cast<void>(make_aws_sdk_provider(std::shared_ptr<RefreshingCredentialsProvider>{})),
               ValidationError);
}

TEST(AwsSdkProviderThreads, ReadersSeeWholeSetsWhileSetsChange) {
  Fixture fixture;
  fixture.source->answer_with([&, number = std::make_shared<std::atomic<int>>(0)](const ResolveContext&) {
    const auto id = std::to_string(++*number);
    return Credentials{"ASIA" + id, "secret-SECRETCANARY-" + id, "token-SECRETCANARY-" + id, fixture.clock->now() + 1h};
  });
  static_cast<void>(fixture.ask());
  std::atomic<bool> done{false};
  {
    std::vector<std::jthread> readers;
    for (int each = 0; each < 3; ++each) {
      readers.emplace_back([&] {
        while (!done) {
          const auto credentials = fixture.ask();
          const std::string id{credentials.GetAWSAccessKeyId().data() + 4};
          ASSERT_EQ(std::string(credentials.GetAWSSecretKey().data()), "secret-SECRETCANARY-" + id);
          ASSERT_EQ(std::string(credentials.GetSessionToken().data()), "token-SECRETCANARY-" + id);
        }
      });
    }
    for (int round = 0; round < 200; ++round) {
      if (round % 3 == 0) {
        fixture.sdk->Invalidate(fixture.ask().GetAWSAccessKeyId());
      } else {
        fixture.shared->refresh_now();
      }
    }
    done = true;
  }
  EXPECT_EQ(fixture.sdk->last_error(), nullptr);
}

// ---- other shapes that an SDK may take ----

class Plain {
 public:
  virtual ~Plain() = default;
  virtual Aws::Auth::AWSCredentials GetAWSCredentials() = 0;
};
class ProtectedInvalidate : public Plain {
 protected:
  virtual void Invalidate(const Aws::String& access_key_id) noexcept { static_cast<void>(access_key_id); }
};
class OtherInvalidate : public Plain {
 public:
  virtual bool Invalidate(int reason) { return reason == 0; }
};

TEST(AwsSdkProviderShapes, InvalidateIsFoundWhereverItIs) {
  using detail::Invalidation;
  static_assert(detail::kInvalidation<Aws::Auth::AWSCredentialsProvider> ==
                (kSdkInvalidates ? Invalidation::by_key_id : Invalidation::none));
  static_assert(detail::kInvalidation<Plain> == Invalidation::none);
  static_assert(detail::kInvalidation<ProtectedInvalidate> == Invalidation::by_key_id);
  static_assert(detail::kInvalidation<OtherInvalidate> == Invalidation::other);
  const auto provider =
      std::make_shared<RefreshingCredentialsProvider>(make_static_provider(Credentials{"AKID", "secret-SECRETCANARY"}));
  EXPECT_EQ(BasicAwsSdkProvider<Plain>{provider}.GetAWSCredentials().GetAWSAccessKeyId(), "AKID");
  EXPECT_EQ(BasicAwsSdkProvider<ProtectedInvalidate>{provider}.GetAWSCredentials().GetAWSAccessKeyId(), "AKID");
  EXPECT_EQ(BasicAwsSdkProvider<OtherInvalidate>{provider}.GetAWSCredentials().GetAWSAccessKeyId(), "AKID");
}

// ---- the SDK's clients ----

struct Configuration {
  Aws::String region;
};
struct EndpointProvider {};

/// The constructors of a client up to 1.9.
class OlderClient {
 public:
  explicit OlderClient(const Configuration& = {}) {}
  explicit OlderClient(const Aws::Auth::AWSCredentials&, const Configuration& = {}) {}
  explicit OlderClient(const std::shared_ptr<Aws::Auth::AWSCredentialsProvider>& with, const Configuration& how = {})
      : provider(with), region(how.region) {}
  std::shared_ptr<Aws::Auth::AWSCredentialsProvider> provider;
  Aws::String region;
};

struct ServiceConfiguration : Configuration {
  Aws::String account;
};

/// And since: a provider of endpoints comes between, and the first is no longer explicit. The constructors of before
/// are still there, and take the general configuration.
class NewerClient {
 public:
  using EndpointProviderType = EndpointProvider;
  NewerClient(const Configuration& = {}, std::shared_ptr<EndpointProvider> = nullptr) {}
  NewerClient(const Aws::Auth::AWSCredentials&, std::shared_ptr<EndpointProvider> = nullptr,
              const Configuration& = {}) {}
  NewerClient(const std::shared_ptr<Aws::Auth::AWSCredentialsProvider>& with,
              std::shared_ptr<EndpointProvider> resolver = nullptr, const ServiceConfiguration& how = {})
      : provider(with), region(how.region), account(how.account), endpoints(std::move(resolver)) {}
  NewerClient(const std::shared_ptr<Aws::Auth::AWSCredentialsProvider>& with, const Configuration& how)
      : provider(with), region(how.region) {}
  std::shared_ptr<Aws::Auth::AWSCredentialsProvider> provider;
  Aws::String region;
  Aws::String account;
  std::shared_ptr<EndpointProvider> endpoints;
};

template <typename Client>
class AwsSdkClients : public ::testing::Test {};
using Clients = ::testing::Types<OlderClient, NewerClient>;
TYPED_TEST_SUITE(AwsSdkClients, Clients, );

TYPED_TEST(AwsSdkClients, TakeTheProviderAsItIs) {
  RefreshableSession session{CustomOptions{.method = [] { return Credentials{"AKID", "secret-SECRETCANARY"}; }}};
  const TypeParam client{make_aws_sdk_provider(session)};
  EXPECT_EQ(client.provider->GetAWSCredentials().GetAWSAccessKeyId(), "AKID");
}

TYPED_TEST(AwsSdkClients, AreMadeByTheSessionAndKept) {
  RefreshableSession session{CustomOptions{.method = [] { return Credentials{"AKID", "secret-SECRETCANARY"}; }}};
  const auto plain = session.client<TypeParam>();
  EXPECT_EQ(plain, session.client<TypeParam>());
  EXPECT_EQ(plain->provider->GetAWSCredentials().GetAWSAccessKeyId(), "AKID");
  const Configuration configuration{.region = "eu-west-1"};
  const auto configured = session.client<TypeParam>(keyed("eu-west-1", configuration));
  EXPECT_EQ(configured->region, "eu-west-1");
  EXPECT_NE(configured, plain);
  EXPECT_EQ(configured, session.client<TypeParam>(keyed("eu-west-1", Configuration{.region = "not looked at"})));
}

TEST(AwsSdkClients, ProviderOfEndpointsGoesWhereTheClientTakesIt) {
  RefreshableSession session{CustomOptions{.method = [] { return Credentials{"AKID", "secret-SECRETCANARY"}; }}};
  const auto endpoints = std::make_shared<EndpointProvider>();
  const auto client = session.client<NewerClient>(keyed("mine", endpoints), keyed("none", ServiceConfiguration{}));
  EXPECT_EQ(client->endpoints, endpoints);
}

TEST(AwsSdkClients, AConfigurationOfTheServiceArrivesWhole) {
  RefreshableSession session{CustomOptions{.method = [] { return Credentials{"AKID", "secret-SECRETCANARY"}; }}};
  ServiceConfiguration configuration;
  configuration.account = "123456789012";
  const auto client = session.client<NewerClient>(keyed("mine", configuration));
  EXPECT_EQ(client->account, "123456789012");
  EXPECT_NE(client->endpoints, nullptr) << "older versions of the SDK take no null";
}

}  // namespace
}  // namespace aws_refresh_session
