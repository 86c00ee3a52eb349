// A person's one code against a server that takes each code once: sessions of several roles, all at the same time.

#include "emulator/emulator.hpp"
#include "secret_registry.hpp"

#include <aws_refresh_session/aws_refresh_session.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace aws_refresh_session::testing {
namespace {

TEST(DeviceSession, RolesThatRequireMfaAreAssumedAtOnceAndAskOnce) {
  constexpr int kRoles = 4;
  static int runs = 0;  // codes count as used in the whole process
  const std::string serial = "arn:aws:iam::123456789012:mfa/device-session-" + std::to_string(++runs);
  emulator::Options options;
  options.mfa_devices = {{.serial_number = serial, .seed = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"}};
  options.roles.clear();
  for (int role = 0; role < kRoles; ++role) {
    options.roles.push_back({.name = "role-" + std::to_string(role), .require_mfa = true});
  }
  emulator::Emulator emulator{options};

  std::atomic<int> asked{0};
  std::vector<std::unique_ptr<RefreshableSession>> sessions;
  for (int role = 0; role < kRoles; ++role) {
    AssumeRoleOptions assume;
    assume.role_arn = emulator.role_arn("role-" + std::to_string(role));
    assume.serial_number = serial;
    assume.mfa_token_provider = MfaTokenProvider::from_callable(
        [&](const MfaRequest& request) {
          ++asked;
          return emulator.mfa_code(request.serial_number);
        },
        true);
    assume.client.endpoint_url = emulator.endpoint_url();
    assume.client.region = emulator::kDefaultRegion;
    assume.client.credentials = Credentials{emulator::kDefaultAccessKeyId, emulator::kDefaultSecretAccessKey};
    sessions.push_back(std::make_unique<RefreshableSession>(assume));
  }
  {
    std::vector<std::jthread> readers;
    readers.reserve(sessions.size());
    for (const auto& session : sessions) {
      readers.emplace_back([&session] {
        const auto credentials = session->credentials();
        register_secret(credentials->secret_access_key().reveal());
        register_secret(credentials->session_token().reveal());
      });
    }
  }
  EXPECT_EQ(asked, 1);
  // A refresh of each needs nobody.
  for (const auto& session : sessions) {
    static_cast<void>(session->refresh_now());
  }
  EXPECT_EQ(asked, 1);
  EXPECT_EQ(emulator.arrived(emulator::Action::get_session_token), 1U);
  EXPECT_EQ(emulator.arrived(emulator::Action::assume_role), 2U * kRoles);
  const auto log = emulator.log();
  EXPECT_TRUE(std::all_of(log.begin(), log.end(), [](const auto& entry) { return entry.status == 200; }));
}

}  // namespace
}  // namespace aws_refresh_session::testing
