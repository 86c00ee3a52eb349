#include "aws/sts_errors.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace aws_refresh_session::aws {
namespace {

constexpr std::array<std::string_view, 14> kThrottling{
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestThrottled",
    "RequestThrottledException",
    "TooManyRequestsException",
    "RequestLimitExceeded",
    "ProvisionedThroughputExceededException",
    "BandwidthLimitExceeded",
    "LimitExceededException",
    "SlowDown",
    "PriorRequestNotComplete",
    "TransactionInProgressException",
    "EC2ThrottledException",
};

constexpr std::array<std::string_view, 7> kTransient{
    "IDPCommunicationError", "RequestTimeout",      "RequestTimeoutException", "InternalFailure",
    "InternalError",         "InternalServerError", "ServiceUnavailable",
};

constexpr std::array<std::string_view, 7> kClockSkew{
    "RequestTimeTooSkewed",      "RequestExpired",   "RequestInTheFuture", "SignatureDoesNotMatch", "AuthFailure",
    "InvalidSignatureException", "InvalidSignature",
};

constexpr std::array<std::string_view, 6> kRefusedCredentials{
    "ExpiredToken",       "ExpiredTokenException",       "InvalidClientTokenId",
    "InvalidAccessKeyId", "UnrecognizedClientException", "InvalidToken",
};

constexpr std::array<std::string_view, 6> kRefusedCalls{
    "AccessDenied", "AccessDeniedException", "InvalidAction", "MethodNotAllowed", "NotImplemented", "UnknownOperation",
};

constexpr std::array<std::pair<std::string_view, std::string_view>, 23> kAdvice{{
    {"AccessDenied",
     "The role's trust policy must allow the caller, and the caller needs permission for sts:AssumeRole; conditions on "
     "ExternalId, MFA or SourceIdentity must hold."},
    {"InvalidClientTokenId",
     "The access key id that signed is not known: check the base credentials, and that they belong to this endpoint's "
     "partition."},
    {"InvalidAccessKeyId", "The access key id that signed is not known: check the base credentials."},
    {"UnrecognizedClientException", "The access key id that signed is not known: check the base credentials."},
    {"InvalidToken", "The session token that signed is not accepted: check the base credentials."},
    {"SignatureDoesNotMatch",
     "The secret key does not belong to the access key id, or a proxy changed the request: check the base "
     "credentials."},
    {"InvalidSignatureException", "The secret key does not belong to the access key id: check the base credentials."},
    {"IncompleteSignature", "The request was changed on its way, or the endpoint is not STS: check endpoint_url."},
    {"ExpiredToken", "The base credentials have expired: renew them."},
    {"ExpiredTokenException", "The base credentials have expired: renew them."},
    {"RequestTimeTooSkewed", "This machine's clock is wrong: set it by NTP."},
    {"RequestExpired", "This machine's clock is wrong: set it by NTP."},
    {"RegionDisabledException",
     "STS is not activated for the account in this region: activate it in the account's settings, or use another "
     "region."},
    {"OptInRequired", "The account is not signed up for this service or region."},
    {"MalformedPolicyDocument", "Policy is not a valid session policy: check its JSON and its elements."},
    {"PackedPolicyTooLarge", "Policy, PolicyArns and Tags are too large together: shorten them."},
    {"PackedPolicyTooLargeException", "Policy, PolicyArns and Tags are too large together: shorten them."},
    {"NoSuchEntity", "The role does not exist at this endpoint: check RoleArn."},
    {"ValidationError", "A parameter is outside what the service takes: its message names it."},
    {"InvalidParameterValue", "A parameter is outside what the service takes: its message names it."},
    {"InvalidArgument", "A parameter is outside what the service takes: check RoleArn and RoleSessionName."},
    {"MethodNotAllowed", "The endpoint does not offer this call: check endpoint_url."},
    {"InvalidAction", "The endpoint does not offer this call: check endpoint_url."},
}};

template <typename Codes, typename Code>
bool contains(const Codes& codes, Code code) noexcept {
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

}  // namespace

ErrorKind classify(int status, std::string_view code) noexcept {
  constexpr std::array<int, 5> kStatuses{429, 500, 502, 503, 504};
  const bool again = contains(kStatuses, status) || is_throttling(code) || contains(kTransient, code);
  return again ? ErrorKind::recoverable : ErrorKind::non_recoverable;
}

bool is_throttling(std::string_view code) noexcept {
  return contains(kThrottling, code);
}

bool may_be_clock_skew(std::string_view code) noexcept {
  return contains(kClockSkew, code);
}

bool refuses_credentials(std::string_view code) noexcept {
  return contains(kRefusedCredentials, code);
}

bool refuses_one_time_code(std::string_view code, std::string_view message) noexcept {
  return code == "AccessDenied" && message.find("MultiFactorAuthentication") != std::string_view::npos;
}

bool refuses_call(std::string_view code) noexcept {
  return contains(kRefusedCalls, code);
}

std::string_view advice(std::string_view code, std::string_view message) noexcept {
  if (refuses_one_time_code(code, message)) {
    return "The one-time code was wrong or used before, or SerialNumber is not the caller's device: wait for the next "
           "code.";
  }
  if (is_throttling(code)) {
    return "Too many calls were made: they are repeated more slowly.";
  }
  const auto* const found =
      std::find_if(kAdvice.begin(), kAdvice.end(), [&](const auto& each) { return each.first == code; });
  return found == kAdvice.end() ? std::string_view{} : found->second;
}

std::string_view web_identity_advice(std::string_view code) noexcept {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kForTokens{{
      {"AccessDenied",
       "The role's trust policy must allow sts:AssumeRoleWithWebIdentity for the token's issuer, audience and subject; "
       "the token must be valid."},
      {"ExpiredTokenException", "The token has expired: whoever writes the token file must renew it."},
      {"ExpiredToken", "The token has expired: whoever writes the token file must renew it."},
      {"InvalidIdentityToken",
       "The token is not one of an identity provider of the role's account: check its issuer and audience."},
      {"IDPRejectedClaim", "The identity provider refused the token: it may have been revoked."},
      {"IDPCommunicationError", "STS cannot reach the identity provider: check its address and certificate."},
  }};
  const auto* const found =
      std::find_if(kForTokens.begin(), kForTokens.end(), [&](const auto& each) { return each.first == code; });
  return found == kForTokens.end() ? advice(code, {}) : found->second;
}

}  // namespace aws_refresh_session::aws
