#include "emulator/sts_service.hpp"

#include "emulator/aws_error.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace aws_refresh_session::emulator {
namespace {

using std::chrono::seconds;

constexpr seconds kChainedMost{3'600};
constexpr seconds kSessionTokenMost{129'600};
constexpr seconds kSessionTokenMostOfRoot{3'600};
constexpr seconds kSessionTokenDefault{43'200};
/// What a packed policy and its tags may take, so that a share of it can be told.
constexpr std::size_t kPackedBytes = 4'096;

[[noreturn]] void deny(const std::string& message) {
  throw AwsError(403, "AccessDenied", message);
}

[[noreturn]] void invalid(const std::string& message) {
  throw AwsError(400, "ValidationError", message);
}

void check_least(seconds duration, seconds least) {
  if (duration < least) {
    invalid(
        fmt::format("1 validation error detected: Value '{}' at 'durationSeconds' failed to satisfy constraint: "
                    "Member must have value greater than or equal to {}",
                    duration.count(), least.count()));
  }
}

seconds role_duration(const AssumeRoleRequest& request, const Role& role, const Caller& caller) {
  const bool chained = caller.kind == CallerKind::role_session;
  if (!request.duration) {
    return std::min({role.default_duration, role.max_duration, chained ? kChainedMost : role.max_duration});
  }
  check_least(*request.duration, role.min_duration);
  if (chained && *request.duration > kChainedMost) {
    invalid("The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining");
  }
  if (*request.duration > role.max_duration) {
    invalid("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
  }
  return *request.duration;
}

std::optional<unsigned> packed_policy_size(const AssumeRoleRequest& request) {
  std::size_t bytes = request.policy.size();
  for (const auto& arn : request.policy_arns) {
    bytes += arn.size();
  }
  for (const auto& [key, value] : request.tags) {
    bytes += key.size() + value.size();
  }
  if (bytes == 0) {
    return std::nullopt;
  }
  const std::size_t percent = (bytes * 100 + kPackedBytes - 1) / kPackedBytes;
  if (percent > 100) {
    throw AwsError(400, "PackedPolicyTooLarge",
                   fmt::format("Packed policy consumes {}% of allotted space, please use smaller policy.", percent));
  }
  return static_cast<unsigned>(percent);
}

/// A chained session keeps the source identity and the transitive tags of the session it came from.
void inherit(const AssumeRoleRequest& request, const Caller& from, Caller& session) {
  session.source_identity = request.source_identity;
  if (!from.source_identity.empty()) {
    if (!request.source_identity.empty() && request.source_identity != from.source_identity) {
      deny("The SourceIdentity of a role session cannot be changed by role chaining.");
    }
    session.source_identity = from.source_identity;
  }
  for (const auto& tag : request.tags) {
    if (from.transitive_tag_keys.contains(lower(tag.key))) {
      throw AwsError(400, "InvalidParameterValue",
                     "One of the specified transitive tag keys can't be set because it conflicts with a transitive "
                     "tag key from the calling session.");
    }
  }
  session.transitive_tag_keys = from.transitive_tag_keys;
  session.transitive_tag_keys.insert(request.transitive_tag_keys.begin(), request.transitive_tag_keys.end());
}

}  // namespace

HttpResponse StsService::serve(const Call& call) {
  switch (call.action) {
    case Action::assume_role:
      return assume_role(call);
    case Action::get_session_token:
      return get_session_token(call);
    case Action::get_caller_identity:
      return caller_identity_answer(call.caller, account_.id(), call.request_id);
    case Action::resource:
    case Action::other:
      break;
  }
  throw AwsError(400, "InvalidAction", "Could not find operation for version 2011-06-15");
}

bool StsService::check_mfa(const std::string& serial_number, const std::string& token_code, TimePoint now) {
  if (serial_number.empty() != token_code.empty()) {
    deny("MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.");
  }
  if (serial_number.empty()) {
    return false;
  }
  switch (devices_.use(serial_number, token_code, now)) {
    case MfaVerdict::unknown_device:
      deny(
          "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is "
          "valid and associated with this user.");
    case MfaVerdict::wrong:
      // The blank at the end is AWS's.
      deny("MultiFactorAuthentication failed with invalid MFA one time pass code. ");
    case MfaVerdict::accepted:
      break;
  }
  return true;
}

Role StsService::trusted_role(const AssumeRoleRequest& request, const Caller& caller) const {
  if (caller.kind == CallerKind::root) {
    deny("Roles may not be assumed by root accounts.");
  }
  // What does not exist and what is not allowed look the same from outside, or roles could be found by guessing.
  const auto refuse = [&] {
    deny(fmt::format("User: {} is not authorized to perform: sts:AssumeRole on resource: {}", caller.arn,
                     request.role_arn));
  };
  const auto prefix = account_.role_arn("");
  const auto role = request.role_arn.starts_with(prefix)
                        ? account_.role(std::string_view{request.role_arn}.substr(prefix.size()))
                        : std::nullopt;
  if (!role) {
    refuse();
  }
  const auto lets_in = [&](const std::string& principal) {
    return principal == "*" || principal == account_.id() || principal == caller.arn ||
           principal == caller.principal_arn || principal == fmt::format("arn:aws:iam::{}:root", account_.id());
  };
  if (!role->trusted_principals.empty() && std::ranges::none_of(role->trusted_principals, lets_in)) {
    refuse();
  }
  if (!role->external_id.empty() && role->external_id != request.external_id) {
    refuse();
  }
  if (role->require_mfa && !caller.mfa && request.serial_number.empty() && request.token_code.empty()) {
    refuse();
  }
  return *role;
}

HttpResponse StsService::assume_role(const Call& call) {
  const auto request = read_assume_role(call.parameters);
  const Role role = trusted_role(request, call.caller);
  const seconds duration = role_duration(request, role, call.caller);
  const auto packed = packed_policy_size(request);

  Caller session;
  session.kind = CallerKind::role_session;
  session.principal_arn = account_.role_arn(role.name);
  session.arn = fmt::format("arn:aws:sts::{}:assumed-role/{}/{}", account_.id(), role.name, request.role_session_name);
  session.user_id = fmt::format("{}:{}", account_.unique_id("AROA", role.name), request.role_session_name);
  inherit(request, call.caller, session);
  // Last, for a code that was looked at is used up.
  session.mfa = check_mfa(request.serial_number, request.token_code, call.now) || call.caller.mfa;

  const AssumedRole assumed{.arn = session.arn,
                            .assumed_role_id = session.user_id,
                            .packed_policy_size = packed,
                            .source_identity = session.source_identity};
  const TimePoint end =
      call.shape == CredentialsShape::expired ? call.now - std::chrono::hours{1} : call.now + duration;
  return assume_role_answer(account_.issue(session, end), assumed, call.shape, call.request_id);
}

HttpResponse StsService::get_session_token(const Call& call) {
  const auto request = read_get_session_token(call.parameters);
  if (call.caller.temporary()) {
    deny("Cannot call GetSessionToken with session credentials");
  }
  const bool root = call.caller.kind == CallerKind::root;
  const seconds most = root ? kSessionTokenMostOfRoot : kSessionTokenMost;
  const seconds duration = request.duration.value_or(root ? kSessionTokenMostOfRoot : kSessionTokenDefault);
  check_least(duration, seconds{1});
  if (duration > most) {
    invalid(
        fmt::format("1 validation error detected: Value '{}' at 'durationSeconds' failed to satisfy constraint: "
                    "Member must have value less than or equal to {}",
                    duration.count(), most.count()));
  }
  Caller session = call.caller;
  session.kind = CallerKind::user_session;
  session.mfa = check_mfa(request.serial_number, request.token_code, call.now);
  const TimePoint end =
      call.shape == CredentialsShape::expired ? call.now - std::chrono::hours{1} : call.now + duration;
  return session_token_answer(account_.issue(session, end), call.shape, call.request_id);
}

}  // namespace aws_refresh_session::emulator
