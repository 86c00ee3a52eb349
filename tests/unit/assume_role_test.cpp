#include "providers/assume_role.hpp"

#include "support/sts_answers.hpp"
#include "support/warnings.hpp"

#include <aws_refresh_session/exceptions.hpp>
#include <aws_refresh_session/testing/fake_clock.hpp>
#include <aws_refresh_session/testing/fake_http_transport.hpp>

#include <gmock/gmock.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace aws_refresh_session {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using support::assume_role_answer;
using support::error_answer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr const char* kRole = "arn:aws:iam::123456789012:role/app";

AssumeRoleOptions valid() {
  return {.role_arn = kRole};
}

/// A base that hands out what it is told to.
class ScriptedBase final : public CredentialsProvider {
 public:
  std::vector<Credentials> sets;
  std::vector<std::string> invalidated;
  int calls = 0;
  bool asks_a_person = false;

  Credentials resolve(const ResolveContext& context) override {
    last_deadline = context.deadline;
    const auto index = std::min<std::size_t>(static_cast<std::size_t>(calls++), sets.size() - 1);
    return sets.at(index);
  }
  [[nodiscard]] std::string_view name() const noexcept override { return "scripted"; }
  [[nodiscard]] bool interactive() const noexcept override { return asks_a_person; }
  void invalidate(std::string_view key) override { invalidated.emplace_back(key); }

  SteadyTime last_deadline;
};

class AssumeRoleProviderTest : public ::testing::Test {
 protected:
  std::shared_ptr<testing::FakeClock> clock = std::make_shared<testing::FakeClock>();
  std::shared_ptr<testing::FakeHttpTransport> transport = std::make_shared<testing::FakeHttpTransport>();
  std::shared_ptr<ClockSkew> skew = std::make_shared<ClockSkew>();
  std::shared_ptr<ScriptedBase> base = std::make_shared<ScriptedBase>();
  std::map<std::string, std::string, std::less<>> variables{{"AWS_REGION", "eu-west-1"},
                                                            {"AWS_EC2_METADATA_DISABLED", "true"}};
  AssumeRoleOptions options = valid();
  /// One a test: codes count as used in the whole process.
  const std::string serial =
      std::string{"arn:aws:iam::123456789012:mfa/"} + ::testing::UnitTest::GetInstance()->current_test_info()->name();
  std::vector<milliseconds> waits;
  std::vector<std::string> codes;
  std::size_t asked = 0;

  void SetUp() override {
    base->sets = {Credentials{"AKIABASE", "BASESECRET", "BASETOKEN"}};
    options.base = base;
  }

  std::shared_ptr<CredentialsProvider> make() {
    return providers::make_assume_role_provider(options,
                                                {clock, transport, std::make_shared<FixedEnvironment>(variables), skew},
                                                {.wait =
                                                     [this](milliseconds duration, const std::stop_token& stop) {
                                                       waits.push_back(duration);
                                                       clock->advance(duration);
                                                       return !stop.stop_requested();
                                                     },
                                                 .random = [] { return 0.5; }});
  }

  void use_mfa(std::vector<std::string> answers, bool interactive = false) {
    codes = std::move(answers);
    options.serial_number = serial;
    options.mfa_token_provider = MfaTokenProvider::from_callable(
        [this](const MfaRequest& request) {
          EXPECT_EQ(request.serial_number, serial);
          return codes.at(std::min(asked++, codes.size() - 1));
        },
        interactive);
  }

  void answer(int times = 1) {
    for (int i = 0; i < times; ++i) {
      transport->then(200, assume_role_answer());
    }
  }

  [[nodiscard]] std::vector<std::string> codes_sent() const {
    std::vector<std::string> sent;
    for (const auto& request : transport->requests()) {
      const auto at = request.body.find("TokenCode=");
      sent.push_back(at == std::string::npos ? "" : request.body.substr(at + 10, 6));
    }
    return sent;
  }

  template <typename Thrown>
  ErrorFields failure(CredentialsProvider& provider, const ResolveContext& context = {}) {
    try {
      static_cast<void>(provider.resolve(context));
    } catch (const Thrown& error) {
      return error.fields();
    } catch (const std::exception& error) {
      ADD_FAILURE() << "another type: " << error.what();
      return {};
    }
    ADD_FAILURE() << "nothing was thrown";
    return {};
  }

  [[nodiscard]] std::string signer(std::size_t request) const {
    const auto requests = transport->requests();
    for (const auto& [name, value] : requests.at(request).headers) {
      if (name == "Authorization") {
        const auto at = value.find("Credential=") + 11;
        return value.substr(at, value.find('/', at) - at);
      }
    }
    return {};
  }
};

TEST_F(AssumeRoleProviderTest, AnswersWithTheRolesCredentials) {
  answer();
  const auto provider = make();
  EXPECT_EQ(provider->name(), "sts");
  EXPECT_FALSE(provider->interactive());
  const auto credentials = provider->resolve({});
  EXPECT_EQ(credentials.access_key_id(), "ASIAANSWER");
  EXPECT_EQ(credentials.account_id(), "123456789012");
  EXPECT_EQ(credentials.provider_name(), "sts");
}

TEST_F(AssumeRoleProviderTest, Row16_SessionNameDefaultsToThePackagesName) {
  answer(2);
  static_cast<void>(make()->resolve({}));
  options.role_session_name.clear();
  static_cast<void>(make()->resolve({}));
  for (const auto& request : transport->requests()) {
    EXPECT_THAT(request.body, HasSubstr("&RoleSessionName=aws-refresh-session"));
  }
}

TEST_F(AssumeRoleProviderTest, Row17_ClientKeysThenBaseThenEnvironmentSign) {
  answer(3);
  variables["AWS_ACCESS_KEY_ID"] = "AKIAENV";
  variables["AWS_SECRET_ACCESS_KEY"] = "secret";
  options.client.credentials = Credentials{"AKIACLIENT", "secret"};
  static_cast<void>(make()->resolve({}));
  options.client.credentials.reset();
  static_cast<void>(make()->resolve({}));
  options.base = nullptr;
  static_cast<void>(make()->resolve({}));
  EXPECT_EQ(signer(0), "AKIACLIENT");
  EXPECT_EQ(signer(1), "AKIABASE");
  EXPECT_EQ(signer(2), "AKIAENV");
}

TEST_F(AssumeRoleProviderTest, Row17_NoBaseCredentialsIsAClearErrorAtTheFirstUse) {
  options.base = nullptr;
  const auto provider = make();
  const auto fields = failure<CredentialError>(*provider);
  EXPECT_EQ(fields.code, "NoBaseCredentials");
  EXPECT_EQ(fields.kind, ErrorKind::not_configured);
  EXPECT_THAT(fields.message, HasSubstr("AWS_ACCESS_KEY_ID"));
  EXPECT_EQ(transport->request_count(), 0U);
}

TEST_F(AssumeRoleProviderTest, Row19_OptionsAreCopied) {
  answer();
  const auto provider = make();
  options.role_arn = "arn:aws:iam::123456789012:role/changed";
  options.client.region = "sa-east-1";
  static_cast<void>(provider->resolve({}));
  EXPECT_THAT(transport->requests().front().body, HasSubstr("role%2Fapp"));
  EXPECT_EQ(transport->requests().front().url, "https://sts.eu-west-1.amazonaws.com/");
}

TEST_F(AssumeRoleProviderTest, BaseIsAskedWithTheCallersContext) {
  answer();
  const auto deadline = clock->steady_now() + seconds{7};
  static_cast<void>(make()->resolve({.deadline = deadline}));
  EXPECT_EQ(base->last_deadline, deadline);
  EXPECT_EQ(transport->requests().front().timeout, seconds{7});
}

TEST_F(AssumeRoleProviderTest, QuestionForTheRegionEndsWithTheCallersTime) {
  variables.clear();
  const auto provider = make();
  transport->then([this](const HttpRequest& request, const std::stop_token&) -> HttpResponse {
    EXPECT_EQ(request.timeout, milliseconds{250});
    clock->advance(request.timeout);
    throw ConnectionError{{.message = "late", .code = "Timeout", .kind = ErrorKind::recoverable}};
  });
  const support::RecordedWarnings warnings;
  const auto fields = failure<ConnectionError>(*provider, {.deadline = clock->steady_now() + milliseconds{250}});
  EXPECT_EQ(fields.code, "Timeout");
  EXPECT_EQ(transport->request_count(), 1U);
  EXPECT_THAT(warnings.places(), IsEmpty()) << "no region was made up";
}

TEST_F(AssumeRoleProviderTest, ShortDurationIsWarnedAboutAndPassedOn) {
  answer();
  options.duration = seconds{5};
  const support::RecordedWarnings warnings;
  static_cast<void>(make()->resolve({}));
  EXPECT_THAT(warnings.places(), ElementsAre("sts.duration"));
  EXPECT_THAT(transport->requests().front().body, HasSubstr("&DurationSeconds=5"));
}

TEST_F(AssumeRoleProviderTest, ExpiredBaseIsRenewedOrRefusedBeforeAnyCall) {
  const Credentials expired{"AKIAOLD", "s", "t", clock->now() - seconds{1}};
  base->sets = {expired, Credentials{"AKIANEW", "s", "t"}};
  answer();
  static_cast<void>(make()->resolve({}));
  EXPECT_THAT(base->invalidated, ElementsAre("AKIAOLD"));
  EXPECT_EQ(signer(0), "AKIANEW");

  base->sets = {expired};
  auto fields = failure<CredentialError>(*make());
  EXPECT_EQ(fields.code, "BaseCredentialsExpired");
  EXPECT_EQ(fields.kind, ErrorKind::recoverable);
  options.client.credentials = expired;
  EXPECT_EQ(failure<CredentialError>(*make()).kind, ErrorKind::non_recoverable);
  EXPECT_EQ(transport->request_count(), 1U);
}

TEST_F(AssumeRoleProviderTest, RefusedBaseIsInvalidatedAndRenewedOnce) {
  for (const auto* code : {"ExpiredToken", "InvalidClientTokenId"}) {
    base->calls = 0;
    base->invalidated.clear();
    base->sets = {Credentials{"AKIAOLD", "s"}, Credentials{"AKIANEW", "s"}};
    const auto before = transport->request_count();
    transport->then(403, error_answer(code));
    answer();
    EXPECT_EQ(make()->resolve({}).access_key_id(), "ASIAANSWER");
    EXPECT_THAT(base->invalidated, ElementsAre("AKIAOLD"));
    EXPECT_EQ(signer(before), "AKIAOLD");
    EXPECT_EQ(signer(before + 1), "AKIANEW");
  }
}

TEST_F(AssumeRoleProviderTest, BaseThatStaysTheSameIsNotSentAgain) {
  transport->then(403, error_answer("ExpiredToken"));
  EXPECT_EQ(failure<RequestError>(*make()).code, "ExpiredToken");
  EXPECT_EQ(transport->request_count(), 1U);
}

TEST_F(AssumeRoleProviderTest, RefusalOfTheRoleIsNotRepeated) {
  transport->then(403, error_answer("AccessDenied"));
  EXPECT_EQ(failure<RequestError>(*make()).code, "AccessDenied");
  EXPECT_EQ(transport->request_count(), 1U);
  EXPECT_THAT(base->invalidated, IsEmpty());
}

TEST_F(AssumeRoleProviderTest, Row22_ProviderIsAskedOnceForEachCall) {
  use_mfa({"111111", "222222"});
  answer(2);
  const auto provider = make();
  static_cast<void>(provider->resolve({}));
  static_cast<void>(provider->resolve({}));
  EXPECT_EQ(asked, 2U);
  EXPECT_THAT(codes_sent(), ElementsAre("111111", "222222"));
}

TEST_F(AssumeRoleProviderTest, OnlyARequestWithACodeMustNotBeSentTwiceByTheTransport) {
  transport->then(200, assume_role_answer());
  static_cast<void>(make()->resolve({}));
  EXPECT_FALSE(transport->requests().back().never_resend);
  use_mfa({"123456"});
  transport->then(200, assume_role_answer());
  static_cast<void>(make()->resolve({}));
  EXPECT_TRUE(transport->requests().back().never_resend);
}

TEST_F(AssumeRoleProviderTest, Row22_ProviderIsNotAskedAgainForARetryThatNeverLeft) {
  use_mfa({"111111"});
  transport->then_fail("ConnectionRefused");
  answer();
  static_cast<void>(make()->resolve({}));
  EXPECT_EQ(asked, 1U);
}

TEST_F(AssumeRoleProviderTest, PersonIsNotAskedWithoutABase) {
  use_mfa({"111111"});
  options.base = nullptr;
  static_cast<void>(failure<CredentialError>(*make()));
  EXPECT_EQ(asked, 0U);
}

TEST_F(AssumeRoleProviderTest, Row23_ProviderWinsOverTokenCodeWithAWarning) {
  use_mfa({"111111"});
  options.token_code = "999999";
  answer();
  const support::RecordedWarnings warnings;
  static_cast<void>(make()->resolve({}));
  EXPECT_THAT(warnings.places(), ElementsAre("sts.token_code"));
  EXPECT_THAT(codes_sent(), ElementsAre("111111"));
}

TEST_F(AssumeRoleProviderTest, InteractiveWhenTheProviderOrTheBaseIs) {
  use_mfa({"111111"}, true);
  EXPECT_TRUE(make()->interactive());
  options = valid();
  options.base = base;
  base->asks_a_person = true;
  EXPECT_TRUE(make()->interactive());
}

TEST_F(AssumeRoleProviderTest, SameCodeAgainWaitsForTheNextTimeStep) {
  use_mfa({"111111", "111111", "222222"});
  answer(2);
  const auto provider = make();
  static_cast<void>(provider->resolve({}));
  clock->advance(milliseconds{12'250});
  static_cast<void>(provider->resolve({}));
  EXPECT_THAT(waits, ElementsAre(milliseconds{17'750}));
  EXPECT_THAT(codes_sent(), ElementsAre("111111", "222222"));
}

TEST_F(AssumeRoleProviderTest, CodeWhoseFateIsUnknownIsNotSentAgain) {
  const std::vector<std::pair<const char*, std::vector<std::string>>> cases{
      {"Timeout", {"111111", "111111", "222222"}}, {"ConnectionReset", {"333333", "333333", "444444"}}};
  for (const auto& [lost, answers] : cases) {
    asked = 0;
    waits.clear();
    use_mfa(answers);
    transport->then_fail(lost);
    answer();
    const auto provider = make();
    EXPECT_EQ(failure<ConnectionError>(*provider).code, lost);
    static_cast<void>(provider->resolve({}));
    EXPECT_THAT(waits, SizeIs(1)) << "only for the next time step";
  }
  EXPECT_THAT(codes_sent(), ElementsAre("111111", "222222", "333333", "444444"));
}

TEST_F(AssumeRoleProviderTest, CodeThatAGatewayAnsweredIsNotSentAgain) {
  use_mfa({"111111", "111111", "222222"});
  transport->then(200, "<html>log in to the network</html>");
  answer();
  const auto provider = make();
  EXPECT_EQ(failure<CredentialError>(*provider).code, "MalformedResponse");
  static_cast<void>(provider->resolve({}));
  EXPECT_THAT(codes_sent(), ElementsAre("111111", "222222"));
}

TEST_F(AssumeRoleProviderTest, SameCodeWithoutTimeToWaitIsSaid) {
  use_mfa({"111111"});
  answer();
  const auto provider = make();
  static_cast<void>(provider->resolve({}));
  const auto fields = failure<ConfigurationError>(*provider, {.deadline = clock->steady_now() + seconds{5}});
  EXPECT_EQ(fields.code, "MfaTokenAlreadyUsed");
  EXPECT_EQ(fields.kind, ErrorKind::recoverable);
  EXPECT_THAT(fields.message, Not(HasSubstr("111111")));
  EXPECT_THAT(waits, IsEmpty());
  EXPECT_EQ(transport->request_count(), 1U);
}

TEST_F(AssumeRoleProviderTest, ProviderThatAlwaysGivesTheSameCodeIsToldSo) {
  use_mfa({"111111"});
  answer();
  const auto provider = make();
  static_cast<void>(provider->resolve({}));
  EXPECT_EQ(failure<ConfigurationError>(*provider).code, "MfaTokenAlreadyUsed");
  EXPECT_EQ(asked, 3U);
  EXPECT_EQ(transport->request_count(), 1U);
}

TEST_F(AssumeRoleProviderTest, StopEndsTheWaitForTheNextCode) {
  use_mfa({"111111"});
  answer();
  const auto provider = make();
  static_cast<void>(provider->resolve({}));
  std::stop_source source;
  source.request_stop();
  EXPECT_EQ(failure<ConnectionError>(*provider, {.stop = source.get_token()}).kind, ErrorKind::cancelled);
}

TEST_F(AssumeRoleProviderTest, TokenCodeIsGoodForTheFirstCallOnly) {
  options.serial_number = serial;
  options.token_code = "123456";
  answer();
  const auto provider = make();
  static_cast<void>(provider->resolve({}));
  const auto fields = failure<ConfigurationError>(*provider);
  EXPECT_EQ(fields.code, "MfaTokenAlreadyUsed");
  EXPECT_EQ(fields.kind, ErrorKind::non_recoverable);
  EXPECT_THAT(fields.message, HasSubstr("mfa_token_provider"));
  EXPECT_THAT(codes_sent(), ElementsAre("123456"));
}

TEST_F(AssumeRoleProviderTest, TokenCodeThatNeverLeftIsStillGood) {
  options.serial_number = serial;
  options.token_code = "123456";
  for (int i = 0; i < 3; ++i) {
    transport->then_fail("ConnectionRefused");
  }
  answer();
  const auto provider = make();
  EXPECT_EQ(failure<ConnectionError>(*provider).code, "ConnectionRefused");
  EXPECT_EQ(provider->resolve({}).access_key_id(), "ASIAANSWER");
}

TEST_F(AssumeRoleProviderTest, RefusedBaseWithACodeIsRenewedForTheNextCall) {
  use_mfa({"111111", "222222"});
  base->sets = {Credentials{"AKIAOLD", "s"}, Credentials{"AKIANEW", "s"}};
  transport->then(403, error_answer("ExpiredToken"));
  answer();
  const auto provider = make();
  EXPECT_EQ(failure<RequestError>(*provider).code, "ExpiredToken");
  EXPECT_THAT(base->invalidated, ElementsAre("AKIAOLD"));
  static_cast<void>(provider->resolve({}));
  EXPECT_THAT(codes_sent(), ElementsAre("111111", "222222"));
}

TEST_F(AssumeRoleProviderTest, Row18_CallerIdentityIsThatOfTheGivenCredentials) {
  transport->then(200, support::caller_identity_answer());
  const auto identity = get_caller_identity(Credentials{"ASIAROLE", "s", "t"}, {.region = "eu-west-1"},
                                            {clock, transport, std::make_shared<FixedEnvironment>(variables), skew});
  EXPECT_EQ(identity.arn, "arn:aws:sts::123456789012:assumed-role/app/session");
  EXPECT_EQ(signer(0), "ASIAROLE");
  EXPECT_THROW(static_cast<void>(get_caller_identity(
                   Credentials{}, {}, {clock, transport, std::make_shared<FixedEnvironment>(variables), skew})),
               CredentialError);
}

}  // namespace
}  // namespace aws_refresh_session
