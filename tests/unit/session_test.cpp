// The session as users meet it. Row numbers follow the table of behaviour in docs/behaviour.md.

#include "support/aws_home.hpp"

#include <aws_refresh_session/aws_refresh_session.hpp>
#include <aws_refresh_session/testing/fake_clock.hpp>
#include <aws_refresh_session/testing/fake_http_transport.hpp>
#include <aws_refresh_session/testing/fake_scheduler.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace aws_refresh_session {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

/// STS on faked time: every AssumeRole gives the next set, GetCallerIdentity names the key it was asked with.
struct SessionFixture : ::testing::Test {
  SessionFixture() {
    transport->set_handler([this](const HttpRequest& request, const std::stop_token&) { return answer(request); });
    previous = set_warning_handler([this](const Warning& warning) { warnings.push_back(warning.place); });
  }
  ~SessionFixture() override { set_warning_handler(previous); }
  SessionFixture(const SessionFixture&) = delete;
  SessionFixture& operator=(const SessionFixture&) = delete;

  HttpResponse answer(const HttpRequest& request) {
    if (refuse) {
      return {403,
              {},
              "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>no</Message></Error>"
              "<RequestId>r-1</RequestId></ErrorResponse>"};
    }
    if (request.body.find("Action=GetCallerIdentity") != std::string::npos) {
      const auto authorization = header(request, "authorization");
      const auto key = authorization.substr(authorization.find("Credential=") + 11, 5);
      return {200,
              {},
              "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:sts::123456789012:assumed-role/app/" +
                  key +
                  "</Arn><UserId>AROA:x</UserId><Account>123456789012</Account>"
                  "</GetCallerIdentityResult></GetCallerIdentityResponse>"};
    }
    const auto number = std::to_string(++sets);
    return {200,
            {},
            "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIA" + number +
                "</AccessKeyId><SecretAccessKey>SECRETCANARY-key</SecretAccessKey><SessionToken>SECRETCANARY-token"
                "</SessionToken><Expiration>2026-01-01T01:00:00Z</Expiration></Credentials>"
                "<AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/app/s</Arn><AssumedRoleId>AROA:s"
                "</AssumedRoleId></AssumedRoleUser></AssumeRoleResult></AssumeRoleResponse>"};
  }

  static std::string header(const HttpRequest& request, std::string_view lower_case_name) {
    for (const auto& [name, value] : request.headers) {
      std::string lower{name};
      for (char& character : lower) {
        character = static_cast<char>(std::tolower(static_cast<unsigned char>(character)));
      }
      if (lower == lower_case_name) {
        return value;
      }
    }
    return {};
  }

  [[nodiscard]] SessionOptions seams() const {
    SessionOptions options;
    options.clock = clock;
    options.scheduler = scheduler;
    options.transport = transport;
    options.environment = environment;
    options.seed = 1;
    return options;
  }

  static AssumeRoleOptions role() {
    AssumeRoleOptions options{.role_arn = "arn:aws:iam::123456789012:role/app"};
    options.client.region = "eu-west-1";
    return options;
  }

  int sets = 0;
  bool refuse = false;
  std::vector<std::string> warnings;
  WarningHandler previous;
  std::shared_ptr<testing::FakeClock> clock = std::make_shared<testing::FakeClock>();
  std::shared_ptr<testing::FakeScheduler> scheduler =
      std::make_shared<testing::FakeScheduler>(clock, testing::FakeScheduler::Mode::immediate);
  std::shared_ptr<testing::FakeHttpTransport> transport = std::make_shared<testing::FakeHttpTransport>();
  std::shared_ptr<const Environment> environment =
      std::make_shared<FixedEnvironment>(std::map<std::string, std::string, std::less<>>{
          {"AWS_ACCESS_KEY_ID", "AKIABASE"}, {"AWS_SECRET_ACCESS_KEY", "SECRETCANARY-base"}});
};

using Session = SessionFixture;

TEST_F(Session, Row1_StsNeedsNoMentionAndOthersAreNamed) {
  EXPECT_EQ((RefreshableSession{role(), seams()}.method()), "sts");
  EXPECT_EQ((RefreshableSession{CustomOptions{.method =
                                                  [] {
                                                    return Credentials{"A", "s"};
                                                  }},
                                seams()}
                 .method()),
            "custom");
  EXPECT_EQ((RefreshableSession{"sts", {{"RoleArn", role().role_arn}, {"region", "eu-west-1"}}, seams()}.method()),
            "sts");
}

TEST_F(Session, Row2_UnknownMethodIsNamedWithThoseThereAre) {
  try {
    const RefreshableSession session{"stss", {}, seams()};
    ADD_FAILURE();
  } catch (const ValidationError& error) {
    EXPECT_EQ(error.value(), "stss");
    EXPECT_THAT(error.message(), HasSubstr("custom"));
    EXPECT_THAT(error.message(), HasSubstr("sts"));
  }
}

TEST_F(Session, Row3_AvailableMethodsAreListed) {
  EXPECT_THAT(RefreshableSession::available_methods(), Contains("sts"));
  EXPECT_THAT(RefreshableSession::available_methods(), Contains("custom"));
}

TEST_F(Session, Row4_DeferredConstructionDoesNoNetwork) {
  const RefreshableSession session{role(), seams()};
  EXPECT_EQ(transport->request_count(), 0U);
}

TEST_F(Session, Row4_UndeferredConstructionFetchesExactlyOnceAndItsErrorComesOut) {
  auto options = seams();
  options.defer_refresh = false;
  RefreshableSession session{role(), options};
  EXPECT_EQ(transport->request_count(), 1U);
  static_cast<void>(session.credentials());
  EXPECT_EQ(transport->request_count(), 1U);
  refuse = true;
  try {
    const RefreshableSession refused{role(), options};
    ADD_FAILURE();
  } catch (const RequestError& error) {
    EXPECT_EQ(error.code(), "AccessDenied");
    EXPECT_EQ(error.status_code(), 403);
    EXPECT_EQ(error.request_id(), "r-1");
  }
}

TEST_F(Session, Row5_RefreshHappensInTheBackgroundNotOnARead) {
  RefreshableSession session{role(), seams()};
  static_cast<void>(session.credentials());
  scheduler->advance(31min);
  EXPECT_EQ(sets, 2);
}

TEST_F(Session, Row6_WindowsCountInEveryModeAndAreValidated) {
  for (const bool defer : {true, false}) {
    auto options = seams();
    options.defer_refresh = defer;
    options.refresh.advisory_window = 15min;
    options.refresh.mandatory_window = 10min;
    sets = 0;
    RefreshableSession session{role(), options};
    static_cast<void>(session.credentials());
    const auto expiration = *session.expiration();
    scheduler->advance(expiration - clock->now() - 15min - 1s);
    EXPECT_EQ(sets, 1);
    scheduler->advance(2s);
    EXPECT_EQ(sets, 2);
    clock->step_wall(WallTime{1'767'225'600s} - clock->now());
  }
  auto options = seams();
  options.refresh.advisory_window = 1min;
  options.refresh.mandatory_window = 2min;
  EXPECT_THROW((RefreshableSession{role(), options}), ValidationError);
}

TEST_F(Session, Row7_StaticKeysRegionAndAccountReachTheClientAndUnknownParametersAreErrors) {
  RefreshableSession session{"sts",
                             {{"role_arn", role().role_arn},
                              {"region", "ap-south-1"},
                              {"access_key_id", "AKIAOWN"},
                              {"secret_access_key", "SECRETCANARY-own"},
                              {"account_id", "123456789012"}},
                             seams()};
  static_cast<void>(session.credentials());
  const auto request = transport->requests().front();
  EXPECT_THAT(request.url, HasSubstr("sts.ap-south-1.amazonaws.com"));
  EXPECT_THAT(header(request, "authorization"), HasSubstr("Credential=AKIAOWN/"));
  EXPECT_THROW((RefreshableSession{"sts", {{"RoleArm", "x"}}, seams()}), ValidationError);
}

TEST_F(Session, Row8_FourFieldsAreTextWithAnRfc3339Expiry) {
  RefreshableSession session{role(), seams()};
  const auto fields = session.refreshable_credentials();
  EXPECT_EQ(fields.access_key, "ASIA1");
  EXPECT_EQ(fields.secret_key, SecretString{"SECRETCANARY-key"});
  EXPECT_EQ(fields.token, SecretString{"SECRETCANARY-token"});
  EXPECT_EQ(fields.expiry_time, "2026-01-01T01:00:00Z");
}

TEST_F(Session, Row9_WhoamiIsGetIdentity) {
  RefreshableSession session{role(), seams()};
  EXPECT_EQ(session.get_identity().arn, session.whoami().arn);
}

TEST_F(Session, Row10_TheSessionsOwnCallsAreSignedWithTheRefreshedSet) {
  RefreshableSession session{role(), seams()};
  static_cast<void>(session.whoami());
  ASSERT_EQ(transport->request_count(), 2U);
  EXPECT_THAT(header(transport->requests()[0], "authorization"), HasSubstr("Credential=AKIABASE/"));
  EXPECT_THAT(header(transport->requests()[1], "authorization"), HasSubstr("Credential=ASIA1/"));
}

TEST_F(Session, Row11_RegisteredMethodCanBeChosenAndASecondRegistrationWarnsAndWins) {
  const auto method_giving = [](std::string key) {
    return [key](const MethodParameters&, const ProviderSeams&) {
      return MethodProduct{.provider = make_static_provider(Credentials{key, "s"})};
    };
  };
  RefreshableSession::register_method("row11", method_giving("FIRST"));
  EXPECT_THAT(RefreshableSession::available_methods(), Contains("row11"));
  EXPECT_EQ((RefreshableSession{"row11", {}, seams()}.credentials()->access_key_id()), "FIRST");
  EXPECT_TRUE(warnings.empty());
  RefreshableSession::register_method("row11", method_giving("SECOND"));
  EXPECT_THAT(warnings, ElementsAre("session.register_method"));
  EXPECT_EQ((RefreshableSession{"row11", {}, seams()}.credentials()->access_key_id()), "SECOND");
  EXPECT_THROW(RefreshableSession::register_method("", method_giving("x")), ValidationError);
}

TEST_F(Session, Row12_RefreshMethodCannotBeSetByHand) {
  const RefreshableSession session{
      "sts", {{"RoleArn", role().role_arn}, {"region", "eu-west-1"}, {"refresh_method", "x"}}, seams()};
  EXPECT_THAT(warnings, ElementsAre("session.refresh_method"));
  EXPECT_EQ(session.method(), "sts");
}

TEST_F(Session, Row13_ManyThreadsShareOneSession) {
  RefreshableSession session{role(), seams()};
  std::vector<std::jthread> readers;
  for (int index = 0; index < 8; ++index) {
    readers.emplace_back([&] { EXPECT_EQ(session.credentials()->access_key_id(), "ASIA1"); });
  }
  readers.clear();
  EXPECT_EQ(transport->request_count(), 1U);
}

TEST_F(Session, Row18_IdentityIsTheAssumedOne) {
  RefreshableSession session{role(), seams()};
  const auto identity = session.get_identity();
  EXPECT_EQ(identity.arn, "arn:aws:sts::123456789012:assumed-role/app/ASIA1");
  EXPECT_EQ(identity.account, "123456789012");
  EXPECT_EQ(identity.method, "sts");
}

TEST_F(Session, Row18_KeysOfTheClientSignAssumeRoleAndNotWhoami) {
  auto options = role();
  options.client.credentials = Credentials{"AKIAOWN", "SECRETCANARY-own"};
  RefreshableSession session{options, seams()};
  EXPECT_THAT(session.whoami().arn, HasSubstr("ASIA1"));
}

TEST_F(Session, Row29_CustomIdentityNamesItsSourceAndStsCanBeAsked) {
  CustomOptions options{.method = [this] { return Credentials{"ASIAC", "s", "t", clock->now() + 1h}; }};
  options.source = "my vault";
  RefreshableSession session{std::move(options), seams()};
  EXPECT_EQ(session.get_identity().method, "custom");
  EXPECT_EQ(session.get_identity().source, "my vault");
  EXPECT_EQ(transport->request_count(), 0U);
  EXPECT_THAT(session.whoami_from_sts().arn, HasSubstr("ASIAC"));
}

TEST_F(Session, CustomByNameSaysWhatToDoInstead) {
  try {
    const RefreshableSession session{"custom", {}, seams()};
    ADD_FAILURE();
  } catch (const ValidationError& error) {
    EXPECT_THAT(error.message(), HasSubstr("register_method"));
  }
}

TEST_F(Session, OneSessionIsTheBaseOfAnother) {
  RefreshableSession base{role(), seams()};
  auto options = role();
  options.base = base.provider();
  RefreshableSession chained{options, seams()};
  EXPECT_EQ(chained.credentials()->access_key_id(), "ASIA2");
  EXPECT_THAT(header(transport->requests()[1], "authorization"), HasSubstr("Credential=ASIA1/"));
}

TEST_F(Session, BaseOutlivesItsSessionObject) {
  auto options = role();
  {
    const RefreshableSession base{role(), seams()};
    options.base = base.provider();
  }
  RefreshableSession chained{options, seams()};
  EXPECT_EQ(chained.credentials()->access_key_id(), "ASIA2");
}

TEST_F(Session, ObserverHearsTheFirstAttempt) {
  auto options = seams();
  options.defer_refresh = false;
  std::vector<RefreshEvent::Type> heard;
  options.observer = [&](const RefreshEvent& event) { heard.push_back(event.type); };
  const RefreshableSession session{role(), options};
  EXPECT_EQ(heard.front(), RefreshEvent::Type::attempt);
  EXPECT_EQ(heard.back(), RefreshEvent::Type::success);
}

TEST_F(Session, StateExpirationInvalidateAndLastErrorAreInThePublicInterface) {
  RefreshableSession session{role(), seams()};
  EXPECT_EQ(session.state(), Freshness::none);
  session.refresh_now();
  EXPECT_EQ(session.state(), Freshness::fresh);
  EXPECT_TRUE(session.expiration().has_value());
  session.invalidate("ASIA1");
  EXPECT_EQ(session.credentials()->access_key_id(), "ASIA2");
  refuse = true;
  EXPECT_THROW(session.refresh_now(), RequestError);
  EXPECT_EQ(session.last_error()->code(), "AccessDenied");
  EXPECT_EQ(session.credentials()->access_key_id(), "ASIA2");
}

struct ParameterCase {
  std::string name;
  std::string value;
  std::string expected;  // in the request's form; empty: refused
};

// What the options of a session say must reach the method, whatever the constructor; the method's own say wins.
TEST_F(Session, ProfileAndRegionOfTheOptionsReachEveryMethod) {
  const support::AwsHome home;
  home.config("[profile p]\nregion = eu-west-3\naws_access_key_id = AKIDP\naws_secret_access_key = SECRETCANARY\n");
  const AssumeRoleOptions bare{.role_arn = role().role_arn};
  auto options = seams();
  options.environment = home.environment();
  options.profile = "p";
  EXPECT_EQ(RefreshableSession(ProfileOptions{}, options).credentials()->access_key_id(), "AKIDP");
  EXPECT_EQ(RefreshableSession(DefaultChainOptions{}, options).credentials()->access_key_id(), "AKIDP");
  EXPECT_EQ(RefreshableSession("default", {}, options).credentials()->access_key_id(), "AKIDP");
  EXPECT_EQ(RefreshableSession("profile", {{"Profile", ""}}, options).credentials()->access_key_id(), "AKIDP");
  EXPECT_EQ(RefreshableSession(bare, options).region(), "eu-west-3");
  EXPECT_EQ(RefreshableSession(CustomOptions{.method = [] { return Credentials{}; }}, options).region(), "eu-west-3");

  static_cast<void>(RefreshableSession(bare, options).credentials());
  EXPECT_THAT(transport->requests().back().url, HasSubstr("eu-west-3"));
  EXPECT_THAT(header(transport->requests().back(), "authorization"), HasSubstr("Credential=AKIDP/"));

  options.region = "us-west-1";
  static_cast<void>(RefreshableSession(bare, options).credentials());
  EXPECT_THAT(transport->requests().back().url, HasSubstr("us-west-1"));
  static_cast<void>(
      RefreshableSession("sts", {{"RoleArn", role().role_arn}, {"Region", "ca-central-1"}}, options).credentials());
  EXPECT_THAT(transport->requests().back().url, HasSubstr("ca-central-1"));
}

TEST_F(Session, Row7_KeysOfTheOptionsAreTheBase) {
  const support::AwsHome home;
  const AssumeRoleOptions bare{.role_arn = role().role_arn};
  auto options = seams();
  options.environment = home.environment({{"AWS_REGION", "eu-west-1"}});
  options.credentials = Credentials{"AKIDOPTION", "SECRETCANARY"};
  for (const bool by_name : {false, true}) {
    RefreshableSession session = by_name ? RefreshableSession("sts", {{"RoleArn", role().role_arn}}, options)
                                         : RefreshableSession(bare, options);
    static_cast<void>(session.credentials());
    EXPECT_THAT(header(transport->requests().back(), "authorization"), HasSubstr("Credential=AKIDOPTION/"));
  }
  EXPECT_EQ(RefreshableSession(DefaultChainOptions{}, options).credentials()->access_key_id(), "AKIDOPTION");
  EXPECT_EQ(RefreshableSession("default", {}, options).credentials()->access_key_id(), "AKIDOPTION");
  EXPECT_THROW(RefreshableSession(ProfileOptions{}, options), ValidationError);
  EXPECT_THROW(RefreshableSession("imds", {}, options), ValidationError);
  EXPECT_THROW(RefreshableSession(CustomOptions{.method = [] { return Credentials{}; }}, options), ValidationError);
}

TEST_F(Session, ParametersByNameReachStsInBothSpellings) {
  const std::vector<ParameterCase> cases{
      {"RoleSessionName", "me", "RoleSessionName=me"},
      {"role_session_name", "me", "RoleSessionName=me"},
      {"PolicyArns", "arn:aws:iam::aws:policy/A,arn:aws:iam::aws:policy/B", "PolicyArns.member.2.arn="},
      {"DurationSeconds", "900", "DurationSeconds=900"},
      {"DurationSeconds", "900s", ""},
      {"DurationSeconds", "-1", ""},
      {"ExternalId", "ext", "ExternalId=ext"},
      {"Tags", "team=a,stage=b", "Tags.member.2.Key=stage"},
      {"Tags", "team", ""},
      {"SourceIdentity", "alice", "SourceIdentity=alice"},
      {"verify_tls", "perhaps", ""},
      {"max_attempts", "two", ""},
      {"max_attempts", "2", "Action=AssumeRole"},
      {"connect_timeout", "nan", ""},
      {"connect_timeout", "0.5", "Action=AssumeRole"},
      {"access_key_id", "AKIAONLY", ""},
      {"session_token", "SECRETCANARY", ""},
  };
  for (const auto& each : cases) {
    const auto requests_before = transport->request_count();
    try {
      RefreshableSession session{
          "sts", {{"RoleArn", role().role_arn}, {"region", "eu-west-1"}, {each.name, each.value}}, seams()};
      static_cast<void>(session.credentials());
      EXPECT_FALSE(each.expected.empty()) << each.name << "=" << each.value << " was accepted";
      EXPECT_THAT(transport->requests().back().body, HasSubstr(each.expected)) << each.name;
    } catch (const ValidationError& error) {
      EXPECT_TRUE(each.expected.empty()) << each.name << ": " << error.what();
      EXPECT_FALSE(error.param().empty());
      EXPECT_EQ(transport->request_count(), requests_before);
      EXPECT_THAT(error.what(), Not(HasSubstr("SECRETCANARY")));
    }
  }
  EXPECT_THROW((RefreshableSession{"sts", {{"RoleArn", "a"}, {"role_arn", "b"}}, seams()}), ValidationError);
}

}  // namespace
}  // namespace aws_refresh_session
