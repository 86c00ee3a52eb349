// Roles on one device whose codes a person gives: one question for all, and no code is sent twice.

#include "providers/assume_role.hpp"
#include "support/aws_home.hpp"
#include "support/sts_answers.hpp"
#include "support/warnings.hpp"

#include <aws_refresh_session/exceptions.hpp>
#include <aws_refresh_session/providers/profile.hpp>
#include <aws_refresh_session/testing/fake_clock.hpp>
#include <aws_refresh_session/testing/fake_http_transport.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace aws_refresh_session {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using support::assume_role_answer;
using support::error_answer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::string session_token_answer(const std::string& key_id, const std::string& expiration = "2026-01-01T12:00:00Z") {
  return "<GetSessionTokenResponse><GetSessionTokenResult><Credentials><AccessKeyId>" + key_id +
         "</AccessKeyId><SecretAccessKey>SECRETCANARY/session</SecretAccessKey><SessionToken>SECRETCANARY/token"
         "</SessionToken><Expiration>" +
         expiration + "</Expiration></Credentials></GetSessionTokenResult></GetSessionTokenResponse>";
}

constexpr const char* kWrongCode = "MultiFactorAuthentication failed with invalid MFA one time pass code. ";

class MfaRolesTest : public ::testing::Test {
 protected:
  std::shared_ptr<testing::FakeClock> clock = std::make_shared<testing::FakeClock>();
  std::shared_ptr<testing::FakeHttpTransport> transport = std::make_shared<testing::FakeHttpTransport>();
  const std::string name = ::testing::UnitTest::GetInstance()->current_test_info()->name();
  static inline int runs = 0;
  /// One a run: codes and sessions are the whole process's.
  const std::string serial = "arn:aws:iam::123456789012:mfa/" + name + std::to_string(++runs);
  Credentials base{"AKIABASE", "SECRETCANARY/base"};
  bool interactive = true;
  std::vector<std::string> codes{"111111", "222222", "333333", "444444"};
  std::size_t asked = 0;
  std::function<void()> before_answer;
  std::vector<milliseconds> waits;

  MfaTokenProvider person() {
    return MfaTokenProvider::from_callable(
        [this](const MfaRequest& request) {
          EXPECT_EQ(request.serial_number, serial);
          if (const auto hook = std::exchange(before_answer, nullptr)) {
            hook();
          }
          return codes.at(asked++);
        },
        interactive);
  }

  [[nodiscard]] ProviderSeams seams() const {
    return {.clock = clock,
            .transport = transport,
            .environment = std::make_shared<FixedEnvironment>(std::map<std::string, std::string, std::less<>>{
                {"AWS_REGION", "eu-west-1"}, {"AWS_EC2_METADATA_DISABLED", "true"}}),
            .skew = std::make_shared<ClockSkew>()};
  }

  std::shared_ptr<CredentialsProvider> role(const std::string& role_name = "a") {
    AssumeRoleOptions options;
    options.role_arn = "arn:aws:iam::123456789012:role/" + role_name;
    options.serial_number = serial;
    options.mfa_token_provider = person();
    options.base = make_static_provider(base);
    return providers::make_assume_role_provider(std::move(options), seams(),
                                                {.wait =
                                                     [this](milliseconds duration, const std::stop_token&) {
                                                       waits.push_back(duration);
                                                       clock->advance(duration);
                                                       return true;
                                                     },
                                                 .random = [] { return 0.5; }});
  }

  void open(const std::string& key_id) { transport->then(200, session_token_answer(key_id)); }
  void assume(int times = 1) {
    for (int i = 0; i < times; ++i) {
      transport->then(200, assume_role_answer("2026-01-01T13:00:00Z"));
    }
  }
  void refuse(const std::string& code, const std::string& message = "No.") {
    transport->then(403, error_answer(code, message));
  }

  /// `ACTION by KEY [with CODE]`, for each call.
  [[nodiscard]] std::vector<std::string> calls() const {
    const auto between = [](const std::string& text, const std::string& from, const char* to) {
      const auto at = text.find(from);
      return at == std::string::npos
                 ? std::string{}
                 : text.substr(at + from.size(), text.find_first_of(to, at + from.size()) - at - from.size());
    };
    std::vector<std::string> lines;
    for (const auto& request : transport->requests()) {
      auto line = between(request.body, "Action=", "&");
      for (const auto& [header, value] : request.headers) {
        if (header == "Authorization") {
          line.append(" by ").append(between(value, "Credential=", "/"));
        }
      }
      const auto code = between(request.body, "TokenCode=", "&");
      if (!code.empty()) {
        line.append(" with ").append(code);
      }
      lines.push_back(line);
      EXPECT_EQ(request.never_resend, !code.empty());
      EXPECT_EQ(code.empty(), request.body.find("SerialNumber=") == std::string::npos) << "both, or none of them";
    }
    return lines;
  }

  /// The code of the error.
  static std::string failure(CredentialsProvider& provider, const ResolveContext& context = {}) {
    try {
      static_cast<void>(provider.resolve(context));
    } catch (const Error& error) {
      EXPECT_TRUE(std::string{error.what()}.find("SECRETCANARY") == std::string::npos);
      return error.code();
    }
    ADD_FAILURE() << "nothing was thrown";
    return {};
  }

  void TearDown() override {
    std::multiset<std::string> sent;
    for (const auto& line : calls()) {
      if (const auto at = line.find(" with "); at != std::string::npos) {
        sent.insert(line.substr(at));
      }
    }
    for (const auto& code : sent) {
      EXPECT_TRUE(sent.count(code) == 1 || may_repeat_what_never_left) << "sent twice";
    }
  }
  bool may_repeat_what_never_left = false;
};

TEST_F(MfaRolesTest, TwoRolesOnOneDeviceAskAPersonOnce) {
  open("ASIASESSION");
  assume(3);
  const auto first = role("a");
  EXPECT_EQ(first->resolve({}).access_key_id(), "ASIAANSWER");
  static_cast<void>(role("b")->resolve({}));
  clock->advance(minutes{50});
  static_cast<void>(first->resolve({}));
  EXPECT_EQ(asked, 1U);
  EXPECT_THAT(calls(), ElementsAre("GetSessionToken by AKIABASE with 111111", "AssumeRole by ASIASESSION",
                                   "AssumeRole by ASIASESSION", "AssumeRole by ASIASESSION"));
  EXPECT_THAT(transport->requests()[0].body, Not(HasSubstr("DurationSeconds")));
  EXPECT_THAT(transport->requests()[2].body, HasSubstr("role%2Fb"));
}

TEST_F(MfaRolesTest, TwoProfilesOnOneDeviceAskAPersonOnce) {
  const support::AwsHome home;
  home.config(
      "[profile keys]\naws_access_key_id = AKIAPROFILE\naws_secret_access_key = SECRETCANARY/profile\n"
      "[profile a]\nrole_arn = arn:aws:iam::123456789012:role/a\nsource_profile = keys\nmfa_serial = " +
      serial + "\n[profile b]\nrole_arn = arn:aws:iam::123456789012:role/b\nsource_profile = keys\nmfa_serial = " +
      serial + "\n");
  open("ASIASESSION");
  assume(2);
  for (const auto* const profile : {"a", "b"}) {
    auto machine = seams();
    machine.environment = home.environment({{"AWS_REGION", "eu-west-1"}});
    static_cast<void>(
        make_profile_provider({.profile = profile, .mfa_token_provider = person()}, machine)->resolve({}));
  }
  EXPECT_EQ(asked, 1U);
  EXPECT_THAT(calls(), ElementsAre("GetSessionToken by AKIAPROFILE with 111111", "AssumeRole by ASIASESSION",
                                   "AssumeRole by ASIASESSION"));
}

TEST_F(MfaRolesTest, TwoRolesAskedForAtOnceAskAPersonOnce) {
  open("ASIASESSION");
  assume(2);
  const auto first = role("a");
  const auto second = role("b");
  std::future<Credentials> other;
  before_answer = [&] { other = std::async(std::launch::async, [&] { return second->resolve({}); }); };
  static_cast<void>(first->resolve({}));
  EXPECT_EQ(other.get().access_key_id(), "ASIAANSWER");
  EXPECT_EQ(asked, 1U);
}

TEST_F(MfaRolesTest, PersonIsAskedAgainShortlyBeforeTheSessionEnds) {
  int sessions = 0;
  transport->set_handler([&](const HttpRequest& request, const std::stop_token&) {
    if (request.body.starts_with("Action=GetSessionToken")) {
      ++sessions;
      return HttpResponse{200,
                          {},
                          session_token_answer("ASIA" + std::to_string(sessions),
                                               sessions == 1 ? "2026-01-01T12:00:00Z" : "2026-01-02T00:00:00Z")};
    }
    return HttpResponse{200, {}, assume_role_answer("2026-01-02T12:00:00Z")};
  });
  const auto asker = role();
  static_cast<void>(asker->resolve({}));
  clock->advance(hours{12} - seconds{61});
  static_cast<void>(asker->resolve({}));
  EXPECT_EQ(asked, 1U);
  clock->advance(seconds{1});
  static_cast<void>(asker->resolve({}));
  EXPECT_EQ(asked, 2U);
  EXPECT_EQ(calls().back(), "AssumeRole by ASIA2");
}

TEST_F(MfaRolesTest, RefusedGetSessionTokenFallsBackToACodeForEachRoleAndIsNotTriedAgain) {
  const support::RecordedWarnings warnings;
  for (const auto& [code, digits] :
       {std::pair<std::string, std::string>{"AccessDenied", "11111"}, {"InvalidAction", "22222"}}) {
    base = Credentials{"AKIA" + code, "SECRETCANARY/base"};
    asked = 0;
    codes = {"1" + digits, "2" + digits, "3" + digits};
    waits.clear();
    const auto before = calls().size();
    refuse(code, "User: arn:aws:iam::123456789012:user/me is not authorized to perform: sts:GetSessionToken");
    assume(2);
    clock->advance(milliseconds{12'250});
    static_cast<void>(role("a")->resolve({}));
    EXPECT_THAT(waits, ElementsAre(milliseconds{17'750}));
    static_cast<void>(role("b")->resolve({}));
    const auto all = calls();
    const std::string key = base.access_key_id();
    EXPECT_THAT(
        std::vector<std::string>(all.begin() + static_cast<std::ptrdiff_t>(before), all.end()),
        ElementsAre("GetSessionToken by " + key + " with " + codes[0], "AssumeRole by " + key + " with " + codes[1],
                    "AssumeRole by " + key + " with " + codes[2]));
    EXPECT_EQ(asked, 3U);
  }
  EXPECT_THAT(warnings.places(), ElementsAre("sts.get_session_token", "sts.get_session_token"));
}

TEST_F(MfaRolesTest, FallBackWaitsForTheNextCodeOrSaysThatItComesTooLate) {
  refuse("AccessDenied");
  const support::RecordedWarnings warnings;
  const auto asker = role();
  EXPECT_EQ(failure(*asker, {.deadline = clock->steady_now() + seconds{5}}), "MfaTokenAlreadyUsed");
  EXPECT_EQ(asked, 1U);
  clock->advance(seconds{30});
  assume();
  static_cast<void>(asker->resolve({}));
  EXPECT_EQ(calls().back(), "AssumeRole by AKIABASE with 222222");
}

TEST_F(MfaRolesTest, WrongCodeIsAnErrorAndTheNextQuestionOpensASession) {
  refuse("AccessDenied", kWrongCode);
  const support::RecordedWarnings warnings;
  const auto asker = role();
  EXPECT_EQ(failure(*asker), "AccessDenied");
  EXPECT_THAT(warnings.places(), IsEmpty());
  open("ASIASESSION");
  assume();
  static_cast<void>(asker->resolve({}));
  EXPECT_THAT(calls(), ElementsAre("GetSessionToken by AKIABASE with 111111", "GetSessionToken by AKIABASE with 222222",
                                   "AssumeRole by ASIASESSION"));
}

TEST_F(MfaRolesTest, CodeThatWasSentIsNotSentAgainWhateverTheCall) {
  // Lost, so that nobody knows what became of it; typed again; then the fall back gets it once more.
  codes = {"111111", "111111", "222222", "222222", "333333"};
  transport->then_fail("ConnectionReset");
  refuse("AccessDenied");
  assume();
  const support::RecordedWarnings warnings;
  const auto asker = role();
  EXPECT_EQ(failure(*asker), "ConnectionReset");
  static_cast<void>(asker->resolve({}));
  EXPECT_THAT(calls(), ElementsAre("GetSessionToken by AKIABASE with 111111", "GetSessionToken by AKIABASE with 222222",
                                   "AssumeRole by AKIABASE with 333333"));
}

TEST_F(MfaRolesTest, CodeThatNeverLeftIsStillGood) {
  may_repeat_what_never_left = true;
  codes = {"111111", "111111"};
  for (int attempt = 0; attempt < 3; ++attempt) {
    transport->then_fail("ConnectionRefused");
  }
  open("ASIASESSION");
  assume();
  const auto asker = role();
  EXPECT_EQ(failure(*asker), "ConnectionRefused");
  const auto delays = waits.size();
  static_cast<void>(asker->resolve({}));
  EXPECT_EQ(waits.size(), delays) << "not for the next time step";
}

TEST_F(MfaRolesTest, TemporaryBaseTakesTheDirectWay) {
  base = Credentials{"ASIABASE", "SECRETCANARY/base", "SECRETCANARY/token"};
  assume();
  static_cast<void>(role()->resolve({}));
  EXPECT_THAT(calls(), ElementsAre("AssumeRole by ASIABASE with 111111"));
}

TEST_F(MfaRolesTest, CodesThatNoPersonGivesTakeTheDirectWay) {
  interactive = false;
  assume(2);
  const auto asker = role();
  static_cast<void>(asker->resolve({}));
  static_cast<void>(asker->resolve({}));
  EXPECT_THAT(calls(), ElementsAre("AssumeRole by AKIABASE with 111111", "AssumeRole by AKIABASE with 222222"));
}

TEST_F(MfaRolesTest, RefusedSessionIsReplacedForAllRoles) {
  open("ASIAFIRST");
  assume();
  static_cast<void>(role("a")->resolve({}));
  refuse("ExpiredToken");
  open("ASIASECOND");
  assume(2);
  static_cast<void>(role("b")->resolve({}));
  static_cast<void>(role("a")->resolve({}));
  EXPECT_EQ(asked, 2U);
  EXPECT_THAT(calls(), ElementsAre("GetSessionToken by AKIABASE with 111111", "AssumeRole by ASIAFIRST",
                                   "AssumeRole by ASIAFIRST", "GetSessionToken by AKIABASE with 222222",
                                   "AssumeRole by ASIASECOND", "AssumeRole by ASIASECOND"));
}

TEST_F(MfaRolesTest, ServiceThatTakesNoSessionOfItsOwnIsAskedForNoMore) {
  open("ASIASESSION");
  refuse("InvalidClientTokenId");
  assume(2);
  const support::RecordedWarnings warnings;
  const auto asker = role();
  static_cast<void>(asker->resolve({}));
  static_cast<void>(asker->resolve({}));
  EXPECT_THAT(warnings.places(), ElementsAre("sts.get_session_token"));
  EXPECT_THAT(calls(), ElementsAre("GetSessionToken by AKIABASE with 111111", "AssumeRole by ASIASESSION",
                                   "AssumeRole by AKIABASE with 222222", "AssumeRole by AKIABASE with 333333"));
}

TEST_F(MfaRolesTest, DenialByAnOlderSessionIsTriedWithACodeAndTheSessionGoes) {
  open("ASIAFIRST");
  assume();
  static_cast<void>(role("a")->resolve({}));
  refuse("AccessDenied");
  assume();
  static_cast<void>(role("b")->resolve({}));
  open("ASIASECOND");
  assume();
  static_cast<void>(role("b")->resolve({}));
  EXPECT_THAT(calls(), ElementsAre("GetSessionToken by AKIABASE with 111111", "AssumeRole by ASIAFIRST",
                                   "AssumeRole by ASIAFIRST", "AssumeRole by AKIABASE with 222222",
                                   "GetSessionToken by AKIABASE with 333333", "AssumeRole by ASIASECOND"));
}

TEST_F(MfaRolesTest, DenialThatIsTheRolesOwnCostsNoSession) {
  open("ASIASESSION");
  refuse("AccessDenied");
  EXPECT_EQ(failure(*role("b")), "AccessDenied") << "the session is new: a code would change nothing";
  EXPECT_EQ(asked, 1U);
  refuse("AccessDenied");
  refuse("AccessDenied");
  EXPECT_EQ(failure(*role("b")), "AccessDenied");
  EXPECT_EQ(asked, 2U);
  assume();
  static_cast<void>(role("a")->resolve({}));
  EXPECT_EQ(asked, 2U);
  EXPECT_EQ(calls().back(), "AssumeRole by ASIASESSION");
}

TEST_F(MfaRolesTest, InvalidatedRoleGetsASessionOfItsOwnCode) {
  open("ASIAFIRST");
  assume();
  const auto asker = role();
  const auto received = asker->resolve({});
  asker->invalidate(received.access_key_id());
  open("ASIASECOND");
  assume();
  static_cast<void>(asker->resolve({}));
  EXPECT_EQ(asked, 2U);
  EXPECT_EQ(calls().back(), "AssumeRole by ASIASECOND");
}

TEST_F(MfaRolesTest, OtherBaseKeysHaveASessionOfTheirOwn) {
  open("ASIAFIRST");
  assume();
  static_cast<void>(role()->resolve({}));
  base = Credentials{"AKIAROTATED", "SECRETCANARY/base"};
  open("ASIASECOND");
  assume();
  static_cast<void>(role()->resolve({}));
  EXPECT_THAT(calls(), ElementsAre("GetSessionToken by AKIABASE with 111111", "AssumeRole by ASIAFIRST",
                                   "GetSessionToken by AKIAROTATED with 222222", "AssumeRole by ASIASECOND"));
}

}  // namespace
}  // namespace aws_refresh_session
