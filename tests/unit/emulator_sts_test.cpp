// The STS actions: answers, trust policies, MFA, durations, validation.

#include "emulator_client.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace aws_refresh_session::emulator::testing {
namespace {

using std::chrono::seconds;
using Fields = std::vector<std::pair<std::string, std::string>>;

constexpr const char* kSerial = "arn:aws:iam::123456789012:mfa/emulator";
// RFC 6238, appendix B: the ASCII text 12345678901234567890.
constexpr const char* kSeed = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

Options mfa_options() {
  Options options;
  options.mfa_devices = {{.serial_number = kSerial, .seed = kSeed}};
  options.roles.front().require_mfa = true;
  return options;
}

TEST(EmulatorSts, AssumeRoleAnswersInAwsShape) {
  const Rig rig;
  rig.clock->advance(std::chrono::milliseconds{900});
  const auto answer = rig.assume({{"DurationSeconds", "900"},
                                  {"SourceIdentity", "Ann"},
                                  {"Tags.member.1.Key", "team"},
                                  {"Tags.member.1.Value", "blue"}});
  ASSERT_EQ(answer.status, 200);
  EXPECT_EQ(answer.headers.at("content-type"), "text/xml");
  EXPECT_EQ(answer.headers.at("date"), "Thu, 01 Jan 2026 00:00:00 GMT");
  EXPECT_TRUE(answer.body.starts_with("<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">"));
  EXPECT_TRUE(answer.has_element("AssumeRoleResult>"));
  EXPECT_EQ(answer.element("Arn"), "arn:aws:sts::123456789012:assumed-role/demo/tester");
  EXPECT_TRUE(answer.element("AssumedRoleId").starts_with("AROA"));
  EXPECT_TRUE(answer.element("AssumedRoleId").ends_with(":tester"));
  EXPECT_EQ(answer.element("AccessKeyId").size(), 20U);
  EXPECT_TRUE(answer.element("AccessKeyId").starts_with("ASIA"));
  EXPECT_EQ(answer.element("SecretAccessKey").size(), 40U);
  EXPECT_EQ(answer.element("PackedPolicySize"), "1");
  EXPECT_EQ(answer.element("SourceIdentity"), "Ann");
  EXPECT_EQ(answer.element("RequestId"), answer.headers.at("x-amzn-requestid"));
  // Half a second is cut off, never added.
  EXPECT_EQ(answer.element("Expiration"), "2026-01-01T00:15:00Z");
}

TEST(EmulatorSts, ExpirationIsNeverLaterThanTheTruth) {
  const Rig rig;
  rig.clock->advance(std::chrono::milliseconds{999});
  const auto answer = rig.assume({{"DurationSeconds", "1"}});
  EXPECT_EQ(answer.element("Expiration"), "2026-01-01T00:00:01Z");
  rig.clock->advance(std::chrono::milliseconds{999});
  EXPECT_EQ(rig.get_resource(Rig::keys_of(answer)).status, 200);
}

TEST(EmulatorSts, GetCallerIdentityTellsUserRootAndRoleSession) {
  Options options;
  options.users.push_back({.access_key_id = "AKIAROOT", .secret_access_key = "SECRETCANARYroot", .name = ""});
  const Rig rig{options};
  const auto user = rig.call("GetCallerIdentity");
  EXPECT_EQ(user.element("Account"), "123456789012");
  EXPECT_TRUE(user.element("UserId").starts_with("AIDA"));
  const auto root = rig.call("GetCallerIdentity", {}, {"AKIAROOT", "SECRETCANARYroot", ""});
  EXPECT_EQ(root.element("Arn"), "arn:aws:iam::123456789012:root");
  EXPECT_EQ(root.element("UserId"), "123456789012");
  const auto assumed = rig.assume();
  const auto session = rig.call("GetCallerIdentity", {}, Rig::keys_of(assumed));
  EXPECT_EQ(session.element("Arn"), assumed.element("Arn"));
  EXPECT_EQ(session.element("UserId"), assumed.element("AssumedRoleId"));
}

TEST(EmulatorSts, GetSessionTokenGivesTheUsersOwnTemporaryKeys) {
  const Rig rig;
  const auto answer = rig.call("GetSessionToken", {{"DurationSeconds", "2"}});
  ASSERT_EQ(answer.status, 200);
  EXPECT_TRUE(answer.has_element("GetSessionTokenResponse"));
  EXPECT_EQ(answer.element("Expiration"), "2026-01-01T00:00:02Z");
  const auto keys = Rig::keys_of(answer);
  EXPECT_EQ(rig.call("GetCallerIdentity", {}, keys).element("Arn"), "arn:aws:iam::123456789012:user/emulator");
  EXPECT_EQ(rig.get_resource(keys).status, 200);
  EXPECT_EQ(rig.assume({}, keys).status, 200);
  EXPECT_EQ(rig.call("GetSessionToken", {}, keys).code(), "AccessDenied");
  rig.clock->advance(seconds{2});
  EXPECT_EQ(rig.get_resource(keys).code(), "ExpiredToken");
  EXPECT_EQ(rig.call("GetSessionToken", {{"DurationSeconds", "129601"}}).code(), "ValidationError");
}

TEST(EmulatorSts, GetWorksAsPostDoes) {
  const Rig rig;
  const Call get{.method = "GET", .query = "Version=2011-06-15&Action=GetCallerIdentity"};
  EXPECT_EQ(rig.send_signed(get).status, 200);
}

TEST(EmulatorSts, UnknownActionsAndVersionsAreRefusedWithoutASignature) {
  const Rig rig;
  EXPECT_EQ(rig.send(Rig::action("DecodeEverything")).code(), "InvalidAction");
  EXPECT_EQ(rig.send(Rig::action("DecodeEverything")).status, 400);
  Call call;
  call.body = "Action=AssumeRole&Version=2010-01-01";
  EXPECT_EQ(rig.send(call).code(), "InvalidAction");
  call.body = "Action=Resource&Version=2011-06-15";
  EXPECT_EQ(rig.send(call).code(), "InvalidAction");
  call.body = "Version=2011-06-15";
  EXPECT_EQ(rig.send(call).code(), "MissingAction");
  call.body = "Action=%zz";
  EXPECT_EQ(rig.send(call).code(), "MalformedInput");
  call.path = "/elsewhere";
  EXPECT_EQ(rig.send(call).status, 404);
  call.path = "/_emulator/counters";
  EXPECT_EQ(rig.send(call).status, 404) << "the control interface is off";
}

struct BadParameter {
  const char* name;
  Fields fields;
  const char* code;
  const char* place;
};

class EmulatorValidation : public ::testing::TestWithParam<BadParameter> {};

TEST_P(EmulatorValidation, IsRefusedAndNamed) {
  const Rig rig;
  Fields fields{{"RoleArn", rig.emulator.role_arn()}, {"RoleSessionName", "tester"}};
  for (const auto& field : GetParam().fields) {
    std::erase_if(fields, [&](const auto& each) { return each.first == field.first; });
    fields.push_back(field);
  }
  std::erase_if(fields, [](const auto& each) { return each.second == "(none)"; });
  const auto answer = rig.call("AssumeRole", fields);
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.code(), GetParam().code);
  EXPECT_NE(answer.element("Message").find(GetParam().place), std::string::npos) << answer.element("Message");
  EXPECT_EQ(rig.emulator.counters().credentials_issued, 0U);
}

Fields many(const std::string& prefix, const std::string& suffix, std::size_t count, const std::string& value) {
  Fields fields;
  for (std::size_t i = 1; i <= count; ++i) {
    fields.emplace_back(prefix + ".member." + std::to_string(i) + suffix, value);
  }
  return fields;
}

INSTANTIATE_TEST_SUITE_P(
    Cases, EmulatorValidation,
    ::testing::Values(
        BadParameter{"NoRoleArn", {{"RoleArn", "(none)"}}, "ValidationError", "'roleArn'"},
        BadParameter{"ShortRoleArn", {{"RoleArn", "arn:aws:iam::1:role"}}, "ValidationError", "'roleArn'"},
        BadParameter{"NoSessionName", {{"RoleSessionName", "(none)"}}, "ValidationError", "'roleSessionName'"},
        BadParameter{"ShortSessionName", {{"RoleSessionName", "x"}}, "ValidationError", "greater than or equal to 2"},
        BadParameter{"LongSessionName", {{"RoleSessionName", std::string(65, 'x')}}, "ValidationError", "equal to 64"},
        BadParameter{"SessionNameWithBlank", {{"RoleSessionName", "a b"}}, "ValidationError", "regular expression"},
        BadParameter{"SessionNameNotAscii", {{"RoleSessionName", "a\xc3\xbc"}}, "ValidationError", "'a?\?'"},
        BadParameter{"ControlCharacter", {{"RoleSessionName", "a\x01\nb"}}, "ValidationError", "'a?\?b'"},
        BadParameter{"DurationZero", {{"DurationSeconds", "0"}}, "ValidationError", "'durationSeconds'"},
        BadParameter{"DurationTooLong", {{"DurationSeconds", "43201"}}, "ValidationError", "MaxSessionDuration"},
        BadParameter{"DurationNoNumber", {{"DurationSeconds", "1h"}}, "MalformedInput", "DurationSeconds"},
        BadParameter{"DurationHuge", {{"DurationSeconds", "99999999999999"}}, "MalformedInput", "DurationSeconds"},
        BadParameter{"PolicyNoJson", {{"Policy", "{"}}, "MalformedPolicyDocument", "policy"},
        BadParameter{"PolicyNoStatement", {{"Policy", "{}"}}, "MalformedPolicyDocument", "policy"},
        BadParameter{"ElevenPolicyArns", many("PolicyArns", ".arn", 11, "arn:aws:iam::aws:policy/ReadOnly"),
                     "ValidationError", "'policyArns'"},
        BadParameter{"ShortPolicyArn", {{"PolicyArns.member.1.arn", "x"}}, "ValidationError", "'policyArns.member.1"},
        BadParameter{"ShortExternalId", {{"ExternalId", "x"}}, "ValidationError", "'externalId'"},
        BadParameter{"ExternalIdPattern", {{"ExternalId", "a*b"}}, "ValidationError", "'externalId'"},
        BadParameter{"ShortSerial", {{"SerialNumber", "x"}}, "ValidationError", "'serialNumber'"},
        BadParameter{"TokenCodeFiveDigits", {{"TokenCode", "12345"}}, "ValidationError", "'tokenCode'"},
        BadParameter{"TokenCodeLetters", {{"TokenCode", "12345a"}}, "ValidationError", "'tokenCode'"},
        BadParameter{"TagWithoutValue", {{"Tags.member.1.Key", "k"}}, "ValidationError", "'tags.member.1.Value'"},
        BadParameter{"LongTagKey",
                     {{"Tags.member.1.Key", std::string(129, 'k')}, {"Tags.member.1.Value", "v"}},
                     "ValidationError",
                     "equal to 128"},
        BadParameter{"SameTagTwice",
                     {{"Tags.member.1.Key", "k"},
                      {"Tags.member.1.Value", "v"},
                      {"Tags.member.2.Key", "K"},
                      {"Tags.member.2.Value", "v"}},
                     "InvalidParameterValue",
                     "Duplicate tag keys"},
        BadParameter{"TransitiveKeyWithoutTag",
                     {{"TransitiveTagKeys.member.1", "k"}},
                     "InvalidParameterValue",
                     "transitive tag key"},
        BadParameter{"ShortSourceIdentity", {{"SourceIdentity", "x"}}, "ValidationError", "'sourceIdentity'"},
        BadParameter{"ContextWithoutAssertion",
                     {{"ProvidedContexts.member.1.ProviderArn", "arn:aws:iam::aws:contextProvider/IdentityCenter"}},
                     "ValidationError",
                     "ContextAssertion"},
        BadParameter{"PackedPolicyTooLarge",
                     [] {
                       auto fields = many("Tags", ".Value", 20, std::string(256, 'v'));
                       for (int i = 1; i <= 20; ++i) {
                         fields.emplace_back("Tags.member." + std::to_string(i) + ".Key", "k" + std::to_string(i));
                       }
                       return fields;
                     }(),
                     "PackedPolicyTooLarge", "Packed policy consumes"}),
    [](const auto& each) { return each.param.name; });

TEST(EmulatorValidation, AllComplaintsComeAtOnceAndNoCodeIsRepeated) {
  const Rig rig;
  const auto answer = rig.call("AssumeRole", {{"RoleSessionName", "x"}, {"TokenCode", "9871234"}});
  EXPECT_TRUE(answer.element("Message").starts_with("3 validation errors detected: "));
  EXPECT_EQ(answer.body.find("9871234"), std::string::npos);
}

TEST(EmulatorSts, Row14_AllTwelveParametersAreTakenAndLoggedWithoutSecrets) {
  const Rig rig{mfa_options()};
  const std::string code = rig.emulator.mfa_code(kSerial);
  const auto answer =
      rig.assume({{"PolicyArns.member.1.arn", "arn:aws:iam::aws:policy/ReadOnlyAccess"},
                  {"Policy", R"({"Version":"2012-10-17","Statement":[]})"},
                  {"DurationSeconds", "900"},
                  {"ExternalId", "external:1"},
                  {"SerialNumber", kSerial},
                  {"TokenCode", code},
                  {"Tags.member.1.Key", "team"},
                  {"Tags.member.1.Value", "blue"},
                  {"TransitiveTagKeys.member.1", "team"},
                  {"SourceIdentity", "Ann"},
                  {"ProvidedContexts.member.1.ProviderArn", "arn:aws:iam::aws:contextProvider/IdentityCenter"},
                  {"ProvidedContexts.member.1.ContextAssertion", "SECRETCANARYassertion"}});
  ASSERT_EQ(answer.status, 200);
  const auto entry = rig.emulator.log().back();
  EXPECT_EQ(entry.parameters.size(), 16U);
  EXPECT_EQ(entry.parameters.at("Policy"), R"({"Version":"2012-10-17","Statement":[]})");
  EXPECT_EQ(entry.parameters.at("TokenCode"), "***");
  EXPECT_EQ(entry.parameters.at("ProvidedContexts.member.1.ContextAssertion"), "***");
  const auto keys = Rig::keys_of(answer);
  const auto log = to_json(rig.emulator.log());
  for (const auto& secret : {code, keys.secret_access_key, keys.session_token, std::string{"SECRETCANARY"}}) {
    EXPECT_TRUE(log.find(secret) == std::string::npos);
  }
}

TEST(EmulatorTrust, UnknownRoleLooksLikeAForbiddenOne) {
  const Rig rig;
  const auto answer = rig.assume({}, {}, "nobody");
  EXPECT_EQ(answer.status, 403);
  EXPECT_EQ(answer.code(), "AccessDenied");
  EXPECT_EQ(answer.element("Message"),
            "User: arn:aws:iam::123456789012:user/emulator is not authorized to perform: sts:AssumeRole on resource: "
            "arn:aws:iam::123456789012:role/nobody");
}

TEST(EmulatorTrust, RemovedRoleCanNoLongerBeAssumed) {
  Rig rig;
  EXPECT_EQ(rig.assume().status, 200);
  rig.emulator.remove_role(kDefaultRole);
  EXPECT_EQ(rig.assume().code(), "AccessDenied");
  rig.emulator.set_role(Role{});
  EXPECT_EQ(rig.assume().status, 200);
}

TEST(EmulatorTrust, RootMayNotAssumeRoles) {
  Options options;
  options.users = {{.access_key_id = "AKIAROOT", .secret_access_key = "SECRETCANARYroot", .name = ""}};
  const Rig rig{options};
  const auto answer = rig.assume({}, {"AKIAROOT", "SECRETCANARYroot", ""});
  EXPECT_EQ(answer.code(), "AccessDenied");
  EXPECT_EQ(answer.element("Message"), "Roles may not be assumed by root accounts.");
}

TEST(EmulatorTrust, OnlyTrustedPrincipalsGetIn) {
  Options options;
  options.users.push_back({.access_key_id = "AKIABOB", .secret_access_key = "SECRETCANARYbob", .name = "bob"});
  const Keys bob{"AKIABOB", "SECRETCANARYbob", ""};
  options.roles.push_back({.name = "bobs", .trusted_principals = {"arn:aws:iam::123456789012:user/bob"}});
  options.roles.push_back({.name = "chained", .trusted_principals = {"arn:aws:iam::123456789012:role/demo"}});
  options.roles.push_back({.name = "accounts", .trusted_principals = {"arn:aws:iam::123456789012:root"}});
  options.roles.push_back({.name = "open", .trusted_principals = {"*"}});
  const Rig rig{options};
  EXPECT_EQ(rig.assume({}, {}, "bobs").code(), "AccessDenied");
  EXPECT_EQ(rig.assume({}, bob, "bobs").status, 200);
  EXPECT_EQ(rig.assume({}, bob, "chained").code(), "AccessDenied");
  EXPECT_EQ(rig.assume({}, Rig::keys_of(rig.assume()), "chained").status, 200);
  EXPECT_EQ(rig.assume({}, bob, "accounts").status, 200);
  EXPECT_EQ(rig.assume({}, bob, "open").status, 200);
}

TEST(EmulatorTrust, ExternalIdMustMatchWhereTheRoleWantsOne) {
  Options options;
  options.roles.front().external_id = "right";
  const Rig rig{options};
  EXPECT_EQ(rig.assume().code(), "AccessDenied");
  EXPECT_EQ(rig.assume({{"ExternalId", "wrong"}}).code(), "AccessDenied");
  EXPECT_EQ(rig.assume({{"ExternalId", "right"}}).status, 200);
}

TEST(EmulatorTrust, ChainedSessionsLastAnHourAtMostAndKeepTheirIdentityAndTags) {
  const Rig rig;
  const auto first = Rig::keys_of(rig.assume({{"SourceIdentity", "Ann"},
                                              {"Tags.member.1.Key", "team"},
                                              {"Tags.member.1.Value", "blue"},
                                              {"TransitiveTagKeys.member.1", "team"}}));
  const auto too_long = rig.assume({{"DurationSeconds", "3601"}}, first);
  EXPECT_EQ(too_long.code(), "ValidationError");
  EXPECT_NE(too_long.element("Message").find("role chaining"), std::string::npos);
  EXPECT_EQ(rig.assume({{"DurationSeconds", "3600"}}, first).element("SourceIdentity"), "Ann");
  EXPECT_EQ(rig.assume({{"SourceIdentity", "Bob"}}, first).code(), "AccessDenied");
  EXPECT_EQ(rig.assume({{"Tags.member.1.Key", "Team"}, {"Tags.member.1.Value", "red"}}, first).code(),
            "InvalidParameterValue");
}

TEST(EmulatorTrust, RoleLimitsDurationsAndTheDefaultIsCutToThem) {
  Options options;
  options.roles = {{.name = "demo", .min_duration = seconds{3}, .max_duration = seconds{5}}};
  const Rig rig{options};
  EXPECT_EQ(rig.assume({{"DurationSeconds", "2"}}).code(), "ValidationError");
  EXPECT_EQ(rig.assume({{"DurationSeconds", "6"}}).code(), "ValidationError");
  EXPECT_EQ(rig.assume().element("Expiration"), "2026-01-01T00:00:05Z");
}

// RFC 6238, appendix B, cut to six digits.
TEST(EmulatorMfa, CodesAreThoseOfRfc6238) {
  const Rig rig{mfa_options()};
  const auto start = rig.clock->now();
  for (const auto& [time, code] : {std::pair{59LL, "287082"},
                                   {1'111'111'109LL, "081804"},
                                   {1'111'111'111LL, "050471"},
                                   {1'234'567'890LL, "005924"},
                                   {2'000'000'000LL, "279037"}}) {
    rig.clock->step_wall(WallTime{seconds{time}} - rig.clock->now());
    EXPECT_EQ(rig.emulator.mfa_code(kSerial), code);
  }
  rig.clock->step_wall(start - rig.clock->now());
  Rig hex{mfa_options()};
  hex.emulator.add_mfa_device(
      {.serial_number = "arn:aws:iam::123456789012:mfa/hex", .seed = "hex:3132333435363738393031323334353637383930"});
  EXPECT_EQ(hex.emulator.mfa_code("arn:aws:iam::123456789012:mfa/hex"), hex.emulator.mfa_code(kSerial));
}

TEST(EmulatorMfa, RoleThatRequiresItRefusesWithout) {
  const Rig rig{mfa_options()};
  EXPECT_EQ(rig.assume().code(), "AccessDenied");
  const auto half = rig.assume({{"SerialNumber", kSerial}});
  EXPECT_EQ(half.code(), "AccessDenied");
  EXPECT_NE(half.element("Message").find("must provide both"), std::string::npos);
}

TEST(EmulatorMfa, ACodeIsAcceptedOnceOnly) {
  const Rig rig{mfa_options()};
  const Fields mfa{{"SerialNumber", kSerial}, {"TokenCode", rig.emulator.mfa_code(kSerial)}};
  EXPECT_EQ(rig.assume(mfa).status, 200);
  const auto replay = rig.assume(mfa);
  EXPECT_EQ(replay.status, 403);
  EXPECT_EQ(replay.code(), "AccessDenied");
  EXPECT_EQ(replay.element("Message"), "MultiFactorAuthentication failed with invalid MFA one time pass code. ");
  rig.clock->advance(seconds{30});
  EXPECT_EQ(rig.assume(mfa).code(), "AccessDenied") << "used up for the neighbouring steps, too";
  EXPECT_EQ(rig.assume({{"SerialNumber", kSerial}, {"TokenCode", rig.emulator.mfa_code(kSerial)}}).status, 200);
}

TEST(EmulatorMfa, OneStepEarlyOrLateIsAcceptedTwoAreNot) {
  for (const auto& [steps, status] : {std::pair{-2, 403}, {-1, 200}, {1, 200}, {2, 403}}) {
    const Rig rig{mfa_options()};
    const auto code = rig.emulator.mfa_code(kSerial);
    rig.clock->advance(seconds{30} * steps);
    EXPECT_EQ(rig.assume({{"SerialNumber", kSerial}, {"TokenCode", code}}).status, status) << steps;
  }
}

TEST(EmulatorMfa, WrongCodesAndUnknownDevicesAreRefused) {
  const Rig rig{mfa_options()};
  auto code = rig.emulator.mfa_code(kSerial);
  const auto unknown = rig.assume({{"SerialNumber", "arn:aws:iam::1:mfa/x"}, {"TokenCode", code}});
  EXPECT_NE(unknown.element("Message").find("unable to validate MFA code"), std::string::npos);
  code.front() = code.front() == '9' ? '0' : static_cast<char>(code.front() + 1);
  EXPECT_EQ(rig.assume({{"SerialNumber", kSerial}, {"TokenCode", code}}).code(), "AccessDenied");
}

TEST(EmulatorMfa, SessionOpenedWithACodeMayAssumeRolesThatRequireIt) {
  const Rig rig{mfa_options()};
  const auto session = Rig::keys_of(
      rig.call("GetSessionToken", {{"SerialNumber", kSerial}, {"TokenCode", rig.emulator.mfa_code(kSerial)}}));
  EXPECT_EQ(rig.assume({}, session).status, 200);
  const auto plain = Rig::keys_of(rig.call("GetSessionToken"));
  EXPECT_EQ(rig.assume({}, plain).code(), "AccessDenied");
}

TEST(EmulatorMfa, BadSeedsAreRefusedWithoutBeingRepeated) {
  Rig rig;
  for (const char* seed : {"", "abc", "hex:12", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJ1!", "hex:zz32333435363738393031"}) {
    try {
      rig.emulator.add_mfa_device({.serial_number = kSerial, .seed = seed});
      ADD_FAILURE() << "accepted";
    } catch (const std::invalid_argument& error) {
      EXPECT_TRUE(*seed == '\0' || std::string_view{error.what()}.find(seed) == std::string_view::npos);
    }
  }
  EXPECT_THROW(static_cast<void>(rig.emulator.mfa_code("unknown")), std::invalid_argument);
}

TEST(EmulatorOptions, SenselessOnesAreRefused) {
  const auto refused = [](const auto& change) {
    Options options;
    change(options);
    EXPECT_THROW(Emulator{options}, std::invalid_argument);
  };
  refused([](Options& o) { o.account = "12"; });
  refused([](Options& o) { o.users.clear(); });
  refused([](Options& o) { o.users.front().secret_access_key.clear(); });
  refused([](Options& o) { o.users.front().access_key_id = "a/b"; });
  refused([](Options& o) { o.roles.front().name.clear(); });
  refused([](Options& o) { o.roles.front().min_duration = seconds{0}; });
  refused([](Options& o) { o.roles.front().max_duration = seconds{0}; });
  refused([](Options& o) { o.mfa_devices = {{.serial_number = "", .seed = kSeed}}; });
}

}  // namespace
}  // namespace aws_refresh_session::emulator::testing
