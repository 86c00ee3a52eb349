#pragma once

#include "emulator/percent.hpp"

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace aws_refresh_session::emulator {

struct SessionTag {
  std::string key;
  std::string value;
};

/// AssumeRole's twelve parameters, checked by the rules AWS documents for their form.
/// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
struct AssumeRoleRequest {
  std::string role_arn;
  std::string role_session_name;
  std::vector<std::string> policy_arns;
  std::string policy;
  std::optional<std::chrono::seconds> duration;
  std::string external_id;
  std::string serial_number;
  std::string token_code;
  std::vector<SessionTag> tags;
  /// Lower case.
  std::set<std::string> transitive_tag_keys;
  std::string source_identity;
  std::size_t provided_contexts = 0;
};

/// \throws AwsError ValidationError, MalformedPolicyDocument, InvalidParameterValue
[[nodiscard]] AssumeRoleRequest read_assume_role(const Parameters& parameters);

struct SessionTokenRequest {
  std::optional<std::chrono::seconds> duration;
  std::string serial_number;
  std::string token_code;
};

/// \throws AwsError ValidationError
[[nodiscard]] SessionTokenRequest read_get_session_token(const Parameters& parameters);

/// For the log: the parameters of the action, without what is or may hold a secret.
[[nodiscard]] std::map<std::string, std::string> loggable(const Parameters& parameters);

}  // namespace aws_refresh_session::emulator
