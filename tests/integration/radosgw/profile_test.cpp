// Sessions on profiles that assume roles, one from another, against a real STS and a real S3 that enforces expiry. Run
// it beside the server: with_radosgw radosgw_profile_test.

#include "integration/radosgw/reader_load.hpp"
#include "integration/radosgw/s3_client.hpp"
#include "support/aws_home.hpp"

#include <aws_refresh_session/aws_refresh_session.hpp>

#include <gtest/gtest.h>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <map>
#include <memory>
#include <numeric>
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
    throw std::runtime_error{std::string{name} + " is not set: run this program by with_radosgw"};
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

class RadosgwProfile : public ::testing::Test {
 protected:
  // Lifetimes below AWS's 900 s are what these tests are about.
  RadosgwProfile() : previous_handler_(set_warning_handler([](const Warning&) {})) {
    use_keys("RGW_ACCESS_KEY_ID", "RGW_SECRET_ACCESS_KEY");
    const auto role = [](const char* name, const char* arn, const char* source, int lifetime) {
      return std::string{"[profile "} + name + "]\nrole_arn = " + variable(arn) + "\nsource_profile = " + source +
             "\nduration_seconds = " + std::to_string(lifetime) +
             "\nregion = us-east-1\nendpoint_url = " + variable("RGW_ENDPOINT") + "\n";
    };
    home_.config(role("of-3s", "RGW_ROLE_ARN", "user", 3) + role("of-5s", "RGW_ROLE_ARN", "user", 5) +
                 role("chained-of-4s", "RGW_CHAINED_ROLE_ARN", "of-5s", 4) +
                 role("of-60s", "RGW_ROLE_ARN", "user", 60));
  }
  ~RadosgwProfile() override { set_warning_handler(previous_handler_); }

  void use_keys(const char* id, const char* secret) const {
    home_.credentials("[user]\naws_access_key_id = " + variable(id) + "\naws_secret_access_key = " + variable(secret) +
                      "\n");
  }

  [[nodiscard]] std::shared_ptr<RefreshableSession> session(const std::string& profile) const {
    SessionOptions options;
    options.environment = home_.environment();
    return std::make_shared<RefreshableSession>(ProfileOptions{.profile = profile}, std::move(options));
  }

  const support::AwsHome home_;
  S3Client s3_{variable("RGW_ENDPOINT")};

 private:
  WarningHandler previous_handler_;
};

TEST_F(RadosgwProfile, ManyExpiriesOfRolesAndChainsRefuseNoRequest) {
  const std::string bucket = "bucket-" + std::to_string(system_clock::now().time_since_epoch().count());
  ASSERT_EQ(s3_.send(*session("of-60s")->credentials(), "PUT", "/" + bucket).status, 200);
  std::deque<ReaderLoad> loads;
  for (const auto* profile : {"of-3s", "of-5s", "chained-of-4s"}) {
    loads.emplace_back(profile, session(profile), s3_, bucket, 2U);
  }
  std::this_thread::sleep_for(seconds{32});
  for (auto& load : loads) {
    load.stop();
  }
  const auto now = system_clock::now();
  for (const auto& load : loads) {
    const auto seen = load.counts();
    std::printf("profile %s: %zu sets, %ju expired, %ju requests, %ju refused, %ju read errors\n", load.name().c_str(),
                seen.sets.size(), seen.expiries(now), seen.requests(), sum(seen.refused), sum(seen.read_errors));
    EXPECT_GE(seen.expiries(now), 6U) << load.name();
    EXPECT_GT(seen.requests(), 100U) << load.name();
    EXPECT_EQ(sum(seen.refused), 0U) << load.name() << ": " << first_of(seen.refused);
    EXPECT_EQ(sum(seen.read_errors), 0U) << load.name() << ": " << first_of(seen.read_errors);
    EXPECT_EQ(seen.expired_reads, 0U) << load.name();
  }
}

TEST_F(RadosgwProfile, AKeyReplacedInTheFileIsUsedByTheNextRefresh) {
  const auto held = session("of-60s");
  const auto first = held->credentials();
  // The other user is not trusted by the role: the refusal shows whose keys signed.
  use_keys("RGW_OTHER_ACCESS_KEY_ID", "RGW_OTHER_SECRET_ACCESS_KEY");
  try {
    held->refresh_now();
    FAIL() << "the old keys signed";
  } catch (const RequestError& error) {
    EXPECT_EQ(error.code(), "AccessDenied");
  }
  EXPECT_EQ(held->credentials()->access_key_id(), first->access_key_id()) << "a failure destroyed a usable set";
  use_keys("RGW_ACCESS_KEY_ID", "RGW_SECRET_ACCESS_KEY");
  EXPECT_NE(held->refresh_now()->access_key_id(), first->access_key_id());
}

}  // namespace
}  // namespace aws_refresh_session::testing
