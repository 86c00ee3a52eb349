#include "aws/sigv4.hpp"

#include "aws/signing_key_cache.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <gmock/gmock.h>

#include <string>
#include <thread>
#include <vector>

namespace aws_refresh_session::aws {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kSuiteKey = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
constexpr std::string_view kS3Key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
/// 2015-08-30T12:36:00Z
const WallTime kSuiteTime{std::chrono::seconds{1'440'938'160}};
/// 2013-05-24T00:00:00Z
const WallTime kS3Time{std::chrono::seconds{1'369'353'600}};

std::string header(const HttpRequest& request, std::string_view name) {
  for (const auto& [each, value] : request.headers) {
    if (each == name) {
      return value;
    }
  }
  return {};
}

/// One vector of AWS's Signature Version 4 test suite. The expected values are checked against botocore.
struct Vector {
  const char* name;
  const char* method;
  const char* target;
  HttpHeaders headers;
  const char* body;
  const char* signature;
};

class Suite : public testing::TestWithParam<Vector> {};

TEST_P(Suite, SignatureIsAsPublished) {
  const auto& vector = GetParam();
  HttpRequest request;
  request.method = vector.method;
  request.url = std::string{"https://example.amazonaws.com"} + vector.target;
  request.headers = vector.headers;
  request.body = vector.body;
  SigningKeyCache keys;
  std::string canonical;
  sign_headers(request, Credentials{"AKIDEXAMPLE", kSuiteKey},
               {.region = "us-east-1", .service = "service", .time = kSuiteTime}, keys, &canonical);
  EXPECT_THAT(header(request, "Authorization"), EndsWith(std::string{"Signature="} + vector.signature)) << canonical;
  EXPECT_EQ(header(request, "X-Amz-Date"), "20150830T123600Z");
}

INSTANTIATE_TEST_SUITE_P(
    Aws, Suite,
    testing::Values(
        Vector{"get_vanilla", "GET", "/", {}, "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
        Vector{"no_path", "GET", "", {}, "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
        Vector{"get_vanilla_query_order_key_case",
               "GET",
               "/?Param2=value2&Param1=value1",
               {},
               "",
               "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
        Vector{"get_vanilla_query_order_key",
               "GET",
               "/?Param1=value2&Param1=Value1",
               {},
               "",
               "eedbc4e291e521cf13422ffca22be7d2eb8146eecf653089df300a15b2382bd1"},
        Vector{"get_vanilla_empty_query_key",
               "GET",
               "/?Param1=value1",
               {},
               "",
               "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb"},
        Vector{"get_vanilla_query_unreserved",
               "GET",
               "/?-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz="
               "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
               {},
               "",
               "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197"},
        Vector{"get_vanilla_utf8_query",
               "GET",
               "/?\xE1\x88\xB4=bar",
               {},
               "",
               "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"},
        Vector{"get_utf8",
               "GET",
               "/\xE1\x88\xB4",
               {},
               "",
               "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"},
        Vector{"get_unreserved",
               "GET",
               "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
               {},
               "",
               "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"},
        Vector{"get_space",
               "GET",
               "/example space/",
               {},
               "",
               "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741"},
        Vector{"get_relative",
               "GET",
               "/example/..",
               {},
               "",
               "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
        Vector{"get_relative_relative",
               "GET",
               "/example1/example2/../..",
               {},
               "",
               "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
        Vector{"get_slash", "GET", "//", {}, "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
        Vector{"get_slash_dot_slash",
               "GET",
               "/./",
               {},
               "",
               "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
        Vector{"get_slash_pointless_dot",
               "GET",
               "/./example",
               {},
               "",
               "ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5"},
        Vector{"get_slashes",
               "GET",
               "//example//",
               {},
               "",
               "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84"},
        Vector{"get_header_key_duplicate",
               "GET",
               "/",
               {{"My-Header1", "value2"}, {"my-header1", "value2"}, {"MY-HEADER1", "value1"}},
               "",
               "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"},
        Vector{"get_header_value_order",
               "GET",
               "/",
               {{"My-Header1", "value4"}, {"My-Header1", "value1"}, {"My-Header1", "value3"}, {"My-Header1", "value2"}},
               "",
               "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01"},
        Vector{"get_header_value_trim",
               "GET",
               "/",
               {{"My-Header1", " value1"}, {"My-Header2", " \"a   b   c\" "}},
               "",
               "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"},
        Vector{"get_header_value_multiline",
               "GET",
               "/",
               {{"My-Header1", "value1\n  value2\n     value3"}},
               "",
               "cfd34249e4b1c8d6b91ef74165d41a32e5fab3306300901bb65a51a73575eefd"},
        Vector{"post_vanilla", "POST", "/", {}, "", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
        Vector{"post_header_key_sort",
               "POST",
               "/",
               {{"My-Header1", "value1"}},
               "",
               "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c"},
        Vector{"post_header_value_case",
               "POST",
               "/",
               {{"My-Header1", "VALUE1"}},
               "",
               "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d"},
        Vector{"post_x_www_form_urlencoded",
               "POST",
               "/",
               {{"Content-Type", "application/x-www-form-urlencoded"}},
               "Param1=value1",
               "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"},
        Vector{"post_x_www_form_urlencoded_parameters",
               "POST",
               "/",
               {{"Content-Type", "application/x-www-form-urlencoded; charset=utf8"}},
               "Param1=value1",
               "1a72ec8f64bd914b0e42e42607c7fbce7fb2c7465f63e3092b3b0d39fa77a6fe"}),
    [](const auto& each) { return std::string{each.param.name}; });

TEST(Sigv4, SessionTokenIsSignedAndSent) {
  const std::string token =
      "AQoDYXdzEPT//////////"
      "wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwth"
      "Ax7mSEI/qkPpKPi/"
      "kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY"
      "9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==";
  HttpRequest request;
  request.method = "POST";
  request.url = "https://example.amazonaws.com/";
  SigningKeyCache keys;
  sign_headers(request, Credentials{"AKIDEXAMPLE", kSuiteKey, token},
               {.region = "us-east-1", .service = "service", .time = kSuiteTime}, keys);
  EXPECT_EQ(header(request, "X-Amz-Security-Token"), token);
  EXPECT_THAT(header(request, "Authorization"),
              EndsWith("Signature=85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead"));
}

/// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
struct S3Example {
  const char* name;
  const char* method;
  const char* target;
  HttpHeaders headers;
  const char* body;
  const char* signature;
};

class S3Examples : public testing::TestWithParam<S3Example> {};

TEST_P(S3Examples, SignatureIsAsPublished) {
  const auto& example = GetParam();
  HttpRequest request;
  request.method = example.method;
  request.url = std::string{"https://examplebucket.s3.amazonaws.com"} + example.target;
  request.headers = example.headers;
  request.body = example.body;
  SigningKeyCache keys;
  sign_headers(request, Credentials{"AKIAIOSFODNN7EXAMPLE", kS3Key},
               {.region = "us-east-1", .service = "s3", .time = kS3Time}, keys);
  EXPECT_THAT(header(request, "Authorization"), EndsWith(std::string{"Signature="} + example.signature));
}

INSTANTIATE_TEST_SUITE_P(Aws, S3Examples,
                         testing::Values(S3Example{"get_object",
                                                   "GET",
                                                   "/test.txt",
                                                   {{"Range", "bytes=0-9"}},
                                                   "",
                                                   "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"},
                                         S3Example{"put_object",
                                                   "PUT",
                                                   "/test%24file.text",
                                                   {{"Date", "Fri, 24 May 2013 00:00:00 GMT"},
                                                    {"x-amz-storage-class", "REDUCED_REDUNDANCY"}},
                                                   "Welcome to Amazon S3.",
                                                   "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"},
                                         S3Example{"put_object_raw_dollar",
                                                   "PUT",
                                                   "/test$file.text",
                                                   {{"Date", "Fri, 24 May 2013 00:00:00 GMT"},
                                                    {"x-amz-storage-class", "REDUCED_REDUNDANCY"}},
                                                   "Welcome to Amazon S3.",
                                                   "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"},
                                         S3Example{"get_lifecycle",
                                                   "GET",
                                                   "/?lifecycle",
                                                   {},
                                                   "",
                                                   "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"},
                                         S3Example{"list_objects",
                                                   "GET",
                                                   "/?max-keys=2&prefix=J",
                                                   {},
                                                   "",
                                                   "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"}),
                         [](const auto& each) { return std::string{each.param.name}; });

/// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
TEST(Sigv4, PresignedUrlIsAsPublished) {
  HttpRequest request;
  request.url = "https://examplebucket.s3.amazonaws.com/test.txt";
  SigningKeyCache keys;
  const auto url =
      presign_url(request, Credentials{"AKIAIOSFODNN7EXAMPLE", kS3Key},
                  {.region = "us-east-1", .service = "s3", .time = kS3Time}, std::chrono::seconds{86'400}, keys);
  EXPECT_EQ(url,
            "https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential="
            "AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires="
            "86400&X-Amz-SignedHeaders=host&X-Amz-Signature="
            "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
  request.url = url;
  EXPECT_EQ(presign_url(request, Credentials{"AKIAIOSFODNN7EXAMPLE", kS3Key},
                        {.region = "us-east-1", .service = "s3", .time = kS3Time}, std::chrono::seconds{86'400}, keys),
            url)
      << "an earlier signature must be replaced";
}

TEST(Sigv4, PresignRefusesLifetimesThatAwsRefuses) {
  HttpRequest request;
  request.url = "https://h/";
  SigningKeyCache keys;
  for (const auto seconds : {-1, 0, 604'801}) {
    EXPECT_THROW(static_cast<void>(presign_url(request, Credentials{"A", "B"}, {"r", "s3", kS3Time},
                                               std::chrono::seconds{seconds}, keys)),
                 ValidationError);
  }
}

TEST(Sigv4, SigningAgainReplacesTheOldSignature) {
  HttpRequest request;
  request.url = "https://example.amazonaws.com/";
  SigningKeyCache keys;
  for (int round = 0; round < 2; ++round) {
    sign_headers(request, Credentials{"AKIDEXAMPLE", kSuiteKey, "token"},
                 {.region = "us-east-1", .service = "s3", .time = kSuiteTime}, keys);
  }
  EXPECT_EQ(request.headers.size(), 4U);
  sign_headers(request, Credentials{"AKIDEXAMPLE", kSuiteKey},
               {.region = "us-east-1", .service = "service", .time = kSuiteTime}, keys);
  EXPECT_EQ(header(request, "X-Amz-Security-Token"), "") << "a token of an older set must not stay";
}

TEST(Sigv4, UnsignedPayloadIsSaidInAHeader) {
  HttpRequest request;
  request.method = "PUT";
  request.url = "https://b.s3.amazonaws.com/k";
  request.body = "one";
  SigningKeyCache keys;
  const SigningParameters parameters{.region = "r", .service = "s3", .time = kS3Time, .unsigned_payload = true};
  sign_headers(request, Credentials{"A", "B"}, parameters, keys);
  const auto first = header(request, "Authorization");
  EXPECT_EQ(header(request, "X-Amz-Content-Sha256"), "UNSIGNED-PAYLOAD");
  request.body = "another";
  sign_headers(request, Credentials{"A", "B"}, parameters, keys);
  EXPECT_EQ(header(request, "Authorization"), first);
}

TEST(Sigv4, HeadersThatProxiesChangeAreNotSigned) {
  HttpRequest request;
  request.url = "https://h/";
  request.headers = {{"User-Agent", "x"},      {"Expect", "100-continue"},       {"Connection", "close"},
                     {"X-Amzn-Trace-Id", "1"}, {"Transfer-Encoding", "chunked"}, {"Accept", "y"}};
  SigningKeyCache keys;
  sign_headers(request, Credentials{"A", "B"}, {"r", "service", kS3Time}, keys);
  EXPECT_THAT(header(request, "Authorization"), HasSubstr("SignedHeaders=accept;host;x-amz-date,"));
}

TEST(Sigv4, ServesManyThreadsAtOnce) {
  SigningKeyCache keys;
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&keys] {
      for (int round = 0; round < 200; ++round) {
        HttpRequest request;
        request.url = "https://example.amazonaws.com/";
        sign_headers(request, Credentials{"AKIDEXAMPLE", kSuiteKey},
                     {.region = "us-east-1", .service = "service", .time = kSuiteTime}, keys);
        EXPECT_THAT(header(request, "Authorization"),
                    EndsWith("5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"));
      }
    });
  }
}

}  // namespace
}  // namespace aws_refresh_session::aws
