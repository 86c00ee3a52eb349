#include "aws/sts_xml.hpp"

#include "fuzzing.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <string>

namespace ars = aws_refresh_session;
using ars::fuzz::require;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text{ars::fuzz::as_text(data, size)};
  auto body = text;
  if (const auto error = ars::aws::parse_error(body)) {
    require(error->message.size() <= 1'024);
  }
  try {
    body = text;
    const auto credentials = ars::aws::parse_assume_role(body);
    require(!credentials.empty() && credentials.expiration().has_value());
  } catch (const ars::CredentialError& error) {
    require(error.code() == "MalformedResponse" && error.kind() == ars::ErrorKind::recoverable);
  }
  try {
    body = text;
    const auto identity = ars::aws::parse_caller_identity(body);
    require(!identity.arn.empty());
  } catch (const ars::RequestError& error) {
    require(error.code() == "MalformedResponse" && error.kind() == ars::ErrorKind::recoverable);
  }
  return 0;
}
