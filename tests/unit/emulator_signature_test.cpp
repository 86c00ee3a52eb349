// How the emulator judges signatures, tokens, scopes and times.

#include "emulator_client.hpp"

#include <gtest/gtest.h>

#include <functional>

namespace aws_refresh_session::emulator::testing {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

TEST(EmulatorSignature, GoodHeaderFormIsAccepted) {
  const Rig rig;
  const auto answer = rig.call("GetCallerIdentity");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.element("Arn"), "arn:aws:iam::123456789012:user/emulator");
}

TEST(EmulatorSignature, GoodPresignedQueryIsAcceptedForStsAndTheResource) {
  const Rig rig;
  const Call sts{.method = "GET", .query = "Action=GetCallerIdentity&Version=2011-06-15", .expires = seconds{60}};
  EXPECT_EQ(rig.send_signed(sts).status, 200);

  auto resource = Rig::resource("GET", "/resource/a%20b");
  resource.query = "x=%2B&a";
  resource.expires = seconds{60};
  const auto keys = Rig::keys_of(rig.assume());
  EXPECT_EQ(rig.send_signed(resource, keys).status, 200);
}

TEST(EmulatorSignature, ExecuteApiIsAcceptedForTheResourceAndAnswersInItsOwnWords) {
  const Rig rig;
  auto call = Rig::resource("GET", "/resource/a%20b");
  call.service = "execute-api";
  EXPECT_EQ(rig.send_signed(call, Rig::keys_of(rig.assume())).status, 200);
  const auto refused = rig.send_signed(call);
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(refused.headers.at("x-amzn-errortype"), "AccessDeniedException");
  EXPECT_EQ(refused.headers.at("content-type"), "application/json");
}

struct WireCase {
  const char* name;
  std::function<void(Call&)> prepare;
};

class EmulatorWire : public ::testing::TestWithParam<WireCase> {};

// What HTTP libraries decode, merge or reorder must be judged as it was sent.
TEST_P(EmulatorWire, IsJudgedAsItWasSent) {
  const Rig rig;
  auto call = Rig::resource();
  GetParam().prepare(call);
  EXPECT_EQ(rig.send_signed(call, Rig::keys_of(rig.assume())).status, 200);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, EmulatorWire,
    ::testing::Values(WireCase{"PercentInHeaderValue", [](Call& c) { c.headers.emplace_back("X-Note", "a%2Fb%20c"); }},
                      WireCase{"RepeatedHeaders",
                               [](Call& c) {
                                 c.headers.emplace_back("X-Note", "second");
                                 c.headers.emplace_back("x-note", "first");
                               }},
                      WireCase{"Utf8Path", [](Call& c) { c.path = "/resource/%C3%BC%E2%82%AC"; }},
                      WireCase{"DoubleSlashesAndDotsForS3", [](Call& c) { c.path = "/resource//a/./b/../c"; }},
                      WireCase{"StarAndTilde", [](Call& c) { c.path = "/resource/%2A~"; }},
                      WireCase{"RepeatedValuelessUnsortedQuery", [](Call& c) { c.query = "z=1&b&a=2&a=1&b="; }},
                      WireCase{"Body",
                               [](Call& c) {
                                 c.method = "PUT";
                                 c.body = std::string(100'000, 'x');
                               }},
                      WireCase{"UnsignedPayload",
                               [](Call& c) {
                                 c.method = "PUT";
                                 c.body = "anything";
                                 c.headers.emplace_back("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD");
                               }}),
    [](const auto& each) { return each.param.name; });

TEST(EmulatorSignature, RunsOfBlanksInAHeaderCountAsOne) {
  const Rig rig;
  auto call = Rig::resource();
  call.headers.emplace_back("X-Note", "a b");
  call = sign(call, Rig::keys_of(rig.assume()), rig.clock->now());
  call.headers.front().second = "  a \t  b ";
  EXPECT_EQ(rig.send(call).status, 200);
}

struct RefusalCase {
  const char* name;
  int status;
  const char* code;
  /// Before signing.
  std::function<void(Call&, Keys&)> before;
  /// After signing.
  std::function<void(Call&)> after;
};

void nothing(Call& /*call*/) {}
void nothing_before(Call& /*call*/, Keys& /*keys*/) {}

std::string& header(Call& call, std::string_view name) {
  for (auto& [key, value] : call.headers) {
    if (key == name) {
      return value;
    }
  }
  throw std::logic_error("no such header");
}

void drop_header(Call& call, std::string_view name) {
  std::erase_if(call.headers, [name](const auto& each) { return each.first == name; });
}

void replace(std::string& text, std::string_view from, std::string_view to) {
  text.replace(text.find(from), from.size(), to);
}

class EmulatorRefusal : public ::testing::TestWithParam<RefusalCase> {};

TEST_P(EmulatorRefusal, HasAwsStatusAndCode) {
  const Rig rig;
  Call call = Rig::action("GetCallerIdentity");
  Keys keys;
  GetParam().before(call, keys);
  call = sign(call, keys, rig.clock->now());
  GetParam().after(call);
  const auto answer = rig.send(call);
  EXPECT_EQ(answer.status, GetParam().status);
  EXPECT_EQ(answer.code(), GetParam().code);
  EXPECT_EQ(answer.element("Type"), "Sender");
  EXPECT_FALSE(answer.element("RequestId").empty());
  EXPECT_TRUE(answer.has_element("ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\""));
  EXPECT_EQ(rig.emulator.counters().by_code.at(GetParam().code), 1U);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, EmulatorRefusal,
    ::testing::Values(
        RefusalCase{"NoSignature", 403, "MissingAuthenticationToken", nothing_before,
                    [](Call& c) { drop_header(c, "Authorization"); }},
        RefusalCase{"UnknownKey", 403, "InvalidClientTokenId", [](Call&, Keys& k) { k.access_key_id = "AKIAUNKNOWN"; },
                    nothing},
        RefusalCase{"WrongSecret", 403, "SignatureDoesNotMatch", [](Call&, Keys& k) { k.secret_access_key = "wrong"; },
                    nothing},
        RefusalCase{"TokenWithLongTermKeys", 403, "InvalidClientTokenId",
                    [](Call&, Keys& k) { k.session_token = "SECRETCANARYtoken"; }, nothing},
        RefusalCase{"BodyChanged", 403, "SignatureDoesNotMatch", nothing_before, [](Call& c) { c.body += "&x=1"; }},
        RefusalCase{"QueryChanged", 403, "SignatureDoesNotMatch", nothing_before, [](Call& c) { c.query = "x=1"; }},
        RefusalCase{"SignedHeaderChanged", 403, "SignatureDoesNotMatch", nothing_before,
                    [](Call& c) { header(c, "Content-Type") = "application/x-www-form-urlencoded"; }},
        RefusalCase{"SignedHeaderMissing", 403, "SignatureDoesNotMatch", nothing_before,
                    [](Call& c) { drop_header(c, "Content-Type"); }},
        RefusalCase{"UnsignedAmzHeader", 403, "SignatureDoesNotMatch", nothing_before,
                    [](Call& c) { c.headers.emplace_back("X-Amz-Extra", "1"); }},
        RefusalCase{"HostNotSigned", 403, "SignatureDoesNotMatch", nothing_before,
                    [](Call& c) { replace(header(c, "Authorization"), ";host;", ";"); }},
        RefusalCase{"WrongService", 403, "SignatureDoesNotMatch", [](Call& c, Keys&) { c.service = "iam"; }, nothing},
        RefusalCase{"ScopeOfAnotherDay", 403, "SignatureDoesNotMatch", nothing_before,
                    [](Call& c) { replace(header(c, "Authorization"), "/20260101/", "/20260102/"); }},
        RefusalCase{"TooOld", 403, "RequestTimeTooSkewed",
                    [](Call& c, Keys&) { c.time_offset = -minutes{15} - seconds{1}; }, nothing},
        RefusalCase{"TooEarly", 403, "RequestTimeTooSkewed",
                    [](Call& c, Keys&) { c.time_offset = minutes{15} + seconds{1}; }, nothing},
        RefusalCase{"PresignedTooEarly", 403, "RequestTimeTooSkewed",
                    [](Call& c, Keys&) {
                      c.expires = seconds{60};
                      c.time_offset = minutes{15} + seconds{1};
                    },
                    nothing},
        RefusalCase{"PresignedPastItsEnd", 400, "RequestExpired",
                    [](Call& c, Keys&) {
                      c.expires = seconds{60};
                      c.time_offset = -seconds{60};
                    },
                    nothing},
        RefusalCase{"PresignedForTooLong", 400, "IncompleteSignature",
                    [](Call& c, Keys&) { c.expires = seconds{604'801}; }, nothing},
        RefusalCase{"PresignedQueryChanged", 403, "SignatureDoesNotMatch",
                    [](Call& c, Keys&) { c.expires = seconds{60}; }, [](Call& c) { c.query += "&x=1"; }},
        RefusalCase{"HeaderAndQuerySignature", 400, "IncompleteSignature",
                    [](Call& c, Keys&) { c.expires = seconds{60}; },
                    [](Call& c) { c.headers.emplace_back("Authorization", "AWS4-HMAC-SHA256 Credential=x"); }},
        RefusalCase{"TwoAuthorizationHeaders", 400, "IncompleteSignature", nothing_before,
                    [](Call& c) { c.headers.push_back(c.headers.back()); }},
        RefusalCase{"OtherAlgorithm", 400, "IncompleteSignature", nothing_before,
                    [](Call& c) { replace(header(c, "Authorization"), "SHA256", "SHA512"); }},
        RefusalCase{"CredentialWithFourParts", 400, "IncompleteSignature", nothing_before,
                    [](Call& c) { replace(header(c, "Authorization"), "/sts/", "/"); }},
        RefusalCase{"NoSignedHeaders", 400, "IncompleteSignature", nothing_before,
                    [](Call& c) { replace(header(c, "Authorization"), "SignedHeaders", "Other"); }},
        RefusalCase{"UnsortedSignedHeaders", 400, "IncompleteSignature", nothing_before,
                    [](Call& c) { replace(header(c, "Authorization"), "content-type;host", "host;content-type"); }},
        RefusalCase{"Gibberish", 400, "IncompleteSignature", nothing_before,
                    [](Call& c) { header(c, "Authorization") = "AWS4-HMAC-SHA256 ,,,==,"; }},
        RefusalCase{"NoDate", 400, "IncompleteSignature", nothing_before,
                    [](Call& c) { drop_header(c, "X-Amz-Date"); }},
        RefusalCase{"UnreadableDate", 400, "IncompleteSignature", nothing_before,
                    [](Call& c) { header(c, "X-Amz-Date") = "20261301T000000Z"; }},
        RefusalCase{"MalformedQuery", 400, "MalformedQueryString", nothing_before, [](Call& c) { c.query = "x=%4"; }}),
    [](const auto& each) { return each.param.name; });

TEST(EmulatorSignature, FifteenMinutesOfDifferenceAreAllowed) {
  const Rig rig;
  for (const auto offset : {-minutes{15}, minutes{15}}) {
    auto call = Rig::action("GetCallerIdentity");
    call.time_offset = offset;
    EXPECT_EQ(rig.send_signed(call).status, 200);
  }
}

TEST(EmulatorSignature, OnlyTheConfiguredRegionIsAccepted) {
  Options options;
  options.region = "eu-west-1";
  const Rig rig{options};
  auto call = Rig::action("GetCallerIdentity");
  EXPECT_EQ(rig.send_signed(call).code(), "SignatureDoesNotMatch");
  call.region = "eu-west-1";
  EXPECT_EQ(rig.send_signed(call).status, 200);
}

TEST(EmulatorSignature, TemporaryKeysNeedTheirOwnToken) {
  const Rig rig;
  const auto keys = Rig::keys_of(rig.assume());
  const auto others = Rig::keys_of(rig.assume());
  EXPECT_EQ(rig.call("GetCallerIdentity", {}, keys).status, 200);
  auto wrong = keys;
  wrong.session_token.clear();
  EXPECT_EQ(rig.call("GetCallerIdentity", {}, wrong).code(), "InvalidClientTokenId");
  wrong.session_token = others.session_token;
  EXPECT_EQ(rig.call("GetCallerIdentity", {}, wrong).code(), "InvalidClientTokenId");
  EXPECT_EQ(rig.get_resource(wrong).status, 403);
}

TEST(EmulatorSignature, UnsignedTokenHeaderIsRefused) {
  const Rig rig;
  const auto keys = Rig::keys_of(rig.assume());
  auto call =
      sign(Rig::action("GetCallerIdentity"), {keys.access_key_id, keys.secret_access_key, ""}, rig.clock->now());
  call.headers.emplace_back("X-Amz-Security-Token", keys.session_token);
  EXPECT_EQ(rig.send(call).code(), "SignatureDoesNotMatch");
}

TEST(EmulatorSignature, ExpiredTemporaryKeysGetExpiredTokenInAwsWords) {
  const Rig rig;
  const auto keys = Rig::keys_of(rig.assume({{"DurationSeconds", "1"}}));
  rig.clock->advance(std::chrono::milliseconds{999});
  EXPECT_EQ(rig.call("GetCallerIdentity", {}, keys).status, 200);
  EXPECT_EQ(rig.get_resource(keys).status, 200);
  rig.clock->advance(std::chrono::milliseconds{1});
  const auto answer = rig.call("GetCallerIdentity", {}, keys);
  EXPECT_EQ(answer.status, 403);
  EXPECT_EQ(answer.code(), "ExpiredToken");
  EXPECT_EQ(answer.element("Message"), "The security token included in the request is expired");
  const auto resource = rig.get_resource(keys);
  EXPECT_EQ(resource.status, 403);
  EXPECT_EQ(resource.code(), "ExpiredToken");
  EXPECT_EQ(rig.emulator.counters().expired_credentials, 2U);
  EXPECT_EQ(rig.emulator.counters().resource_accepted, 1U);
  EXPECT_EQ(rig.emulator.counters().resource_refused, 1U);
}

TEST(EmulatorSignature, ExpireEndsCredentialsAtOnce) {
  Rig rig;
  const auto one = Rig::keys_of(rig.assume());
  const auto two = Rig::keys_of(rig.assume());
  EXPECT_TRUE(rig.emulator.expire(one.access_key_id));
  EXPECT_FALSE(rig.emulator.expire("ASIAUNKNOWN"));
  EXPECT_EQ(rig.get_resource(one).code(), "ExpiredToken");
  EXPECT_EQ(rig.get_resource(two).status, 200);
  rig.emulator.expire_all();
  EXPECT_EQ(rig.get_resource(two).code(), "ExpiredToken");
}

TEST(EmulatorResource, ServesGetHeadAndPutAndNothingElse) {
  const Rig rig;
  const auto keys = Rig::keys_of(rig.assume());
  EXPECT_EQ(rig.get_resource(keys).status, 200);
  const auto head = rig.send_signed(Rig::resource("HEAD"), keys);
  EXPECT_EQ(head.status, 200);
  EXPECT_TRUE(head.body.empty());
  auto put = Rig::resource("PUT", "/resource/object");
  put.body = "content";
  EXPECT_NE(rig.send_signed(put, keys).body.find("\"received_bytes\":7"), std::string::npos);
  EXPECT_EQ(rig.send_signed(Rig::resource("DELETE"), keys).code(), "MethodNotAllowed");
}

TEST(EmulatorResource, RefusesLongTermKeys) {
  const Rig rig;
  const auto answer = rig.get_resource({});
  EXPECT_EQ(answer.status, 403);
  EXPECT_EQ(answer.code(), "AccessDenied");
}

TEST(EmulatorResource, RefusesABodyThatIsNotTheOneSigned) {
  const Rig rig;
  const auto keys = Rig::keys_of(rig.assume());
  auto put = Rig::resource("PUT");
  put.body = "content";
  put = sign(put, keys, rig.clock->now());
  put.body = "changed";
  EXPECT_EQ(rig.send(put).code(), "XAmzContentSHA256Mismatch");
}

TEST(EmulatorResource, S3NeedsTheContentHashAndDoesNotTakeChunkSignatures) {
  const Rig rig;
  const auto keys = Rig::keys_of(rig.assume());
  auto call = sign(Rig::resource(), keys, rig.clock->now());
  drop_header(call, "X-Amz-Content-Sha256");
  EXPECT_EQ(rig.send(call).code(), "InvalidRequest");
  call = Rig::resource();
  call.headers.emplace_back("X-Amz-Content-Sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD");
  EXPECT_EQ(rig.send_signed(call, keys).status, 501);
}

}  // namespace
}  // namespace aws_refresh_session::emulator::testing
