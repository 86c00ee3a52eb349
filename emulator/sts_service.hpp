#pragma once

#include "emulator/account.hpp"
#include "emulator/answers.hpp"
#include "emulator/fault.hpp"
#include "emulator/mfa_devices.hpp"
#include "emulator/percent.hpp"
#include "emulator/sts_parameters.hpp"
#include "emulator/timestamps.hpp"

#include <string_view>

namespace aws_refresh_session::emulator {

/// The STS actions, for callers whose signature is right. Thread-safe.
class StsService {
 public:
  StsService(Account& account, MfaDevices& devices) : account_(account), devices_(devices) {}

  struct Call {
    Action action = Action::other;
    const Parameters& parameters;
    const Caller& caller;
    /// By the service's clock.
    TimePoint now;
    CredentialsShape shape = CredentialsShape::normal;
    std::string_view request_id;
  };

  /// \throws AwsError
  [[nodiscard]] HttpResponse serve(const Call& call);

 private:
  [[nodiscard]] HttpResponse assume_role(const Call& call);
  [[nodiscard]] HttpResponse get_session_token(const Call& call);
  /// \returns whether a code was given, and right
  bool check_mfa(const std::string& serial_number, const std::string& token_code, TimePoint now);
  /// The role, if its trust policy lets the caller in.
  [[nodiscard]] Role trusted_role(const AssumeRoleRequest& request, const Caller& caller) const;

  Account& account_;
  MfaDevices& devices_;
};

}  // namespace aws_refresh_session::emulator
