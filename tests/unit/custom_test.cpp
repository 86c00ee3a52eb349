#include <aws_refresh_session/custom.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace aws_refresh_session {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kSecret = "SECRETCANARY/custom";
const WallTime kExpiry{std::chrono::seconds{1'767'225'600}};

CredentialFields complete_fields() {
  CredentialFields fields;
  fields.access_key = "AKIACUSTOM";
  fields.secret_key = std::string{kSecret};
  fields.token = "SECRETCANARY/custom-token";
  fields.expiry_time = "2026-01-01T00:00:00Z";
  return fields;
}

Credentials resolve(CredentialsProvider& provider) {
  return provider.resolve({});
}

/// What a callable with that answer makes the provider throw.
CredentialError failure(CustomMethod method) {
  const auto provider = make_provider(std::move(method));
  try {
    static_cast<void>(resolve(*provider));
    ADD_FAILURE() << "the answer was taken";
  } catch (const CredentialError& error) {
    EXPECT_THAT(error.what(), Not(HasSubstr("SECRETCANARY")));
    return error;
  }
  return CredentialError{ErrorFields{}};
}

TEST(Custom, Row27_ACallableIsRequired) {
  for (const auto& make : std::vector<std::function<void()>>{
           [] { static_cast<void>(make_custom_provider({})); },
           [] { static_cast<void>(make_provider(CustomMethod{})); },
       }) {
    try {
      make();
      ADD_FAILURE() << "accepted";
    } catch (const ValidationError& error) {
      EXPECT_EQ(error.param(), "method");
    }
  }
}

TEST(Custom, Row27_FourFieldsMakeASet) {
  const auto provider = make_provider([] { return complete_fields(); });
  const auto credentials = resolve(*provider);
  EXPECT_EQ(credentials.access_key_id(), "AKIACUSTOM");
  EXPECT_EQ(credentials.secret_access_key(), SecretString{kSecret});
  EXPECT_EQ(credentials.session_token(), SecretString{"SECRETCANARY/custom-token"});
  EXPECT_EQ(credentials.expiration(), kExpiry);
  EXPECT_EQ(credentials.provider_name(), "custom");
  EXPECT_EQ(provider->name(), "custom");
}

TEST(Custom, Row27_TheExpiryMayBeATimeValueOrTextWithAnyZone) {
  for (const auto& expiry : std::vector<decltype(CredentialFields::expiry_time)>{
           kExpiry, "2026-01-01T00:00:00Z", "2026-01-01T01:00:00+01:00", "2025-12-31 19:00:00.000-05:00"}) {
    const auto provider = make_provider([&] {
      auto fields = complete_fields();
      fields.expiry_time = expiry;
      return fields;
    });
    EXPECT_EQ(resolve(*provider).expiration(), kExpiry);
  }
}

struct MissingCase {
  std::function<void(CredentialFields&)> change;
  std::string missing;
};

TEST(Custom, Row27_EveryMissingFieldIsListed) {
  const std::vector<MissingCase> cases = {
      {[](auto& fields) { fields.access_key.reset(); }, "access_key"},
      {[](auto& fields) { fields.secret_key.reset(); }, "secret_key"},
      {[](auto& fields) { fields.token.reset(); }, "token"},
      {[](auto& fields) { fields.expiry_time = std::monostate{}; }, "expiry_time"},
      {[](auto& fields) {
         fields.access_key.reset();
         fields.token.reset();
       },
       "access_key, token"},
      {[](auto& fields) { fields = {}; }, "access_key, secret_key, token, expiry_time"},
      // Row 28: the reference takes empty keys.
      {[](auto& fields) { fields.access_key = ""; }, "access_key"},
      {[](auto& fields) { fields.secret_key = " \n"; }, "secret_key"},
      {[](auto& fields) { fields.token = ""; }, "token"},
      {[](auto& fields) { fields.expiry_time = ""; }, "expiry_time"},
  };
  for (const auto& each : cases) {
    const auto error = failure([&] {
      auto fields = complete_fields();
      each.change(fields);
      return fields;
    });
    EXPECT_EQ(error.code(), "MissingFields");
    EXPECT_EQ(error.param(), each.missing);
    EXPECT_THAT(error.message(), HasSubstr("lacks " + each.missing + ":"));
    EXPECT_EQ(error.kind(), ErrorKind::recoverable);
  }
}

TEST(Custom, Row28_ATimeWithoutAZoneIsAnErrorThatSaysSo) {
  const auto error = failure([] {
    auto fields = complete_fields();
    fields.expiry_time = "2026-01-01T00:00:00";
    return fields;
  });
  EXPECT_EQ(error.code(), "InvalidExpiry");
  EXPECT_EQ(error.param(), "expiry_time");
  EXPECT_EQ(error.value(), "2026-01-01T00:00:00");
  EXPECT_THAT(error.message(), HasSubstr("no time zone"));
}

TEST(Custom, Row27_AnExpiryThatIsNoTimeIsAnErrorAndIsShownOnlyIfItLooksLikeOne) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"2026-13-01T00:00:00Z", "2026-13-01T00:00:00Z"},
      {"1767225600", "1767225600"},
      {"tomorrow", ""},
      {std::string{kSecret}, ""},
      {std::string(100, '1'), ""},
  };
  for (const auto& [text, shown] : cases) {
    const auto error = failure([&text = text] {
      auto fields = complete_fields();
      fields.expiry_time = text;
      return fields;
    });
    EXPECT_EQ(error.code(), "InvalidExpiry") << text.size();
    EXPECT_EQ(error.value(), shown);
    EXPECT_THAT(error.message(), HasSubstr("RFC 3339"));
  }
}

TEST(Custom, Row27_ACompleteValueIsTakenWithItsNames) {
  const auto named = make_provider([] { return Credentials{"AKIA", kSecret, "t", kExpiry, "123456789012", "vault"}; });
  EXPECT_EQ(resolve(*named), (Credentials{"AKIA", kSecret, "t", kExpiry, "123456789012", "vault"}));
  const auto unnamed = make_provider([] { return Credentials{"AKIA", kSecret, "t", kExpiry, "123456789012"}; });
  EXPECT_EQ(resolve(*unnamed), (Credentials{"AKIA", kSecret, "t", kExpiry, "123456789012", "custom"}));
}

TEST(Custom, ACompleteValueMayLackTokenAndExpirationButNotItsKeys) {
  const auto lasting = make_provider([] { return Credentials{"AKIA", kSecret}; });
  EXPECT_EQ(resolve(*lasting).expiration(), std::nullopt);
  EXPECT_EQ(failure([] { return Credentials{}; }).param(), "access_key_id, secret_access_key");
  EXPECT_EQ(failure([] { return Credentials{"AKIA", ""}; }).param(), "secret_access_key");
  EXPECT_EQ(failure([] { return Credentials{" ", kSecret}; }).param(), "access_key_id");
}

TEST(Custom, Row28_AnExpiredAnswerIsTheEnginesToRefuse) {
  const auto provider = make_provider([] { return Credentials{"AKIA", kSecret, "t", WallTime{1s}}; });
  EXPECT_EQ(resolve(*provider).expiration(), WallTime{1s});
}

TEST(Custom, Row27_ArgumentsAreBoundAndTheContextIsPassed) {
  const auto fetch = [](const std::string& vault, int version, const ResolveContext& context) {
    return Credentials{vault + std::to_string(version), context.stop.stop_requested() ? "stopped" : "running"};
  };
  const auto provider = make_provider(CustomMethod{fetch, std::string{"vault"}, 3});
  std::stop_source stop;
  stop.request_stop();
  ResolveContext context;
  context.stop = stop.get_token();
  EXPECT_EQ(provider->resolve(context).access_key_id(), "vault3");
  EXPECT_EQ(provider->resolve(context).secret_access_key(), SecretString{"stopped"});
}

TEST(Custom, AFunctionObjectKeepsItsStateBetweenCalls) {
  const auto provider = make_provider([calls = 0]() mutable { return Credentials{std::to_string(++calls), kSecret}; });
  EXPECT_EQ(resolve(*provider).access_key_id(), "1");
  EXPECT_EQ(resolve(*provider).access_key_id(), "2");
}

TEST(Custom, Row30_AForeignExceptionIsWrappedWithItsCauseAndWithoutItsText) {
  const auto error = failure([]() -> Credentials { throw std::out_of_range{"token SECRETCANARY/what"}; });
  EXPECT_EQ(error.code(), "CustomMethodFailed");
  EXPECT_EQ(error.kind(), ErrorKind::recoverable);
  EXPECT_THAT(error.details(), HasSubstr("std::out_of_range"));
  ASSERT_TRUE(error.cause());
  EXPECT_THROW(std::rethrow_exception(error.cause()), std::out_of_range);
}

TEST(Custom, Row30_SomethingThatIsNoExceptionIsWrappedToo) {
  const auto error = failure([]() -> Credentials { throw 42; });
  EXPECT_EQ(error.code(), "CustomMethodFailed");
  ASSERT_TRUE(error.cause());
  EXPECT_THROW(std::rethrow_exception(error.cause()), int);
}

TEST(Custom, Row30_AnErrorOfTheFamilyComesOutAsItIs) {
  const auto provider = make_provider([]() -> Credentials {
    ErrorFields fields;
    fields.message = "sealed";
    fields.code = "VaultSealed";
    fields.kind = ErrorKind::non_recoverable;
    throw RequestError{std::move(fields)};
  });
  try {
    static_cast<void>(resolve(*provider));
    ADD_FAILURE() << "the answer was taken";
  } catch (const RequestError& error) {
    EXPECT_EQ(error.code(), "VaultSealed");
    EXPECT_EQ(error.kind(), ErrorKind::non_recoverable);
  }
}

TEST(Custom, InteractiveIsPassedOn) {
  CustomOptions options;
  options.method = [] { return complete_fields(); };
  EXPECT_FALSE(make_custom_provider(options)->interactive());
  options.interactive = true;
  EXPECT_TRUE(make_custom_provider(options)->interactive());
}

}  // namespace
}  // namespace aws_refresh_session
