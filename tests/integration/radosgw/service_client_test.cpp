// The client against a real S3 that enforces expiry. Run it beside a server: with_radosgw radosgw_service_client_test.

#include "integration/tcp_gate.hpp"
#include "support/aws_home.hpp"

#include <aws_refresh_session/aws_refresh_session.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

namespace aws_refresh_session::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::steady_clock;
using ::testing::HasSubstr;
using ::testing::Not;

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr) {
    throw std::runtime_error{std::string{name} + " is not set: run this program by with_radosgw"};
  }
  return value;
}

/// The most that this process ever had in memory.
long peak_mebibytes() {
  ::rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss / 1024;
}

bool is_same(const std::string& left, const std::string& right) {
  std::ifstream first{left, std::ios::binary};
  std::ifstream second{right, std::ios::binary};
  std::string one(1U << 20U, '\0');
  std::string other = one;
  do {
    first.read(one.data(), static_cast<std::streamsize>(one.size()));
    second.read(other.data(), static_cast<std::streamsize>(other.size()));
    if (first.gcount() != second.gcount() || one != other) {
      return false;
    }
  } while (first && second);
  return first.eof() && second.eof();
}

class RadosgwServiceClient : public ::testing::Test {
 protected:
  RadosgwServiceClient() : previous_handler_(set_warning_handler([](const Warning&) {})) {
    EXPECT_EQ(s3_.send({.method = "PUT", .bucket = "bucket"}).status, 200);
  }
  ~RadosgwServiceClient() override { set_warning_handler(previous_handler_); }

  [[nodiscard]] static RefreshableSession open(seconds lifetime, RefreshOptions refresh = {}) {
    AssumeRoleOptions options;
    options.role_arn = variable("RGW_ROLE_ARN");
    options.duration = lifetime;
    options.base = make_static_provider(Credentials{variable("RGW_ACCESS_KEY_ID"), variable("RGW_SECRET_ACCESS_KEY")});
    options.client.endpoint_url = variable("RGW_ENDPOINT");
    options.client.region = "us-east-1";
    return RefreshableSession{std::move(options), {.refresh = std::move(refresh)}};
  }
  [[nodiscard]] static ServiceClientOptions options(const std::string& endpoint = variable("RGW_ENDPOINT")) {
    return {.service = "s3", .region = "us-east-1", .endpoint_url = endpoint};
  }

  // First: what follows warns.
  WarningHandler previous_handler_;
  const support::AwsHome home_;
  RefreshableSession session_ = open(minutes{10});
  ServiceClient s3_{session_.provider(), options()};
};

TEST_F(RadosgwServiceClient, ObjectsAreListedStoredReadAndRemoved) {
  for (const auto* key : {"/plain", "/with blank + and \xC3\xA9", "/a//../b", "/~'()*!&=@:,$"}) {
    EXPECT_EQ(s3_.send({.method = "PUT",
                        .bucket = "bucket",
                        .path = key,
                        .headers = {{"X-Amz-Meta-Mine", "yes  two   blanks"}},
                        .body = key})
                  .status,
              200)
        << key;
    EXPECT_EQ(s3_.send({.bucket = "bucket", .path = key}).body, key);
    EXPECT_NE(s3_.send({.method = "HEAD", .bucket = "bucket", .path = key}).header("x-amz-meta-mine"), nullptr);
  }
  const auto listed = s3_.send({.bucket = "bucket", .query = {{"list-type", "2"}, {"prefix", "with blank +"}}});
  EXPECT_THAT(listed.body, HasSubstr("<KeyCount>1</KeyCount>"));
  EXPECT_EQ(s3_.send({.method = "DELETE", .bucket = "bucket", .path = "/plain"}).status, 204);
  try {
    static_cast<void>(s3_.send({.bucket = "bucket", .path = "/plain"}));
    FAIL() << "it is still there";
  } catch (const RequestError& error) {
    EXPECT_EQ(error.code(), "NoSuchKey");
    EXPECT_EQ(error.status_code(), 404);
    EXPECT_NE(error.request_id(), "");
  }
}

TEST_F(RadosgwServiceClient, ALargeFileGoesUpAndDownInConstantMemory) {
  constexpr std::uintmax_t kSize = std::uintmax_t{200} << 20U;
  const auto up = home_.path("up");
  {
    std::ofstream file{up, std::ios::binary};
    std::string piece(1U << 20U, '\0');
    for (std::size_t i = 0; i < kSize / piece.size(); ++i) {
      piece.replace(0, 8, std::to_string(10'000'000 + i));
      file << piece;
    }
  }
  ASSERT_EQ(std::filesystem::file_size(up), kSize);
  const auto before = peak_mebibytes();
  const auto begin = steady_clock::now();
  EXPECT_EQ(s3_.upload({.method = "PUT", .bucket = "bucket", .path = "/large"}, up).status, 200);
  const auto between = steady_clock::now();
  const auto down = home_.path("down");
  EXPECT_EQ(s3_.download({.bucket = "bucket", .path = "/large"}, down).status, 200);
  const auto end = steady_clock::now();
  const auto more = peak_mebibytes() - before;
  const auto rate = [&](auto time) {
    return static_cast<double>(kSize >> 20U) / std::chrono::duration<double>(time).count();
  };
  std::printf("200 MiB: up %.0f MiB/s, down %.0f MiB/s, %ld MiB more memory at most\n", rate(between - begin),
              rate(end - between), more);
  EXPECT_LT(more, 16);
  EXPECT_TRUE(is_same(up, down));
  EXPECT_EQ(s3_.send({.method = "DELETE", .bucket = "bucket", .path = "/large"}).status, 204);
}

TEST_F(RadosgwServiceClient, AFileIsStoredInPartsOfIt) {
  constexpr std::size_t kPart = std::size_t{5} << 20U;
  home_.write("whole", std::string(kPart, 'a') + "the end");
  const auto begun = s3_.send({.method = "POST", .bucket = "bucket", .path = "/parts", .query = {{"uploads", ""}}});
  const auto from = begun.body.find("<UploadId>") + 10;
  const auto id = begun.body.substr(from, begun.body.find("</UploadId>") - from);
  std::string parts;
  for (int number = 1; number <= 2; ++number) {
    const auto stored =
        s3_.send({.method = "PUT",
                  .bucket = "bucket",
                  .path = "/parts",
                  .query = {{"partNumber", std::to_string(number)}, {"uploadId", id}},
                  .body_source = number == 1 ? make_file_source(home_.path("whole"), {.length = kPart})
                                             : make_file_source(home_.path("whole"), {.offset = kPart})});
    parts += "<Part><PartNumber>" + std::to_string(number) + "</PartNumber><ETag>" + *stored.header("etag") +
             "</ETag></Part>";
  }
  const auto done = s3_.send({.method = "POST",
                              .bucket = "bucket",
                              .path = "/parts",
                              .query = {{"uploadId", id}},
                              .body = "<CompleteMultipartUpload>" + parts + "</CompleteMultipartUpload>"});
  EXPECT_EQ(done.status, 200);
  const auto tail = s3_.send({.bucket = "bucket", .path = "/parts", .headers = {{"Range", "bytes=-8"}}});
  EXPECT_EQ(tail.status, 206);
  EXPECT_EQ(tail.body, "athe end");
}

TEST_F(RadosgwServiceClient, APresignedUrlIsGoodForWhoeverHasIt) {
  static_cast<void>(s3_.send({.method = "PUT", .bucket = "bucket", .path = "/shared one", .body = "shared"}));
  const auto url = s3_.presign({.bucket = "bucket", .path = "/shared one"}, minutes{5});
  EXPECT_EQ(default_http_transport()->send({.url = url.url}, {}).body, "shared");
  const auto put = s3_.presign({.method = "PUT", .bucket = "bucket", .path = "/from outside"}, minutes{5});
  EXPECT_EQ(default_http_transport()->send({.method = "PUT", .url = put.url, .body = "given"}, {}).status, 200);
  EXPECT_EQ(s3_.send({.bucket = "bucket", .path = "/from outside"}).body, "given");
  EXPECT_EQ(default_http_transport()->send({.method = "DELETE", .url = url.url}, {}).status, 403);
}

TEST_F(RadosgwServiceClient, ASetThatEndsOnTheWayIsAnsweredByInvalidateAndTheNext) {
  // Nobody refreshes before the end, and the request waits at the gate until the set has ended.
  auto session =
      open(seconds{3},
           {.advisory_window = milliseconds{1}, .mandatory_window = milliseconds{1}, .background_refresh = false});
  const auto endpoint = variable("RGW_ENDPOINT");
  TcpGate gate{static_cast<std::uint16_t>(std::stoi(endpoint.substr(endpoint.rfind(':') + 1)))};
  auto single = options(gate.url());
  single.max_attempts = 1;
  ServiceClient client{session.provider(), single};
  const auto first = session.credentials()->access_key_id();
  gate.set(TcpGate::State::silent);
  std::this_thread::sleep_for(milliseconds{100});
  auto answer = std::async(std::launch::async, [&] {
    return client.send({.method = "PUT", .bucket = "bucket", .path = "/late", .body = "late"});
  });
  std::this_thread::sleep_for(seconds{4});
  gate.set(TcpGate::State::open);
  EXPECT_EQ(answer.get().status, 200);
  EXPECT_NE(session.credentials()->access_key_id(), first);
  EXPECT_EQ(s3_.send({.bucket = "bucket", .path = "/late"}).body, "late");
}

TEST_F(RadosgwServiceClient, ManyExpiriesRefuseNoRequest) {
  auto session = open(seconds{2});
  auto single = options();
  single.max_attempts = 1;
  ServiceClient client{session.provider(), single};
  const auto end = steady_clock::now() + seconds{14};
  int requests = 0;
  while (steady_clock::now() < end) {
    static_cast<void>(client.send({.method = "PUT", .bucket = "bucket", .path = "/k", .body = "x"}));
    static_cast<void>(client.send({.bucket = "bucket", .path = "/k"}));
    requests += 2;
  }
  std::printf("%d requests over 7 lives of 2 s, none refused\n", requests);
  EXPECT_GT(requests, 100);
}

}  // namespace
}  // namespace aws_refresh_session::testing
