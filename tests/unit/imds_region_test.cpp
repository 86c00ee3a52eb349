#include "providers/imds_region.hpp"

#include <aws_refresh_session/exceptions.hpp>
#include <aws_refresh_session/testing/fake_clock.hpp>
#include <aws_refresh_session/testing/fake_http_transport.hpp>

#include <gmock/gmock.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace aws_refresh_session::providers {
namespace {

using std::chrono::minutes;
using ::testing::Eq;
using ::testing::Optional;

class ImdsRegionTest : public ::testing::Test {
 protected:
  std::shared_ptr<testing::FakeClock> clock = std::make_shared<testing::FakeClock>();
  std::shared_ptr<testing::FakeHttpTransport> transport = std::make_shared<testing::FakeHttpTransport>();
  std::map<std::string, std::string, std::less<>> variables{};
  std::stop_source stop;
  SteadyTime deadline = SteadyTime::max();
  RememberedImdsRegion remembered;

  [[nodiscard]] ProviderSeams seams() const {
    return ProviderSeams{clock, transport, std::make_shared<FixedEnvironment>(variables),
                         std::make_shared<ClockSkew>()};
  }
  [[nodiscard]] profile::Settings settings() const {
    return profile::Settings::load(std::make_shared<FixedEnvironment>(variables), {});
  }
  std::optional<std::string> ask() { return imds_region(settings(), seams(), context()); }
  std::optional<std::string> ask_remembered() { return remembered.get(settings(), seams(), context()); }
  [[nodiscard]] ResolveContext context() const { return {.stop = stop.get_token(), .deadline = deadline}; }
};

TEST_F(ImdsRegionTest, TheRegionIsTheInstances) {
  transport->then(200, "TOKEN").then(200, "eu-central-1\n");
  EXPECT_THAT(ask(), Optional(Eq("eu-central-1")));
  EXPECT_EQ(transport->requests().back().url, "http://169.254.169.254/latest/meta-data/placement/region");
}

TEST_F(ImdsRegionTest, OlderServicesTellTheZone) {
  transport->then(200, "TOKEN").then(404, "").then(200, "eu-central-1b");
  EXPECT_THAT(ask(), Optional(Eq("eu-central-1")));
  EXPECT_EQ(transport->request_count(), 3U);
}

TEST_F(ImdsRegionTest, NoFailureReachesTheClient) {
  EXPECT_EQ(ask(), std::nullopt) << "the fake transport has no answer";
  transport->then_fail("ConnectTimeout");
  EXPECT_EQ(ask(), std::nullopt);
  EXPECT_EQ(transport->request_count(), 2U);
  transport->then(200, "TOKEN").then(500, "");
  EXPECT_EQ(ask(), std::nullopt);
  for (const char* const answer : {"evil.example.com/", "<html>", "eu west", "-", "a@b"}) {
    transport->then(200, "TOKEN").then(200, answer);
    EXPECT_EQ(ask(), std::nullopt) << answer;
  }
  for (const auto& [name, value] :
       std::vector<std::pair<std::string, std::string>>{{"AWS_EC2_METADATA_DISABLED", "true"},
                                                        {"AWS_EC2_METADATA_DISABLED", "?"},
                                                        {"AWS_METADATA_SERVICE_TIMEOUT", "?"}}) {
    const auto before = transport->request_count();
    variables = {{name, value}};
    EXPECT_EQ(ask(), std::nullopt);
    EXPECT_EQ(transport->request_count(), before);
  }
}

TEST_F(ImdsRegionTest, AStopIsNoAnswer) {
  stop.request_stop();
  EXPECT_THROW(static_cast<void>(ask()), ConnectionError);
  EXPECT_THROW(static_cast<void>(ask_remembered()), ConnectionError);
}

TEST_F(ImdsRegionTest, TheCallersDeadlineBoundsTheQuestionAndLeavesItOpen) {
  deadline = clock->steady_now() + std::chrono::milliseconds{300};
  for (const bool remember : {false, true}) {
    transport->then([&](const HttpRequest& request, const std::stop_token&) -> HttpResponse {
      EXPECT_EQ(request.timeout, std::chrono::milliseconds{300});
      EXPECT_LE(request.connect_timeout, std::chrono::milliseconds{300});
      clock->advance(request.timeout);
      deadline += request.timeout;
      throw ConnectionError{{.message = "late", .code = "Timeout", .kind = ErrorKind::recoverable}};
    });
    const auto fixed = context();
    try {
      static_cast<void>(remember ? remembered.get(settings(), seams(), fixed)
                                 : imds_region(settings(), seams(), fixed));
      ADD_FAILURE() << "nothing was thrown";
    } catch (const ConnectionError& error) {
      EXPECT_EQ(error.code(), "Timeout");
    }
  }
  deadline = SteadyTime::max();
  transport->then(200, "TOKEN").then(200, "eu-central-1");
  EXPECT_THAT(ask_remembered(), Optional(Eq("eu-central-1"))) << "that there is none was never said";
}

TEST_F(ImdsRegionTest, AFoundRegionIsNeverAskedForAgain) {
  transport->then(200, "TOKEN").then(200, "eu-central-1");
  EXPECT_THAT(ask_remembered(), Optional(Eq("eu-central-1")));
  clock->advance(std::chrono::hours{1'000});
  EXPECT_THAT(ask_remembered(), Optional(Eq("eu-central-1")));
  EXPECT_EQ(transport->request_count(), 2U);
}

TEST_F(ImdsRegionTest, ThatThereIsNoneIsBelievedForTenMinutes) {
  transport->then_fail("ConnectTimeout");
  EXPECT_EQ(ask_remembered(), std::nullopt);
  clock->advance(minutes{10} - std::chrono::seconds{1});
  EXPECT_EQ(ask_remembered(), std::nullopt);
  EXPECT_EQ(transport->request_count(), 1U);
  clock->advance(std::chrono::seconds{1});
  transport->then(200, "TOKEN").then(200, "eu-central-1");
  EXPECT_THAT(ask_remembered(), Optional(Eq("eu-central-1")));
}

TEST_F(ImdsRegionTest, AnotherEndpointIsAskedAtOnce) {
  transport->then_fail("ConnectTimeout");
  EXPECT_EQ(ask_remembered(), std::nullopt);
  variables["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = "http://127.0.0.1:1";
  transport->then(200, "TOKEN").then(200, "eu-central-1");
  EXPECT_THAT(ask_remembered(), Optional(Eq("eu-central-1")));
}

}  // namespace
}  // namespace aws_refresh_session::providers
