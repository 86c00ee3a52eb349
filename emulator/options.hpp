#pragma once

/// \file
/// What an emulated account holds. Everything in here is fake: the keys open nothing but an emulator.

#include <aws_refresh_session/clock.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aws_refresh_session::emulator {

/// The keys of AWS's own documentation: known to everybody, and to no real account.
inline constexpr std::string_view kDefaultAccessKeyId = "AKIAIOSFODNN7EXAMPLE";
inline constexpr std::string_view kDefaultSecretAccessKey = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
inline constexpr std::string_view kDefaultAccount = "123456789012";
inline constexpr std::string_view kDefaultRegion = "us-east-1";
inline constexpr std::string_view kDefaultRole = "demo";

/// Somebody with keys that do not expire.
struct User {
  std::string access_key_id{kDefaultAccessKeyId};
  std::string secret_access_key{kDefaultSecretAccessKey};
  /// Empty: the account's root user. Roles can not be assumed by root, as with AWS.
  std::string name = "emulator";
};

/// A virtual MFA device: TOTP by RFC 6238 with SHA-1, six digits, steps of 30 s. A code is taken one step early or
/// late, and once only.
struct MfaDevice {
  /// E.g. `arn:aws:iam::123456789012:mfa/emulator`.
  std::string serial_number;
  /// Base32 as authenticator programs take it (blanks and padding are ignored), or `hex:` and hexadecimal digits.
  std::string seed;
};

/// A role and its trust policy.
struct Role {
  std::string name{kDefaultRole};
  /// Who may assume it: ARNs of users, roles (`arn:aws:iam::A:role/R`) or accounts (`arn:aws:iam::A:root`), or `*`.
  /// Empty: everybody in the account.
  std::vector<std::string> trusted_principals{};
  /// Required of the caller when not empty.
  std::string external_id{};
  /// Requires SerialNumber and TokenCode of one of the account's devices, or a session that was opened with them.
  bool require_mfa = false;
  /// What DurationSeconds may be. AWS's own minimum is 900 s; one second is the least here.
  std::chrono::seconds min_duration{1};
  std::chrono::seconds max_duration{43'200};
  /// Used without DurationSeconds. Longer than `max_duration`: cut to it.
  std::chrono::seconds default_duration{3'600};
};

struct Options {
  std::string account{kDefaultAccount};
  /// Signatures must be for it. Empty: any region.
  std::string region;
  std::vector<User> users{User{}};
  std::vector<Role> roles{Role{}};
  std::vector<MfaDevice> mfa_devices{};
  /// Loopback port; 0 takes a free one.
  std::uint16_t port = 0;
  /// Serves `/_emulator/...`. Whoever reaches the port may then inject faults: for the program only.
  bool admin = false;
  /// Entries of the request log; older ones are dropped.
  std::size_t log_capacity = 10'000;
  /// Connections served at a time; more are refused.
  std::size_t max_connections = 1'024;
  /// Null: the machine's clock. Faults wait in real time whatever it says.
  std::shared_ptr<const Clock> clock;
};

}  // namespace aws_refresh_session::emulator
