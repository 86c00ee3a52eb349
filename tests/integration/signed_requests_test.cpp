// The client and libcurl against a server that checks every signature and can take a set away.

#include "emulator/emulator.hpp"
#include "secret_registry.hpp"

#include <aws_refresh_session/aws_refresh_session.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace aws_refresh_session::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::steady_clock;
using ::testing::HasSubstr;

class ServiceClientOnEmulator : public ::testing::Test {
 protected:
  emulator::Emulator server;
  RefreshableSession session{AssumeRoleOptions{
      .role_arn = server.role_arn(),
      .client = {.region = "us-east-1", .endpoint_url = server.endpoint_url()},
      .base = make_static_provider(Credentials{server.environment()[1].second, server.environment()[2].second})}};

  [[nodiscard]] ServiceClient client(const std::string& service = "s3", std::optional<int> attempts = {}) {
    return ServiceClient{
        session.provider(),
        {.service = service, .region = "us-east-1", .endpoint_url = server.endpoint_url(), .max_attempts = attempts}};
  }
  [[nodiscard]] static ServiceRequest get(std::string key = "/a b/\xC3\xA9+~") {
    return {.bucket = "resource", .path = std::move(key), .query = {{"x", "1 2"}, {"list-type", "2"}}};
  }

  void SetUp() override { register_secret(server.environment()[2].second); }
};

TEST_F(ServiceClientOnEmulator, SignaturesOfEveryKindAreTaken) {
  auto s3 = client();
  EXPECT_EQ(s3.send(get()).status, 200);
  EXPECT_EQ(s3.send(get("/a//../b/.")).status, 200);
  EXPECT_THAT(s3.send({.method = "PUT", .bucket = "resource", .path = "/k", .body = "12345"}).body,
              HasSubstr("\"received_bytes\":5"));
  const auto shared = s3.presign(get(), minutes{5});
  EXPECT_EQ(default_http_transport()->send({.url = shared.url}, {}).status, 200);
  auto api = client("execute-api");
  EXPECT_EQ(api.send({.path = "/resource/a b", .query = {{"q", "\xC3\xA9"}}}).status, 200);
}

TEST_F(ServiceClientOnEmulator, ASetTakenAwayIsAnsweredByTheNextWithoutAnError) {
  auto s3 = client("s3", 1);
  EXPECT_EQ(s3.send(get()).status, 200);
  for (int i = 0; i < 3; ++i) {
    const auto id = session.credentials()->access_key_id();
    ASSERT_TRUE(server.expire(id));
    EXPECT_EQ(s3.send({.method = "PUT", .bucket = "resource", .path = "/k", .body = "x"}).status, 200);
    EXPECT_NE(session.credentials()->access_key_id(), id);
  }
}

TEST_F(ServiceClientOnEmulator, ManyThreadsLoseTheirSetAndEachRequestIsAnswered) {
  auto s3 = client();
  std::atomic<bool> stop{false};
  std::atomic<int> answered{0};
  std::vector<std::string> errors(4);
  std::vector<std::thread> threads;
  for (auto& error : errors) {
    threads.emplace_back([&] {
      while (!stop && error.empty()) {
        try {
          static_cast<void>(s3.send(get()));
          ++answered;
        } catch (const std::exception& thrown) {
          error = thrown.what();
        }
      }
    });
  }
  for (int i = 0; i < 10; ++i) {
    std::this_thread::sleep_for(milliseconds{100});
    server.expire(session.credentials()->access_key_id());
  }
  stop = true;
  for (auto& thread : threads) {
    thread.join();
  }
  EXPECT_THAT(errors, ::testing::Each(""));
  EXPECT_GT(answered, 100);
}

TEST_F(ServiceClientOnEmulator, AClockThatIsTwentyMinutesOffIsCorrected) {
  auto s3 = client("s3", 1);
  server.set_clock_offset(minutes{20});
  EXPECT_EQ(s3.send(get()).status, 200);
  server.set_clock_offset(minutes{-20});
  EXPECT_EQ(s3.send(get()).status, 200);
}

TEST_F(ServiceClientOnEmulator, FaultsOnTheWayAreRepeatedAndAHangEndsAtTheDeadline) {
  auto s3 = client();
  static_cast<void>(session.credentials());
  server.add_fault({.kind = emulator::FaultKind::reset, .action = emulator::Action::resource, .count = 1});
  EXPECT_EQ(s3.send(get()).status, 200);
  server.add_fault({.kind = emulator::FaultKind::throttling, .action = emulator::Action::resource, .count = 1});
  EXPECT_EQ(s3.send({.method = "PUT", .bucket = "resource", .path = "/k"}).status, 200);
  server.add_fault({.kind = emulator::FaultKind::hang, .action = emulator::Action::resource});
  const auto begin = steady_clock::now();
  EXPECT_THROW(static_cast<void>(s3.send(get(), {.deadline = begin + milliseconds{300}})), ConnectionError);
  std::stop_source stop;
  std::jthread stopper{[&] {
    std::this_thread::sleep_for(milliseconds{200});
    stop.request_stop();
  }};
  try {
    static_cast<void>(s3.send(get(), {.stop = stop.get_token()}));
    ADD_FAILURE() << "it was answered";
  } catch (const ConnectionError& error) {
    EXPECT_EQ(error.kind(), ErrorKind::cancelled);
  }
  EXPECT_LT(steady_clock::now() - begin, seconds{5});
}

}  // namespace
}  // namespace aws_refresh_session::testing
