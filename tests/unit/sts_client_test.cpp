#include "aws/sts_client.hpp"

#include "support/sts_answers.hpp"

#include <aws_refresh_session/exceptions.hpp>
#include <aws_refresh_session/testing/fake_clock.hpp>
#include <aws_refresh_session/testing/fake_http_transport.hpp>

#include <gmock/gmock.h>

#include <functional>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace aws_refresh_session::aws {
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

const Credentials kBase{"AKIABASE", "BASESECRETKEY0000", "BASETOKEN00000000"};

std::string header(const HttpRequest& request, std::string_view name) {
  for (const auto& [each, value] : request.headers) {
    if (each == name) {
      return value;
    }
  }
  return {};
}

/// A client whose waits take no time but are written down.
class StsClientTest : public ::testing::Test {
 protected:
  std::shared_ptr<testing::FakeClock> clock = std::make_shared<testing::FakeClock>();
  std::shared_ptr<testing::FakeHttpTransport> transport = std::make_shared<testing::FakeHttpTransport>();
  std::shared_ptr<ClockSkew> skew = std::make_shared<ClockSkew>();
  std::vector<milliseconds> waits;
  int max_attempts = 3;
  AssumeRoleOptions role{.role_arn = "arn:aws:iam::123456789012:role/app"};
  CallLimits limits;
  bool sent = false;
  std::unique_ptr<StsClient> client_;

  StsClient& client() {
    if (!client_) {
      client_ = std::make_unique<StsClient>(
          ResolvedStsOptions{.endpoint = {"https://sts.eu-west-1.amazonaws.com/", "eu-west-1"},
                             .ca_bundle = "/ca.pem",
                             .verify_tls = true,
                             .connect_timeout = seconds{3},
                             .attempt_timeout = seconds{10},
                             .max_attempts = max_attempts},
          ProviderSeams{clock, transport, nullptr, skew},
          RetrySeams{.wait =
                         [this](milliseconds duration, const std::stop_token& stop) {
                           waits.push_back(duration);
                           clock->advance(duration);
                           return !stop.stop_requested();
                         },
                     .random = [] { return 0.5; }});
    }
    return *client_;
  }

  Credentials call(std::string_view code = {}) {
    return client().assume_role(role, SecretString{code}, kBase, limits, sent);
  }

  /// What the call throws.
  template <typename Thrown>
  ErrorFields failure(std::string_view code = {}) {
    try {
      static_cast<void>(call(code));
    } catch (const Thrown& error) {
      EXPECT_THAT(error.what(), Not(HasSubstr("BASESECRETKEY0000")));
      EXPECT_THAT(error.what(), Not(HasSubstr("BASETOKEN00000000")));
      return error.fields();
    } catch (const std::exception& error) {
      ADD_FAILURE() << "another type: " << error.what();
      return {};
    }
    ADD_FAILURE() << "nothing was thrown";
    return {};
  }
};

TEST_F(StsClientTest, Row14_AllTwelveParametersReachSts) {
  role.role_session_name = "me";
  role.policy_arns = {"arn:aws:iam::aws:policy/A", "arn:aws:iam::aws:policy/B"};
  role.policy = R"({"Version": "2012-10-17"})";
  role.duration = seconds{1'800};
  role.external_id = "id/1:2";
  role.serial_number = "arn:aws:iam::123456789012:mfa/me";
  role.tags = {{"Key one", "a&b=c"}, {"Two", ""}};
  role.transitive_tag_keys = {"Two"};
  role.source_identity = "alice@example.com";
  role.provided_contexts = {{"arn:aws:iam::aws:contextProvider/IdentityCenter", "ey+/="}};
  transport->then(200, assume_role_answer());
  EXPECT_EQ(call("123456").access_key_id(), "ASIAANSWER");
  const auto requests = transport->requests();
  ASSERT_THAT(requests, SizeIs(1));
  const auto& request = requests.front();
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.url, "https://sts.eu-west-1.amazonaws.com/");
  EXPECT_EQ(request.body,
            "Action=AssumeRole&Version=2011-06-15"
            "&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fapp"
            "&RoleSessionName=me"
            "&PolicyArns.member.1.arn=arn%3Aaws%3Aiam%3A%3Aaws%3Apolicy%2FA"
            "&PolicyArns.member.2.arn=arn%3Aaws%3Aiam%3A%3Aaws%3Apolicy%2FB"
            "&Policy=%7B%22Version%22%3A%20%222012-10-17%22%7D"
            "&DurationSeconds=1800"
            "&Tags.member.1.Key=Key%20one&Tags.member.1.Value=a%26b%3Dc"
            "&Tags.member.2.Key=Two&Tags.member.2.Value="
            "&TransitiveTagKeys.member.1=Two"
            "&ExternalId=id%2F1%3A2"
            "&SerialNumber=arn%3Aaws%3Aiam%3A%3A123456789012%3Amfa%2Fme"
            "&SourceIdentity=alice%40example.com"
            "&ProvidedContexts.member.1.ProviderArn=arn%3Aaws%3Aiam%3A%3Aaws%3AcontextProvider%2FIdentityCenter"
            "&ProvidedContexts.member.1.ContextAssertion=ey%2B%2F%3D"
            "&TokenCode=123456");
  EXPECT_TRUE(sent);
}

TEST_F(StsClientTest, Row15_ClientOptionsReachTheTransport) {
  transport->then(200, assume_role_answer());
  static_cast<void>(call());
  const auto request = transport->requests().front();
  EXPECT_EQ(request.ca_bundle, "/ca.pem");
  EXPECT_TRUE(request.verify_tls);
  EXPECT_EQ(request.connect_timeout, seconds{3});
  EXPECT_EQ(request.timeout, seconds{10});
  EXPECT_EQ(header(request, "Content-Type"), "application/x-www-form-urlencoded; charset=utf-8");
}

TEST_F(StsClientTest, Row17_RequestIsSignedWithTheBaseForTheEndpointsRegion) {
  transport->then(200, assume_role_answer());
  static_cast<void>(call());
  const auto request = transport->requests().front();
  EXPECT_THAT(header(request, "Authorization"),
              HasSubstr("Credential=AKIABASE/20260101/eu-west-1/sts/aws4_request, SignedHeaders=content-type;host;"
                        "x-amz-date;x-amz-security-token, Signature="));
  EXPECT_EQ(header(request, "X-Amz-Security-Token"), "BASETOKEN00000000");
  EXPECT_EQ(header(request, "X-Amz-Date"), "20260101T000000Z");
}

TEST_F(StsClientTest, Row21_EmptyParametersAreNotSent) {
  role.role_session_name.clear();
  transport->then(200, assume_role_answer());
  static_cast<void>(call());
  EXPECT_EQ(transport->requests().front().body,
            "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fapp");
}

TEST_F(StsClientTest, GetCallerIdentityAsksForTheGivenCredentials) {
  transport->then(200, support::caller_identity_answer());
  const auto identity = client().get_caller_identity(kBase, limits);
  EXPECT_EQ(identity.arn, "arn:aws:sts::123456789012:assumed-role/app/session");
  EXPECT_EQ(transport->requests().front().body, "Action=GetCallerIdentity&Version=2011-06-15");
}

TEST_F(StsClientTest, RefusalCarriesCodeStatusRequestIdAndAdvice) {
  transport->then(403, error_answer("AccessDenied", "User: x is not authorized"));
  const auto fields = failure<RequestError>();
  EXPECT_EQ(fields.code, "AccessDenied");
  EXPECT_EQ(fields.status_code, 403);
  EXPECT_EQ(fields.request_id, "request-1");
  EXPECT_EQ(fields.param, "RoleArn");
  EXPECT_EQ(fields.value, role.role_arn);
  EXPECT_EQ(fields.kind, ErrorKind::non_recoverable);
  EXPECT_THAT(fields.message, HasSubstr("User: x is not authorized. The role's trust policy"));
  EXPECT_EQ(transport->request_count(), 1U) << "what is refused is not repeated";
  EXPECT_THAT(waits, IsEmpty());
}

TEST_F(StsClientTest, RadosgwsRefusalWithoutWordsStillSaysWhatToDo) {
  transport->then(404, support::radosgw_error_answer("NoSuchEntity"));
  const auto fields = failure<RequestError>();
  EXPECT_EQ(fields.code, "NoSuchEntity");
  EXPECT_EQ(fields.request_id, "tx0001");
  EXPECT_EQ(fields.message, "STS refused AssumeRole. The role does not exist at this endpoint: check RoleArn.");
}

TEST_F(StsClientTest, SecretsThatTheServiceRepeatsAreTakenOut) {
  transport->then(403,
                  error_answer("AccessDenied", "token 123456 of BASETOKEN00000000, key BASESECRETKEY0000, 123456"));
  const auto fields = failure<RequestError>("123456");
  EXPECT_THAT(fields.message, HasSubstr("token *** of ***, key ***, ***"));
}

TEST_F(StsClientTest, TransientFailuresAreRepeatedWithGrowingJitteredPauses) {
  transport->then(503, error_answer("ServiceUnavailable")).then(400, error_answer("Throttling"));
  transport->then(200, assume_role_answer());
  EXPECT_EQ(call().access_key_id(), "ASIAANSWER");
  EXPECT_THAT(waits, ElementsAre(milliseconds{500}, milliseconds{1'000}));
}

TEST_F(StsClientTest, EveryAttemptIsSignedAnewWithItsOwnTime) {
  transport->then(500, "").then_fail("ConnectionReset").then(200, assume_role_answer());
  max_attempts = 3;
  static_cast<void>(call());
  const auto requests = transport->requests();
  ASSERT_THAT(requests, SizeIs(3));
  EXPECT_EQ(header(requests[2], "X-Amz-Date"), "20260101T000001Z");
  EXPECT_THAT(requests[2].headers, SizeIs(4)) << "an old signature must not stay";
}

TEST_F(StsClientTest, AttemptsAreBoundedAndCounted) {
  max_attempts = 4;
  transport->set_handler([](const auto&, const auto&) { return HttpResponse{503, {}, error_answer("SlowDown")}; });
  const auto fields = failure<RequestError>();
  EXPECT_EQ(transport->request_count(), 4U);
  EXPECT_EQ(fields.details, "after 4 attempts");
  EXPECT_EQ(fields.kind, ErrorKind::recoverable);
}

TEST_F(StsClientTest, ConnectionFailureComesOutAsItself) {
  transport->set_handler([](const auto&, const auto&) -> HttpResponse {
    throw ConnectionError{{.message = "m", .code = "ConnectionRefused", .kind = ErrorKind::recoverable}};
  });
  EXPECT_EQ(failure<ConnectionError>().code, "ConnectionRefused");
  EXPECT_EQ(transport->request_count(), 3U);
  EXPECT_FALSE(sent);
}

TEST_F(StsClientTest, FailureThatCannotChangeIsNotRepeated) {
  transport->then_fail("TlsVerification", ErrorKind::non_recoverable);
  EXPECT_EQ(failure<ConnectionError>().code, "TlsVerification");
  EXPECT_THAT(waits, IsEmpty());
}

TEST_F(StsClientTest, RetryAfterIsHonouredWithinBounds) {
  transport->then(503, error_answer("SlowDown"), {{"retry-after", "7"}});
  transport->then(503, error_answer("SlowDown"), {{"retry-after", "3600"}});
  transport->then(503, error_answer("SlowDown"), {{"retry-after", "3600"}});
  EXPECT_EQ(failure<RequestError>().retry_after, seconds{3'600}) << "the whole wish is told";
  EXPECT_THAT(waits, ElementsAre(seconds{7}, seconds{20}));
}

TEST_F(StsClientTest, QuotaEndsRetriesInALongOutage) {
  transport->set_handler([](const auto&, const auto&) { return HttpResponse{500, {}, ""}; });
  for (int calls = 0; calls < 50; ++calls) {
    static_cast<void>(failure<RequestError>());
  }
  EXPECT_EQ(transport->request_count(), 150U) << "100 retries are in the quota";
  static_cast<void>(failure<RequestError>());
  EXPECT_EQ(transport->request_count(), 151U) << "none is left";
}

TEST_F(StsClientTest, PauseThatWouldPassTheDeadlineIsNotBegun) {
  limits.deadline = clock->steady_now() + milliseconds{400};
  transport->then(503, error_answer("SlowDown"));
  EXPECT_EQ(failure<RequestError>().code, "SlowDown");
  EXPECT_THAT(waits, IsEmpty());
}

TEST_F(StsClientTest, AttemptGetsNoMoreThanWhatIsLeft) {
  limits.deadline = clock->steady_now() + milliseconds{1'500};
  transport->then(200, assume_role_answer());
  static_cast<void>(call());
  EXPECT_EQ(transport->requests().front().timeout, milliseconds{1'500});
  EXPECT_EQ(transport->requests().front().connect_timeout, milliseconds{1'500});
  clock->advance(seconds{2});
  EXPECT_EQ(failure<ConnectionError>().code, "Timeout");
  EXPECT_EQ(transport->request_count(), 1U);
}

TEST_F(StsClientTest, StopEndsTheCallAndItsPauses) {
  std::stop_source source;
  limits.stop = source.get_token();
  transport->then([&source](const auto&, const auto&) {
    source.request_stop();
    return HttpResponse{503, {}, error_answer("SlowDown")};
  });
  const auto during = failure<ConnectionError>();
  EXPECT_EQ(during.kind, ErrorKind::cancelled);
  EXPECT_EQ(during.code, "Cancelled");
  const auto before = failure<ConnectionError>();
  EXPECT_EQ(before.kind, ErrorKind::cancelled);
  EXPECT_EQ(transport->request_count(), 1U);
}

TEST_F(StsClientTest, WrongClockIsCorrectedOnceAndAtOnce) {
  for (const auto* code : {"RequestTimeTooSkewed", "RequestExpired", "SignatureDoesNotMatch", "AuthFailure",
                           "InvalidSignatureException"}) {
    skew->set(milliseconds{0});
    waits.clear();
    const auto before = transport->request_count();
    transport->then(403, error_answer(code), {{"date", "Thu, 01 Jan 2026 00:20:00 GMT"}});
    transport->then(200, assume_role_answer(), {{"date", "Thu, 01 Jan 2026 00:20:00 GMT"}});
    EXPECT_EQ(call().access_key_id(), "ASIAANSWER") << code;
    EXPECT_THAT(waits, IsEmpty());
    EXPECT_EQ(skew->get(), milliseconds{1'200'500});
    const auto requests = transport->requests();
    ASSERT_EQ(requests.size(), before + 2);
    EXPECT_EQ(header(requests.back(), "X-Amz-Date"), "20260101T002000Z");
  }
}

TEST_F(StsClientTest, RefusedSignatureWithARightClockIsNotRepeated) {
  transport->then(403, error_answer("SignatureDoesNotMatch"), {{"date", "Thu, 01 Jan 2026 00:03:00 GMT"}});
  EXPECT_EQ(failure<RequestError>().kind, ErrorKind::non_recoverable);
  EXPECT_EQ(transport->request_count(), 1U);
  transport->then(403, error_answer("RequestTimeTooSkewed"));
  EXPECT_EQ(failure<RequestError>().code, "RequestTimeTooSkewed") << "without a Date there is nothing to learn";
  EXPECT_EQ(transport->request_count(), 2U);
}

TEST_F(StsClientTest, ClockThatStaysWrongIsNotChasedForEver) {
  int hours = 0;
  transport->set_handler([&hours](const auto&, const auto&) {
    const auto date = "Thu, 01 Jan 2026 0" + std::to_string(++hours) + ":00:00 GMT";
    return HttpResponse{403, {{"date", date}}, error_answer("RequestTimeTooSkewed")};
  });
  const auto fields = failure<RequestError>();
  EXPECT_EQ(transport->request_count(), 2U);
  EXPECT_EQ(fields.kind, ErrorKind::recoverable) << "the next call signs with the corrected time";
}

TEST_F(StsClientTest, EveryAnswerOfTheServiceKeepsTheSkewUpToDate) {
  transport->then(200, assume_role_answer("2026-01-01T05:00:00Z"), {{"date", "Thu, 01 Jan 2026 00:01:00 GMT"}});
  static_cast<void>(call());
  EXPECT_EQ(skew->get(), milliseconds{60'500});
  transport->then(502, "<html>", {{"date", "Thu, 01 Jan 1970 00:00:00 GMT"}}).then(200, assume_role_answer());
  static_cast<void>(call());
  EXPECT_EQ(skew->get(), milliseconds{60'500}) << "a gateway's clock is not the service's";
}

TEST_F(StsClientTest, ExpiredAnswerIsRefusedByTheServicesClock) {
  transport->then(200, assume_role_answer("2026-01-01T00:30:00Z"), {{"date", "Thu, 01 Jan 2026 01:00:00 GMT"}});
  const auto fields = failure<CredentialError>();
  EXPECT_EQ(fields.code, "ExpiredCredentials");
  EXPECT_EQ(fields.kind, ErrorKind::recoverable);
  transport->then(200, assume_role_answer("2026-01-01T01:30:00Z"), {{"date", "Thu, 01 Jan 2026 01:00:00 GMT"}});
  EXPECT_EQ(call().access_key_id(), "ASIAANSWER");
}

TEST_F(StsClientTest, OneTimeCodeIsNotSentAgainWhateverHappened) {
  const std::vector<std::function<void()>> failures{
      [this] { transport->then(503, error_answer("ServiceUnavailable")); },
      [this] { transport->then(400, error_answer("Throttling")); },
      [this] { transport->then_fail("Timeout"); },
      [this] { transport->then_fail("ConnectionReset"); },
      [this] {
        transport->then(403, error_answer("RequestTimeTooSkewed"), {{"date", "Thu, 01 Jan 2026 09:00:00 GMT"}});
      },
  };
  for (std::size_t i = 0; i < failures.size(); ++i) {
    sent = false;
    failures[i]();
    try {
      static_cast<void>(call("123456"));
      FAIL();
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::recoverable);
      EXPECT_THAT(error.details(), HasSubstr("never sent twice"));
      EXPECT_THAT(error.what(), Not(HasSubstr("123456,")));
    }
    EXPECT_EQ(transport->request_count(), i + 1);
    EXPECT_TRUE(sent);
  }
}

TEST_F(StsClientTest, OneTimeCodeThatNeverLeftMayGoOut) {
  transport->then_fail("ConnectionRefused").then_fail("ConnectTimeout").then(200, assume_role_answer());
  EXPECT_EQ(call("123456").access_key_id(), "ASIAANSWER");
  EXPECT_EQ(transport->request_count(), 3U);
}

TEST_F(StsClientTest, GarbageIsATypedErrorWithoutItsText) {
  const std::vector<std::string> bodies{"",
                                        "hunter2",
                                        "<hunter2>",
                                        "{\"hunter2\":1}",
                                        std::string(1'000'000, 'x'),
                                        "<ErrorResponse><Error><Code/></Error></ErrorResponse>",
                                        std::string("\0hunter2\xff", 9)};
  for (const int status : {200, 204, 301, 400, 403, 404, 418, 500, 503, 599, 999, 0, -1}) {
    for (const auto& body : bodies) {
      client_.reset();
      transport->set_handler([&](const auto&, const auto&) { return HttpResponse{status, {{"date", "x"}}, body}; });
      try {
        static_cast<void>(call());
        FAIL() << status;
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), "MalformedResponse") << status;
        EXPECT_EQ(error.kind(), ErrorKind::recoverable);
        EXPECT_THAT(error.what(), Not(HasSubstr("hunter2")));
      }
    }
  }
}

TEST_F(StsClientTest, RandomAnswersNeverCrash) {
  std::mt19937 random{11};
  const std::vector<std::string> bodies{assume_role_answer(), error_answer("AccessDenied"),
                                        support::radosgw_error_answer("AccessDenied"),
                                        support::caller_identity_answer()};
  transport->set_handler([&](const auto&, const auto&) {
    auto body = bodies[random() % bodies.size()];
    for (int damage = 0; damage < 3; ++damage) {
      body[random() % body.size()] = static_cast<char>(random());
    }
    std::string date = "Thu, 01 Jan 2026 00:20:00 GMT";
    date[random() % date.size()] = static_cast<char>(random());
    return HttpResponse{static_cast<int>(random() % 600), {{"date", date}, {"retry-after", date}}, body};
  });
  for (int round = 0; round < 2'000; ++round) {
    try {
      static_cast<void>(call());
    } catch (const Error& error) {
      EXPECT_THAT(error.code(), Not(IsEmpty()));
    }
  }
}

TEST_F(StsClientTest, ManyThreadsShareOneClient) {
  transport->set_handler([](const auto&, const auto&) { return HttpResponse{200, {}, assume_role_answer()}; });
  auto& shared = client();
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 50; ++round) {
        bool was_sent = false;
        EXPECT_FALSE(shared.assume_role(role, SecretString{}, kBase, limits, was_sent).empty());
      }
    });
  }
  threads.clear();
  EXPECT_EQ(transport->request_count(), 200U);
}

}  // namespace
}  // namespace aws_refresh_session::aws
