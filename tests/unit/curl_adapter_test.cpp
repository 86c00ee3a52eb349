#include <aws_refresh_session/adapters/curl.hpp>

#include "secret_registry.hpp"
#include "support/loopback_server.hpp"

#include <aws_refresh_session/custom.hpp>

#include <gmock/gmock.h>
#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace aws_refresh_session::adapters {
namespace {

using test::LoopbackServer;
using test::ServerStream;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

struct CloseEasy {
  void operator()(CURL* easy) const noexcept { curl_easy_cleanup(easy); }
};

/// A handle and a session whose sets are numbered.
class CurlAdapterTest : public ::testing::Test {
 protected:
  // A call to the source may outlive the session: it owns what it touches.
  std::shared_ptr<RefreshingCredentialsProvider> provider = std::make_shared<RefreshingCredentialsProvider>(
      make_custom_provider({.method = [sets = std::make_shared<std::atomic<int>>(0)]() -> Credentials {
        return Credentials{"AKID" + std::to_string(++*sets), "SECRETCANARY/key", "SECRETCANARY/token",
                           std::chrono::system_clock::now() + std::chrono::hours{1}};
      }}));
  std::mutex mutex;
  std::string seen_;                                  // guarded by mutex
  std::string reply_ = LoopbackServer::answer("ok");  // guarded by mutex
  LoopbackServer server{[this](ServerStream& stream) {
    while (auto request = stream.read_request()) {
      std::string answer;
      {
        const std::scoped_lock lock{mutex};
        seen_ = std::move(*request);
        answer = reply_;
      }
      stream.write(answer);
    }
  }};
  CurlSigner signer{RequestSigner{provider, "eu-west-1", "s3"}};
  std::unique_ptr<CURL, CloseEasy> easy{curl_easy_init()};
  std::string received;

  void reply_with(std::string answer) {
    const std::scoped_lock lock{mutex};
    reply_ = std::move(answer);
  }
  [[nodiscard]] std::string seen() {
    const std::scoped_lock lock{mutex};
    return seen_;
  }

  CURLcode perform() {
    received.clear();
    curl_easy_setopt(
        easy.get(), CURLOPT_WRITEFUNCTION, +[](char* data, std::size_t size, std::size_t count, void* out) {
          static_cast<std::string*>(out)->append(data, size * count);
          return size * count;
        });
    curl_easy_setopt(easy.get(), CURLOPT_WRITEDATA, &received);
    return curl_easy_perform(easy.get());
  }
};

TEST_F(CurlAdapterTest, WhatWasSignedIsSentAsItIs) {
  EXPECT_EQ(signer.apply(easy.get(), {.url = server.url("/a/../b?x=1"), .headers = {{"X-Amz-Meta-A", ""}}}), "AKID1");
  ASSERT_EQ(perform(), CURLE_OK);
  EXPECT_THAT(seen(), StartsWith("GET /a/../b?x=1 HTTP/1.1\r\n"));
  EXPECT_THAT(seen(), HasSubstr("Authorization: AWS4-HMAC-SHA256 Credential=AKID1/"));
  EXPECT_THAT(seen(), HasSubstr("X-Amz-Meta-A:"));
  EXPECT_THAT(seen(), HasSubstr("X-Amz-Content-Sha256: e3b0c442"));
}

TEST_F(CurlAdapterTest, OneHandleTakesRequestsOfEveryKindOneAfterTheOther) {
  signer.apply(easy.get(), {.method = "PUT", .url = server.url("/k"), .body = std::string{"a\0b", 3}});
  ASSERT_EQ(perform(), CURLE_OK);
  EXPECT_THAT(seen(), StartsWith("PUT /k"));
  EXPECT_THAT(seen(), HasSubstr("Content-Length: 3\r\n"));
  EXPECT_THAT(seen(), Not(HasSubstr("Content-Type")));
  EXPECT_THAT(seen(), EndsWith(std::string{"\r\n\r\na\0b", 7}));
  signer.apply(easy.get(), {.method = "PUT", .url = server.url("/k")});
  ASSERT_EQ(perform(), CURLE_OK);
  EXPECT_THAT(seen(), HasSubstr("Content-Length: 0\r\n"));
  signer.apply(easy.get(), {.method = "DELETE", .url = server.url("/k")});
  ASSERT_EQ(perform(), CURLE_OK);
  EXPECT_THAT(seen(), StartsWith("DELETE /k"));
  EXPECT_THAT(seen(), Not(HasSubstr("Content-Length")));
  reply_with("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
  signer.apply(easy.get(), {.method = "HEAD", .url = server.url("/k")});
  ASSERT_EQ(perform(), CURLE_OK);
  EXPECT_THAT(seen(), StartsWith("HEAD /k"));
  reply_with(LoopbackServer::answer("ok"));
  signer.apply(easy.get(), {.url = server.url("/k")});
  ASSERT_EQ(perform(), CURLE_OK);
  EXPECT_THAT(seen(), StartsWith("GET /k"));
  EXPECT_EQ(received, "ok");
  reply_with("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
  signer.apply(easy.get(), {.method = "HEAD", .url = server.url("/k")});
  ASSERT_EQ(perform(), CURLE_OK);
  reply_with(LoopbackServer::answer("ok"));
  signer.apply(easy.get(), {.method = "PUT", .url = server.url("/k"), .body = "new"});
  ASSERT_EQ(perform(), CURLE_OK);
  EXPECT_THAT(seen(), StartsWith("PUT /k"));
  EXPECT_THAT(seen(), EndsWith("\r\n\r\nnew"));
}

TEST_F(CurlAdapterTest, ABodyOfTheCallersIsLeftToTheCaller) {
  curl_easy_setopt(easy.get(), CURLOPT_POSTFIELDS, "mine");
  signer.apply(easy.get(), {.method = "PUT", .url = server.url("/k")}, {.unsigned_payload = true}, CurlBody::of_caller);
  ASSERT_EQ(perform(), CURLE_OK);
  EXPECT_THAT(seen(), StartsWith("PUT /k"));
  EXPECT_THAT(seen(), HasSubstr("X-Amz-Content-Sha256: UNSIGNED-PAYLOAD"));
  EXPECT_THAT(seen(), EndsWith("\r\n\r\nmine"));
}

TEST_F(CurlAdapterTest, ARefusedSetIsReplaced) {
  reply_with(LoopbackServer::answer("<Error><Code>ExpiredToken</Code></Error>", "400 Bad Request"));
  const auto id = signer.apply(easy.get(), {.url = server.url("/k")});
  ASSERT_EQ(perform(), CURLE_OK);
  EXPECT_TRUE(signer.should_sign_again(easy.get(), received, id));
  reply_with(LoopbackServer::answer("ok"));
  EXPECT_EQ(signer.apply(easy.get(), {.url = server.url("/k")}), "AKID2");
  ASSERT_EQ(perform(), CURLE_OK);
  EXPECT_FALSE(signer.should_sign_again(easy.get(), received, "AKID2"));
}

TEST_F(CurlAdapterTest, ErrorCodesInHeadersAreReadToo) {
  reply_with(LoopbackServer::answer("{}", "400 Bad Request", "X-Amzn-ErrorType: ExpiredTokenException\r\n"));
  const auto id = signer.apply(easy.get(), {.url = server.url("/k")});
  ASSERT_EQ(perform(), CURLE_OK);
  EXPECT_TRUE(signer.should_sign_again(easy.get(), received, id));
}

TEST_F(CurlAdapterTest, WhatCannotBeSignedIsRefusedBeforeTheHandleIsTouched) {
  EXPECT_THROW(signer.apply(easy.get(), {.url = "nowhere"}), ValidationError);
  EXPECT_EQ(perform(), CURLE_URL_MALFORMAT) << "no URL was set";
}

}  // namespace
}  // namespace aws_refresh_session::adapters
