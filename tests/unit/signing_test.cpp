#include <aws_refresh_session/signing.hpp>

#include "secret_registry.hpp"

#include <aws_refresh_session/custom.hpp>
#include <aws_refresh_session/exceptions.hpp>
#include <aws_refresh_session/testing/fake_clock.hpp>
#include <aws_refresh_session/testing/fake_scheduler.hpp>

#include <gmock/gmock.h>
#include <algorithm>
#include <array>
#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace aws_refresh_session {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;

/// 2013-05-24T00:00:00Z, of AWS's examples for S3.
constexpr WallTime kExampleTime{seconds{1'369'353'600}};
const Credentials kExampleKeys{"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"};

std::string header(const HttpRequest& request, std::string_view name) {
  const auto found = std::find_if(request.headers.begin(), request.headers.end(),
                                  [&](const auto& each) { return each.first == name; });
  return found == request.headers.end() ? std::string{} : found->second;
}

// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html, "GET Object".
TEST(Sign, TheExampleOfS3HasItsSignature) {
  HttpRequest request{.url = "https://examplebucket.s3.amazonaws.com/test.txt", .headers = {{"Range", "bytes=0-9"}}};
  sign(request, kExampleKeys, {.region = "us-east-1", .service = "s3", .time = kExampleTime});
  EXPECT_THAT(header(request, "Authorization"),
              HasSubstr("Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"));
}

// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
TEST(Presign, TheExampleOfS3HasItsSignatureAndItsEnd) {
  const HttpRequest request{.url = "https://examplebucket.s3.amazonaws.com/test.txt"};
  const auto signed_url =
      presign(request, kExampleKeys, {.region = "us-east-1", .service = "s3", .time = kExampleTime}, seconds{86'400});
  EXPECT_THAT(signed_url.url,
              HasSubstr("X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"));
  EXPECT_EQ(signed_url.valid_until, kExampleTime + seconds{86'400});
}

TEST(Presign, EndsWithTheCredentialsThatSigned) {
  const Credentials keys{"AKIDEXAMPLE", "SECRETCANARY/presign", "SECRETCANARY/token", kExampleTime + minutes{10}};
  const auto signed_url =
      presign({.url = "https://bucket.s3.amazonaws.com/a"}, keys,
              {.region = "us-east-1", .service = "s3", .time = kExampleTime, .clock_skew = minutes{1}}, hours{1});
  EXPECT_EQ(signed_url.valid_until, kExampleTime + minutes{9});
}

class TextSource final : public BodySource {
 public:
  explicit TextSource(std::string text) : text_(std::move(text)) {}
  [[nodiscard]] std::uint64_t size() const noexcept override { return text_.size(); }
  void rewind() override { at_ = 0; }
  [[nodiscard]] std::size_t read(std::span<char> buffer) override {
    const auto count = std::min(buffer.size(), text_.size() - at_);
    text_.copy(buffer.data(), count, at_);
    at_ += count;
    return count;
  }

 private:
  std::string text_;
  std::size_t at_ = 0;
};

TEST(Sign, ABodySourceAHashAndABodyInMemoryGiveOneSignature) {
  const SigningOptions options{.region = "eu-west-1", .service = "s3", .time = kExampleTime};
  const auto signature = [&](HttpRequest request, const SigningOptions& how) {
    request.method = "PUT";
    request.url = "http://127.0.0.1:9000/bucket/key";
    sign(request, kExampleKeys, how);
    return header(request, "Authorization");
  };
  const auto in_memory = signature({.body = "hello"}, options);
  const auto source = std::make_shared<TextSource>("hello");
  EXPECT_EQ(signature({.body_source = source}, options), in_memory);
  std::array<char, 8> buffer{};
  EXPECT_EQ(source->read(buffer), 5U) << "the source is rewound for whoever sends it";
  auto with_hash = options;
  with_hash.payload.hash = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
  EXPECT_EQ(signature({}, with_hash), in_memory);
  auto not_signed = options;
  not_signed.payload.unsigned_payload = true;
  EXPECT_NE(signature({.body_source = source}, not_signed), in_memory);
}

TEST(Sign, WhatCannotBeSignedIsNamedWithoutASecret) {
  const Credentials keys{"AKIDEXAMPLE", "SECRETCANARY/sign", "SECRETCANARY/token"};
  const SigningOptions good{.region = "eu-west-1", .service = "s3"};
  const auto failure = [&](HttpRequest request, const Credentials& credentials, const SigningOptions& options) {
    try {
      sign(request, credentials, options);
    } catch (const Error& error) {
      EXPECT_TRUE(std::string_view{error.what()}.find(testing::kCanary) == std::string_view::npos);
      return error.code() + " " + error.param();
    }
    return std::string{"nothing"};
  };
  const HttpRequest request{.url = "https://example.com/"};
  EXPECT_EQ(failure(request, {}, good), "EmptyCredentials ");
  EXPECT_EQ(failure({.url = "example.com"}, keys, good), "InvalidUrl url");
  EXPECT_EQ(failure({.url = "https://user:SECRETCANARY@example.com/"}, keys, good), "InvalidUrl url");
  EXPECT_EQ(failure({.url = "https://example.com/a b"}, keys, good), "InvalidUrl url");
  EXPECT_EQ(failure({.method = "GET /\r\n", .url = request.url}, keys, good), "InvalidMethod method");
  EXPECT_EQ(failure({.url = request.url, .headers = {{"X-A", "b\r\nX-Evil: c"}}}, keys, good), "InvalidHeader X-A");
  EXPECT_EQ(failure(request, keys, {.region = "", .service = "s3"}), "InvalidParameter region");
  EXPECT_EQ(failure(request, keys, {.region = "eu/west", .service = "s3"}), "InvalidParameter region");
  EXPECT_EQ(failure(request, keys, {.region = "eu-west-1", .service = "s3/x"}), "InvalidParameter service");
  auto bad_hash = good;
  bad_hash.payload.hash = "ABC";
  EXPECT_EQ(failure(request, keys, bad_hash), "InvalidParameter payload.hash");
}

/// A provider on faked time whose sets are numbered.
struct SignerFixture {
  std::shared_ptr<testing::FakeClock> clock = std::make_shared<testing::FakeClock>();
  std::shared_ptr<testing::FakeScheduler> scheduler =
      std::make_shared<testing::FakeScheduler>(clock, testing::FakeScheduler::Mode::immediate);
  std::shared_ptr<ClockSkew> skew = std::make_shared<ClockSkew>();
  std::atomic<int> sets{0};
  std::shared_ptr<RefreshingCredentialsProvider> provider = std::make_shared<RefreshingCredentialsProvider>(
      make_custom_provider({.method = [this]() -> Credentials {
        return Credentials{"AKID" + std::to_string(++sets), "SECRETCANARY/key", "SECRETCANARY/token",
                           clock->now() + hours{1}};
      }}),
      RefreshOptions{.advisory_jitter = 0}, EngineSeams{.clock = clock, .scheduler = scheduler, .seed = 1});
  RequestSigner signer{provider, "eu-west-1", "execute-api", {.clock = clock, .skew = skew}};
};

TEST(RequestSigner, SignsWithTheSetOfTheMoment) {
  SignerFixture fixture;
  HttpRequest request{.url = "https://example.com/a"};
  EXPECT_EQ(fixture.signer.sign(request), "AKID1");
  fixture.provider->refresh_now();
  EXPECT_EQ(fixture.signer.sign(request), "AKID2");
  EXPECT_THAT(header(request, "Authorization"), HasSubstr("Credential=AKID2/20260101/eu-west-1/execute-api/"));
  EXPECT_EQ(std::count_if(request.headers.begin(), request.headers.end(),
                          [](const auto& each) { return each.first == "Authorization"; }),
            1);
}

TEST(RequestSigner, ARefusedSetIsReplacedAndTheRequestMayBeSignedAgain) {
  SignerFixture fixture;
  HttpRequest request{.url = "https://example.com/a"};
  const auto id = fixture.signer.sign(request);
  const HttpResponse refusal{400, {}, "<Error><Code>ExpiredToken</Code></Error>"};
  EXPECT_TRUE(fixture.signer.should_sign_again(refusal, id));
  EXPECT_EQ(fixture.signer.sign(request), "AKID2");
  EXPECT_FALSE(fixture.signer.should_sign_again({403, {}, "<Error><Code>AccessDenied</Code></Error>"}, "AKID2"));
  EXPECT_TRUE(fixture.signer.should_sign_again({403, {}, "<Error><Code>AccessDenied</Code></Error>"}, id))
      << "a newer set is there";
  EXPECT_FALSE(fixture.signer.should_sign_again({200, {}, ""}, "AKID2"));
  EXPECT_FALSE(fixture.signer.should_sign_again({500, {}, ""}, "AKID2"));
}

TEST(RequestSigner, AWrongClockIsCorrectedByTheAnswersDate) {
  SignerFixture fixture;
  HttpRequest request{.url = "https://example.com/a"};
  const auto id = fixture.signer.sign(request);
  const HttpResponse refusal{403,
                             {{"date", "Thu, 01 Jan 2026 00:20:00 GMT"}},
                             R"({"__type":"InvalidSignatureException","message":"Signature expired"})"};
  EXPECT_TRUE(fixture.signer.should_sign_again(refusal, id));
  EXPECT_EQ(fixture.signer.sign(request), id) << "the set was not at fault";
  EXPECT_THAT(header(request, "X-Amz-Date"), HasSubstr("20260101T0020"));
  EXPECT_FALSE(fixture.signer.should_sign_again(refusal, id)) << "it is right now";
}

TEST(RequestSigner, ManyThreadsSignWhileSetsAreReplaced) {
  SignerFixture fixture;
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      while (!stop) {
        HttpRequest request{.url = "https://example.com/a"};
        const auto id = fixture.signer.sign(request);
        wrong += header(request, "Authorization").find("Credential=" + id + "/") == std::string::npos ? 1 : 0;
      }
    });
  }
  for (int i = 0; i < 200; ++i) {
    fixture.provider->refresh_now();
  }
  stop = true;
  for (auto& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(wrong, 0);
}

TEST(RequestSigner, ANullProviderIsRefused) {
  EXPECT_THROW((RequestSigner{nullptr, "eu-west-1", "s3"}), ValidationError);
}

}  // namespace
}  // namespace aws_refresh_session
