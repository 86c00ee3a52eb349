#pragma once

#include "emulator/account.hpp"
#include "emulator/aws_error.hpp"
#include "emulator/http_message.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace aws_refresh_session::emulator {

/// How credentials are written; everything but `normal` is a fault.
enum class CredentialsShape { normal, expired, no_expiration, no_zone, empty_keys };

/// What AssumeRole gives beside the credentials.
struct AssumedRole {
  std::string arn;
  std::string assumed_role_id;
  /// Per cent; none if no policy and no tag was sent.
  std::optional<unsigned> packed_policy_size;
  std::string source_identity;
};

/// Which service's words an error is written in.
enum class Dialect { sts, s3, execute_api };

/// The answers of STS, in AWS's shapes (API version 2011-06-15).
/// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
[[nodiscard]] HttpResponse assume_role_answer(const KeyRecord& credentials, const AssumedRole& role,
                                              CredentialsShape shape, std::string_view request_id);
[[nodiscard]] HttpResponse session_token_answer(const KeyRecord& credentials, CredentialsShape shape,
                                                std::string_view request_id);
[[nodiscard]] HttpResponse caller_identity_answer(const Caller& caller, std::string_view account,
                                                  std::string_view request_id);

/// A refusal in the words of the service that was asked.
[[nodiscard]] HttpResponse error_answer(const AwsError& error, Dialect dialect, std::string_view request_id);

}  // namespace aws_refresh_session::emulator
