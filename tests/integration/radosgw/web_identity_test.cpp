// Sessions on web identity tokens against a real STS that verifies them and a real S3 that enforces expiry. Run it
// beside both servers: with_radosgw with_web_identity radosgw_web_identity_test.

#include "integration/radosgw/reader_load.hpp"
#include "integration/radosgw/s3_client.hpp"
#include "secret_registry.hpp"

#include <aws_refresh_session/aws_refresh_session.hpp>
#include <aws_refresh_session/providers/web_identity.hpp>

#include <gtest/gtest.h>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <memory>
#include <numeric>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>

namespace aws_refresh_session::testing {
namespace {

using std::chrono::seconds;
using std::chrono::system_clock;

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr) {
    throw std::runtime_error{std::string{name} + " is not set: run this program by with_radosgw with_web_identity"};
  }
  return value;
}

std::uint64_t sum(const std::map<std::string, std::uint64_t>& counts) {
  return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0},
                         [](std::uint64_t total, const auto& each) { return total + each.second; });
}

std::string first_of(const std::map<std::string, std::uint64_t>& counts) {
  return counts.empty() ? "" : counts.begin()->first;
}

class RadosgwWebIdentity : public ::testing::Test {
 protected:
  // Lifetimes below AWS's 900 s are what these tests are about.
  RadosgwWebIdentity() : previous_handler_(set_warning_handler([](const Warning&) {})) {}
  ~RadosgwWebIdentity() override { set_warning_handler(previous_handler_); }

  [[nodiscard]] static WebIdentityOptions options(seconds lifetime, const char* token_file = "RGW_WEB_TOKEN_FILE") {
    WebIdentityOptions options;
    options.role_arn = variable("RGW_WEB_ROLE_ARN");
    options.web_identity_token_file = variable(token_file);
    options.duration = lifetime;
    options.client.endpoint_url = variable("RGW_ENDPOINT");
    options.client.region = "us-east-1";
    return options;
  }

  [[nodiscard]] static std::shared_ptr<RefreshableSession> session(const WebIdentityOptions& options) {
    return std::make_shared<RefreshableSession>(make_web_identity_provider(options));
  }

  /// Fails the test unless the token is refused by a typed error that shows nothing of it.
  static void expect_refused(const char* token_file) {
    std::ostringstream token;
    token << std::ifstream{variable(token_file)}.rdbuf();
    const auto refused = session(options(seconds{60}, token_file));
    try {
      static_cast<void>(refused->credentials());
      FAIL() << "the token was taken";
    } catch (const RequestError& error) {
      EXPECT_EQ(error.code(), "AccessDenied");
      EXPECT_EQ(error.status_code(), 403);
      EXPECT_EQ(error.kind(), ErrorKind::non_recoverable);
      EXPECT_TRUE(std::string{error.what()}.find(token.str().substr(0, 12)) == std::string::npos);
    }
  }

 private:
  WarningHandler previous_handler_;
};

TEST_F(RadosgwWebIdentity, ManyExpiriesOfSetsAndTokensRefuseNoRequest) {
  S3Client s3{variable("RGW_ENDPOINT")};
  const std::string bucket = "bucket-" + std::to_string(system_clock::now().time_since_epoch().count());
  ASSERT_EQ(s3.send(*session(options(seconds{60}))->credentials(), "PUT", "/" + bucket).status, 200);
  std::deque<ReaderLoad> loads;
  for (const auto lifetime : {seconds{3}, seconds{4}, seconds{5}}) {
    loads.emplace_back("of-" + std::to_string(lifetime.count()) + "s", session(options(lifetime)), s3, bucket, 2U);
  }
  std::this_thread::sleep_for(seconds{32});
  for (auto& load : loads) {
    load.stop();
  }
  const auto now = system_clock::now();
  for (const auto& load : loads) {
    const auto seen = load.counts();
    std::printf("web identity, credentials %s: %zu sets, %ju expired, %ju requests, %ju refused, %ju read errors\n",
                load.name().c_str(), seen.sets.size(), seen.expiries(now), seen.requests(), sum(seen.refused),
                sum(seen.read_errors));
    EXPECT_GE(seen.expiries(now), 6U) << load.name();
    EXPECT_GT(seen.requests(), 100U) << load.name();
    EXPECT_EQ(sum(seen.refused), 0U) << load.name() << ": " << first_of(seen.refused);
    EXPECT_EQ(sum(seen.read_errors), 0U) << load.name() << ": " << first_of(seen.read_errors);
    EXPECT_EQ(seen.expired_reads, 0U) << load.name();
  }
}

TEST_F(RadosgwWebIdentity, ATamperedTokenIsATypedError) {
  expect_refused("RGW_WEB_TAMPERED_TOKEN_FILE");
}

TEST_F(RadosgwWebIdentity, AnExpiredTokenIsATypedError) {
  expect_refused("RGW_WEB_EXPIRED_TOKEN_FILE");
}

}  // namespace
}  // namespace aws_refresh_session::testing
