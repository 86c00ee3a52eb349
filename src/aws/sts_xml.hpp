#pragma once

/// \file
/// The answers of the STS query protocol.
/// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html

#include <aws_refresh_session/credentials.hpp>
#include <aws_refresh_session/http_transport.hpp>
#include <aws_refresh_session/sts.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace aws_refresh_session::aws {

/// Answers of STS are a few kilobytes; more is not from STS.
inline constexpr std::size_t kLargestAnswer = std::size_t{256} * 1024;

/// A service's error, as AWS writes it (`<ErrorResponse><Error>`) or with a top-level `<Error>`, as radosgw does.
struct ServiceError {
  std::string code;
  /// One line of printable text, cut at 1024 bytes.
  std::string message;
  std::string request_id;

  friend bool operator==(const ServiceError&, const ServiceError&) = default;
};

/// Reads an error. The body is parsed in place and is of no use afterwards.
/// \returns nullopt when the body is none
[[nodiscard]] std::optional<ServiceError> parse_error(std::string& body);

/// Reads the answer of AssumeRole or one of its kin; white space inside keys and token is dropped. The body is parsed
/// in place, so that no copy of the secrets stays behind, and is of no use afterwards. \param action whose answer it
/// must be \throws CredentialError of code `MalformedResponse`, kind recoverable, naming what is missing, without the
/// body's
///   text
[[nodiscard]] Credentials parse_assume_role(std::string& body, std::string_view action = "AssumeRole");

/// Reads GetCallerIdentity's answer.
/// \throws RequestError of code `MalformedResponse`, kind recoverable
[[nodiscard]] Identity parse_caller_identity(std::string& body);

/// The account in an ARN, or nothing.
[[nodiscard]] std::string_view account_of_arn(std::string_view arn) noexcept;

}  // namespace aws_refresh_session::aws
