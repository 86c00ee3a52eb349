#include "client/service_call.hpp"

#include "secret_registry.hpp"
#include "support/aws_home.hpp"

#include <aws_refresh_session/custom.hpp>
#include <aws_refresh_session/exceptions.hpp>
#include <aws_refresh_session/service_client.hpp>
#include <aws_refresh_session/testing/fake_clock.hpp>
#include <aws_refresh_session/testing/fake_http_transport.hpp>
#include <aws_refresh_session/testing/fake_scheduler.hpp>

#include <gmock/gmock.h>
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace aws_refresh_session::client {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

std::string header(const HttpRequest& request, std::string_view name) {
  const auto found = std::find_if(request.headers.begin(), request.headers.end(),
                                  [&](const auto& each) { return each.first == name; });
  return found == request.headers.end() ? std::string{} : found->second;
}

std::string signer_of(const HttpRequest& request) {
  const auto text = header(request, "Authorization");
  const auto begin = text.find("Credential=") + 11;
  return text.substr(begin, text.find('/', begin) - begin);
}

std::string s3_error(const std::string& code, const std::string& message = "What the service says.") {
  return "<?xml version=\"1.0\"?>\n<Error><Code>" + code + "</Code><Message>" + message +
         "</Message><RequestId>REQUEST1</RequestId></Error>";
}

std::string date_of(WallTime time) {
  const auto seconds_since = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  ::gmtime_r(&seconds_since, &parts);
  std::array<char, 64> text{};
  std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return text.data();
}

/// A client on faked time whose waits take none but are written down, and whose sets are numbered.
class ServiceClientTest : public ::testing::Test {
 protected:
  std::shared_ptr<testing::FakeClock> clock = std::make_shared<testing::FakeClock>();
  std::shared_ptr<testing::FakeHttpTransport> transport = std::make_shared<testing::FakeHttpTransport>();
  std::shared_ptr<ClockSkew> skew = std::make_shared<ClockSkew>();
  support::AwsHome home;
  std::map<std::string, std::string, std::less<>> variables;
  int sets = 0;
  bool new_ids = true;
  std::shared_ptr<RefreshingCredentialsProvider> provider = std::make_shared<RefreshingCredentialsProvider>(
      make_custom_provider({.method = [this]() -> Credentials {
        sets += new_ids ? 1 : 0;
        return Credentials{"AKID" + std::to_string(sets), "SECRETCANARY/key/0123456789",
                           "SECRETCANARY/token/0123456789", clock->now() + hours{1}};
      }}),
      RefreshOptions{.advisory_jitter = 0},
      EngineSeams{.clock = clock,
                  .scheduler = std::make_shared<testing::FakeScheduler>(clock, testing::FakeScheduler::Mode::immediate),
                  .seed = 1});
  ServiceClientOptions options{.service = "s3", .region = "eu-west-1"};
  std::vector<milliseconds> waits;
  CallOptions limits;
  std::unique_ptr<ServiceCaller> client_;

  ServiceCaller& client() {
    if (!client_) {
      options.seams = {clock, transport, home.environment(variables), skew};
      client_ = std::make_unique<ServiceCaller>(
          provider, options,
          aws::RetrySeams{.wait =
                              [this](milliseconds duration, const std::stop_token& stop) {
                                waits.push_back(duration);
                                clock->advance(duration);
                                return !stop.stop_requested();
                              },
                          .random = [] { return 0.5; }});
    }
    return *client_;
  }

  HttpResponse send(const ServiceRequest& request) { return client().send(request, limits); }

  template <typename Thrown>
  ErrorFields failure(const ServiceRequest& request) {
    try {
      static_cast<void>(send(request));
    } catch (const Thrown& error) {
      EXPECT_TRUE(std::string_view{error.what()}.find(testing::kCanary) == std::string_view::npos);
      return error.fields();
    } catch (const std::exception& error) {
      ADD_FAILURE() << "another type: " << error.what();
      return {};
    }
    ADD_FAILURE() << "nothing was thrown";
    return {};
  }

  std::string url(const ServiceRequest& request) {
    transport->then(200, "");
    static_cast<void>(send(request));
    return transport->requests().back().url;
  }
};

TEST_F(ServiceClientTest, AnS3RequestIsSignedWithS3sRules) {
  transport->then(200, "<ListBucketResult/>");
  const auto answer = send({.bucket = "my-bucket",
                            .query = {{"list-type", "2"}, {"prefix", "a b/\xC3\xA9"}},
                            .headers = {{"X-Amz-Meta-A", "b"}}});
  EXPECT_EQ(answer.body, "<ListBucketResult/>");
  const auto requests = transport->requests();
  ASSERT_THAT(requests, SizeIs(1));
  const auto& request = requests.front();
  EXPECT_EQ(request.url, "https://my-bucket.s3.eu-west-1.amazonaws.com/?list-type=2&prefix=a%20b%2F%C3%A9");
  EXPECT_THAT(header(request, "Authorization"),
              StartsWith("AWS4-HMAC-SHA256 Credential=AKID1/20260101/eu-west-1/s3/aws4_request, "
                         "SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-meta-a;x-amz-security-token"));
  EXPECT_EQ(header(request, "X-Amz-Content-Sha256"),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(request.max_response, options.max_response);
  EXPECT_EQ(request.timeout, options.attempt_timeout);
}

TEST_F(ServiceClientTest, BucketsStandInHostOrPathByNameEndpointAndOption) {
  EXPECT_EQ(url({.bucket = "my-bucket", .path = "/a b+c"}), "https://my-bucket.s3.eu-west-1.amazonaws.com/a%20b%2Bc");
  EXPECT_EQ(url({.bucket = "with.dots", .path = "/k"}), "https://s3.eu-west-1.amazonaws.com/with.dots/k");
  EXPECT_EQ(url({.bucket = "UPPER_case"}), "https://s3.eu-west-1.amazonaws.com/UPPER_case/");
  EXPECT_EQ(url({.path = "/"}), "https://s3.eu-west-1.amazonaws.com/");
  client_.reset();
  options.s3_addressing = S3Addressing::path;
  EXPECT_EQ(url({.bucket = "my-bucket", .path = "/a//../b"}), "https://s3.eu-west-1.amazonaws.com/my-bucket/a//../b");
  client_.reset();
  options.s3_addressing = S3Addressing::automatic;
  options.endpoint_url = "http://127.0.0.1:9000/prefix";
  EXPECT_EQ(url({.bucket = "my-bucket", .path = "/k"}), "http://127.0.0.1:9000/prefix/my-bucket/k");
  client_.reset();
  options.s3_addressing = S3Addressing::virtual_host;
  options.endpoint_url = "http://s3.example:9000";
  EXPECT_EQ(url({.bucket = "my-bucket", .path = "/k"}), "http://my-bucket.s3.example:9000/k");
  EXPECT_EQ(failure<ValidationError>({.bucket = "UPPER"}).param, "bucket");
  EXPECT_EQ(failure<ValidationError>({.bucket = "a/b"}).param, "bucket");
  EXPECT_EQ(failure<ValidationError>({.path = "no-slash"}).param, "path");
}

TEST_F(ServiceClientTest, TheEndpointIsThatOfCodeThenVariableThenProfile) {
  home.config(
      "[profile p]\nregion = ap-south-1\nservices = here\nendpoint_url = https://profile.example\ns3 =\n"
      "  addressing_style = virtual\n[services here]\ns3 =\n  endpoint_url = https://section.example\n");
  options = {.service = "s3"};
  variables = {{"AWS_PROFILE", "p"}};
  EXPECT_EQ(client().target().url, "https://section.example/");
  EXPECT_EQ(client().target().signing_region, "ap-south-1");
  EXPECT_EQ(client().target().s3_addressing, S3Addressing::virtual_host);
  const auto url_with = [&](const char* name, const char* value) {
    variables[name] = value;
    client_.reset();
    return client().target().url;
  };
  EXPECT_EQ(url_with("AWS_ENDPOINT_URL", "https://variable.example"), "https://variable.example/");
  EXPECT_EQ(url_with("AWS_ENDPOINT_URL_S3", "https://s3.variable.example"), "https://s3.variable.example/");
  EXPECT_EQ(url_with("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"), "https://s3.ap-south-1.amazonaws.com/");
  EXPECT_EQ(url_with("AWS_USE_DUALSTACK_ENDPOINT", "true"), "https://s3.dualstack.ap-south-1.amazonaws.com/");
  EXPECT_EQ(url_with("AWS_USE_FIPS_ENDPOINT", "true"), "https://s3-fips.dualstack.ap-south-1.amazonaws.com/");
  options.endpoint_url = "https://code.example";
  EXPECT_EQ(url_with("AWS_REGION", "eu-north-1"), "https://code.example/");
  EXPECT_EQ(client().target().signing_region, "eu-north-1");
}

TEST_F(ServiceClientTest, AServiceWithOneHostNeedsNoRegionAndOthersDo) {
  options = {.service = "iam"};
  EXPECT_EQ(client().target().url, "https://iam.amazonaws.com/");
  EXPECT_EQ(client().target().signing_region, "us-east-1");
  client_.reset();
  options.service = "dynamodb";
  EXPECT_EQ(failure<ConfigurationError>({}).code, "MissingRegion");
  client_.reset();
  options = {.service = "dynamodbstreams", .region = "eu-west-1"};
  EXPECT_EQ(client().target().url, "https://streams.dynamodb.eu-west-1.amazonaws.com/");
  EXPECT_EQ(client().target().signing_name, "dynamodb");
}

TEST_F(ServiceClientTest, WrongOptionsAreNamed) {
  const auto param = [&](ServiceClientOptions wrong) {
    try {
      const ServiceClient made{provider, std::move(wrong)};
    } catch (const ValidationError& error) {
      EXPECT_TRUE(std::string_view{error.what()}.find(testing::kCanary) == std::string_view::npos);
      return error.param();
    }
    return std::string{};
  };
  EXPECT_EQ(param({.service = ""}), "service");
  EXPECT_EQ(param({.service = "s3.evil.example/"}), "service");
  EXPECT_EQ(param({.service = "s3", .region = "a.b"}), "region");
  EXPECT_EQ(param({.service = "s3", .endpoint_url = "https://u:SECRETCANARY@host"}), "endpoint_url");
  EXPECT_EQ(param({.service = "s3", .max_attempts = 0}), "max_attempts");
  EXPECT_EQ(param({.service = "s3", .attempt_timeout = milliseconds{0}}), "attempt_timeout");
  EXPECT_EQ(param({.service = "s3", .max_response = 0}), "max_response");
  EXPECT_THROW((ServiceClient{nullptr, {.service = "s3"}}), ValidationError);
}

TEST_F(ServiceClientTest, TheCacheKeyTellsEveryOptionApartAndHoldsNoPassword) {
  const ServiceClientOptions plain{.service = "s3"};
  EXPECT_EQ(plain.cache_key(), (ServiceClientOptions{.service = "s3"}.cache_key()));
  std::vector<ServiceClientOptions> others(17, plain);
  others[0].service = "s";
  others[0].signing_name = "3";
  others[1].signing_name = "x";
  others[2].region = "eu-west-1";
  others[3].endpoint_url = "https://a";
  others[4].use_fips_endpoint = false;
  others[5].use_fips_endpoint = true;
  others[6].use_dualstack_endpoint = true;
  others[7].s3_addressing = S3Addressing::path;
  others[8].sign_s3_payload = true;
  others[9].ca_bundle = "x";
  others[10].verify_tls = false;
  others[11].connect_timeout = seconds{1};
  others[12].attempt_timeout = seconds{1};
  others[13].max_attempts = 1;
  others[14].max_response = 1;
  others[15].profile = "x";
  others[16].seams.transport = transport;
  std::vector<std::string> keys{plain.cache_key()};
  for (const auto& other : others) {
    keys.push_back(other.cache_key());
  }
  std::sort(keys.begin(), keys.end());
  EXPECT_EQ(std::adjacent_find(keys.begin(), keys.end()), keys.end());
  const ServiceClientOptions with_password{.service = "s3", .endpoint_url = "https://u:SECRETCANARY@host"};
  EXPECT_TRUE(with_password.cache_key().find(testing::kCanary) == std::string::npos);
}

TEST_F(ServiceClientTest, ARefusalHasCodeStatusRequestIdAndAdvice) {
  transport->then(404, s3_error("NoSuchBucket", "The bucket is not there"), {{"x-amz-bucket-region", "us-east-1"}});
  const auto error = failure<RequestError>({.bucket = "my-bucket"});
  EXPECT_EQ(error.code, "NoSuchBucket");
  EXPECT_EQ(error.status_code, 404);
  EXPECT_EQ(error.request_id, "REQUEST1");
  EXPECT_EQ(error.kind, ErrorKind::non_recoverable);
  EXPECT_EQ(
      error.message,
      "s3 refused GET: The bucket is not there. The bucket does not exist at this endpoint: check its name and the "
      "region. It is in us-east-1.");
}

TEST_F(ServiceClientTest, ErrorsInJsonInHeadersAndWithoutABodyAreReadToo) {
  transport->then(400, R"({"__type":"com.amazonaws.dynamodb#ResourceNotFoundException","message":"no table"})",
                  {{"x-amzn-requestid", "REQUEST2"}});
  auto error = failure<RequestError>({.method = "POST"});
  EXPECT_EQ(error.code, "ResourceNotFoundException");
  EXPECT_EQ(error.request_id, "REQUEST2");
  transport->then(400, R"({"message":"no queue"})",
                  {{"x-amzn-errortype", "QueueDoesNotExist:http://x"},
                   {"x-amzn-query-error", "AWS.SimpleQueueService.NonExistentQueue;Sender"}});
  EXPECT_EQ(failure<RequestError>({.method = "POST"}).code, "AWS.SimpleQueueService.NonExistentQueue");
  transport->then(400,
                  "<Response><Errors><Error><Code>InvalidID</Code></Error></Errors>"
                  "<RequestID>REQUEST3</RequestID></Response>");
  error = failure<RequestError>({.method = "POST"});
  EXPECT_EQ(error.code, "InvalidID");
  EXPECT_EQ(error.request_id, "REQUEST3");
  transport->then(404, "", {{"x-amz-request-id", "REQUEST4"}});
  error = failure<RequestError>({.method = "HEAD"});
  EXPECT_EQ(error.code, "HttpStatus404");
  EXPECT_EQ(error.request_id, "REQUEST4");
  transport->then(407, "<html>log in");
  EXPECT_THAT(failure<RequestError>({}).message, HasSubstr("whether a proxy answers"));
}

TEST_F(ServiceClientTest, AnErrorNeverShowsASecretThatTheServiceRepeats) {
  for (const auto* secret : {"SECRETCANARY/key/0123456789", "SECRETCANARY/token/0123456789", "SECRETCANARY/key/01"}) {
    transport->then(403, s3_error("AccessDenied", std::string{"You sent "} + secret));
    EXPECT_THAT(failure<RequestError>({}).message, HasSubstr("You sent ***")) << "case";
  }
}

TEST_F(ServiceClientTest, AnErrorDocumentOfStatus200IsAnErrorAndRetried) {
  transport->then(200, s3_error("InternalError")).then(200, "<CopyObjectResult/>");
  EXPECT_EQ(send({.method = "PUT"}).body, "<CopyObjectResult/>");
  EXPECT_THAT(waits, SizeIs(1));
}

TEST_F(ServiceClientTest, AnObjectThatLooksLikeAnErrorIsAnObject) {
  transport->then(200, s3_error("InternalError"));
  EXPECT_EQ(send({.bucket = "my-bucket", .path = "/saved-error.xml"}).body, s3_error("InternalError"));
}

TEST_F(ServiceClientTest, AConditionThatDoesNotHoldIsToldByItsStatus) {
  transport->then(304, "", {{"x-amz-request-id", "REQUEST5"}});
  const auto error = failure<RequestError>({.headers = {{"If-None-Match", "\"x\""}}});
  EXPECT_EQ(error.status_code, 304);
  EXPECT_EQ(error.message, "s3 refused GET");
}

TEST_F(ServiceClientTest, AnIdempotentRequestIsRepeatedWithGrowingPauses) {
  transport->then(503, s3_error("SlowDown")).then_fail("ConnectionReset").then(200, "done");
  EXPECT_EQ(send({}).body, "done");
  EXPECT_THAT(waits, ElementsAre(milliseconds{500}, milliseconds{1'000}));
  transport->then(500, "").then(500, "").then(500, "");
  const auto error = failure<RequestError>({});
  EXPECT_EQ(error.code, "HttpStatus500");
  EXPECT_THAT(error.details, HasSubstr("after 3 attempts"));
}

TEST_F(ServiceClientTest, OneThatIsNotIsRepeatedOnlyWhenItWasSurelyNotDone) {
  const ServiceRequest post{.method = "POST", .body = "{}"};
  transport->then(500, s3_error("InternalError"));
  EXPECT_EQ(failure<RequestError>(post).code, "InternalError");
  transport->then_fail("ConnectionReset");
  EXPECT_EQ(failure<ConnectionError>(post).code, "ConnectionReset");
  transport->then_fail("Timeout");
  EXPECT_EQ(failure<ConnectionError>(post).code, "Timeout");
  EXPECT_THAT(waits, IsEmpty());
  transport->then_fail("ConnectionRefused").then(400, R"({"__type":"ThrottlingException"})").then(200, "done");
  EXPECT_EQ(send(post).body, "done");
  EXPECT_THAT(waits, SizeIs(2));
  EXPECT_TRUE(transport->requests().back().never_resend);
  auto may = post;
  may.idempotent = true;
  transport->then(500, s3_error("InternalError")).then(200, "done");
  EXPECT_EQ(send(may).body, "done");
  EXPECT_FALSE(transport->requests().back().never_resend);
}

TEST_F(ServiceClientTest, AnExpiredSetIsInvalidatedAndTheNextSignsAtOnce) {
  for (const auto* code : {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "InvalidAccessKeyId"}) {
    client_.reset();
    options.max_attempts = 1;
    transport->then(400, s3_error(code)).then(200, "done");
    EXPECT_EQ(send({.method = "POST"}).body, "done") << code;
    const auto requests = transport->requests();
    EXPECT_NE(signer_of(requests[requests.size() - 2]), signer_of(requests.back())) << code;
  }
  EXPECT_THAT(waits, IsEmpty());
  EXPECT_EQ(sets, 5);
}

TEST_F(ServiceClientTest, ASetThatIsRefusedTwiceIsAnError) {
  transport->then(400, s3_error("ExpiredToken")).then(400, s3_error("ExpiredToken"));
  const auto error = failure<RequestError>({});
  EXPECT_EQ(error.code, "ExpiredToken");
  EXPECT_THAT(error.message, HasSubstr("The session's source gives credentials that have expired"));
  EXPECT_THAT(transport->requests(), SizeIs(2));
}

TEST_F(ServiceClientTest, ASourceThatGivesTheRefusedSetAgainIsNotAskedToSignAgain) {
  new_ids = false;
  transport->then(400, s3_error("ExpiredToken"));
  EXPECT_EQ(failure<RequestError>({}).code, "ExpiredToken");
  EXPECT_THAT(transport->requests(), SizeIs(1));
}

TEST_F(ServiceClientTest, ABareRefusalCountsAsOneOfTheSetOnlyWhenTheSetHasEnded) {
  transport->then(403, s3_error("AccessDenied"));
  EXPECT_EQ(failure<RequestError>({}).code, "AccessDenied");
  EXPECT_THAT(transport->requests(), SizeIs(1));
  // It ends on its way.
  transport
      ->then([&](const HttpRequest&, const std::stop_token&) {
        clock->advance(hours{2});
        return HttpResponse{403, {}, s3_error("AccessDenied")};
      })
      .then(200, "done");
  EXPECT_EQ(send({}).body, "done");
  EXPECT_EQ(signer_of(transport->requests().back()), "AKID2");
  transport
      ->then([&](const HttpRequest&, const std::stop_token&) {
        clock->advance(hours{2});
        return HttpResponse{400, {}, ""};
      })
      .then(200, "");
  EXPECT_EQ(send({.method = "HEAD"}).status, 200);
}

TEST_F(ServiceClientTest, AWrongClockIsCorrectedFromTheDateAndTheRequestSignedAgain) {
  options.max_attempts = 1;
  const auto service_time = clock->now() + minutes{20};
  transport->then(403, s3_error("RequestTimeTooSkewed"), {{"date", date_of(service_time)}}).then(200, "done");
  EXPECT_EQ(send({.method = "POST"}).body, "done");
  EXPECT_THAT(header(transport->requests().back(), "X-Amz-Date"), StartsWith("20260101T0020"));
  EXPECT_EQ(sets, 1) << "the set was not at fault";
  EXPECT_NEAR(static_cast<double>(skew->get().count()), 1'200'000, 1'000);
  transport->then(403, s3_error("RequestTimeTooSkewed"), {{"date", date_of(service_time)}});
  EXPECT_EQ(failure<RequestError>({}).code, "RequestTimeTooSkewed");
}

TEST_F(ServiceClientTest, TheDeadlineBoundsAttemptsAndPauses) {
  limits.deadline = clock->steady_now() + milliseconds{700};
  transport->then(500, "").then(500, "");
  EXPECT_EQ(failure<RequestError>({}).code, "HttpStatus500");
  EXPECT_THAT(waits, ElementsAre(milliseconds{500})) << "the next pause would pass the deadline";
  EXPECT_EQ(transport->requests().back().timeout, milliseconds{200});
  clock->advance(seconds{1});
  EXPECT_EQ(failure<ConnectionError>({}).code, "Timeout");
}

TEST_F(ServiceClientTest, AStopEndsTheCall) {
  std::stop_source stop;
  limits.stop = stop.get_token();
  transport->then([&](const HttpRequest&, const std::stop_token&) {
    stop.request_stop();
    return HttpResponse{500, {}, ""};
  });
  EXPECT_EQ(failure<ConnectionError>({}).kind, ErrorKind::cancelled);
  EXPECT_EQ(failure<ConnectionError>({}).code, "Cancelled");
  EXPECT_THAT(transport->requests(), SizeIs(1));
}

TEST_F(ServiceClientTest, FilesAreSentUnsignedOverTlsAndHashedOtherwise) {
  home.write("body", "hello");
  const auto send_file = [&] {
    transport->then(200, "");
    static_cast<void>(send(
        {.method = "PUT", .bucket = "my-bucket", .path = "/k", .body_source = make_file_source(home.path("body"))}));
    return transport->requests().back();
  };
  EXPECT_EQ(header(send_file(), "X-Amz-Content-Sha256"), "UNSIGNED-PAYLOAD");
  constexpr auto kHash = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
  client_.reset();
  options.sign_s3_payload = true;
  EXPECT_EQ(header(send_file(), "X-Amz-Content-Sha256"), kHash);
  client_.reset();
  options.sign_s3_payload = false;
  options.endpoint_url = "http://127.0.0.1:9000";
  const auto request = send_file();
  EXPECT_EQ(header(request, "X-Amz-Content-Sha256"), kHash);
  EXPECT_EQ(request.stall_timeout, options.attempt_timeout);
  EXPECT_GT(request.timeout, hours{24}) << "a large body has no time limit of its own";
}

TEST_F(ServiceClientTest, AnAnswerGoesToTheFileOnlyWhenItIsComplete) {
  options.seams = {clock, transport, home.environment(), skew};
  ServiceClient client{provider, options};
  const auto files = [&] {
    return std::distance(std::filesystem::directory_iterator{home.path()}, std::filesystem::directory_iterator{});
  };
  home.write("answer", "old");
  transport->then([](const HttpRequest& request, const std::stop_token&) -> HttpResponse {
    request.body_sink->begin();
    request.body_sink->write("half of");
    throw ConnectionError{{.message = "reset", .code = "ConnectionReset"}};
  });
  EXPECT_THROW(client.download({.bucket = "my-bucket", .path = "/k"}, home.path("answer")), ConnectionError);
  EXPECT_EQ(files(), 2) << ".aws and the old answer";
  transport->then(200, "whole");
  EXPECT_EQ(client.download({.bucket = "my-bucket", .path = "/k"}, home.path("answer")).body, "");
  std::ifstream file{home.path("answer")};
  EXPECT_EQ((std::string{std::istreambuf_iterator<char>{file}, {}}), "whole");
  EXPECT_EQ(files(), 2);
  transport->then(404, s3_error("NoSuchKey"));
  EXPECT_THROW(client.download({.bucket = "my-bucket", .path = "/k"}, home.path("new")), RequestError);
  EXPECT_EQ(files(), 2);
}

TEST_F(ServiceClientTest, APresignedUrlNeedsNothingElse) {
  const auto made = client().presign({.bucket = "my-bucket", .path = "/a b"}, minutes{5}, {});
  EXPECT_THAT(made.url, StartsWith("https://my-bucket.s3.eu-west-1.amazonaws.com/a%20b?X-Amz-Algorithm="));
  EXPECT_THAT(made.url, HasSubstr("&X-Amz-Security-Token="));
  EXPECT_EQ(made.valid_until, clock->now() + minutes{5});
  EXPECT_EQ(client().presign({.bucket = "my-bucket"}, hours{5}, {}).valid_until, clock->now() + hours{1});
  EXPECT_THAT(transport->requests(), IsEmpty());
}

}  // namespace
}  // namespace aws_refresh_session::client
