#include "emulator/authenticator.hpp"

#include "emulator/authorization.hpp"
#include "emulator/aws_error.hpp"
#include "emulator/canonical_request.hpp"
#include "emulator/digest.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace aws_refresh_session::emulator {
namespace {

constexpr std::chrono::minutes kClockWindow{15};

[[noreturn]] void mismatch(const std::string& message) {
  throw AwsError(403, "SignatureDoesNotMatch", message);
}

void check_scope(const Authorization& claim, std::string_view region, std::span<const std::string_view> services) {
  if (claim.date != claim.timestamp.substr(0, 8)) {
    mismatch(
        fmt::format("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
                    "'{}' != '{}', from '{}'.",
                    claim.date, claim.timestamp.substr(0, 8), claim.timestamp));
  }
  if (claim.region.empty() || (!region.empty() && claim.region != region)) {
    mismatch("Credential should be scoped to a valid region.");
  }
  if (std::ranges::find(services, claim.service) == services.end()) {
    mismatch(fmt::format("Credential should be scoped to correct service: '{}'.", services.front()));
  }
}

void check_time(const Authorization& claim, TimePoint now) {
  const bool early = claim.time > now + kClockWindow;
  if (claim.presigned && !early) {
    if (now >= claim.time + claim.expires) {
      throw AwsError(400, "RequestExpired", "Request has expired.");
    }
  } else if (early || claim.time < now - kClockWindow) {
    throw AwsError(403, "RequestTimeTooSkewed",
                   fmt::format("The difference between the request time and the current time is too large: {} was "
                               "signed, it is {}, 15 min are allowed.",
                               claim.timestamp, format_amz_date(now)));
  }
}

/// Whoever changes an unsigned header on the way must not change what the request means.
void check_signed_headers(const HttpRequest& request, const Authorization& claim) {
  const auto is_signed = [&claim](std::string_view name) {
    return std::ranges::find(claim.signed_headers, name) != claim.signed_headers.end();
  };
  if (!is_signed("host")) {
    mismatch("'Host' must be a 'SignedHeader' in the AWS Authorization.");
  }
  if (!claim.presigned && !request.header("X-Amz-Date") && !is_signed("date")) {
    mismatch("'Date' must be a 'SignedHeader' in the AWS Authorization.");
  }
  for (const auto& [name, value] : request.headers) {
    const std::string key = lower(name);
    if (key.starts_with("x-amz-") && !is_signed(key)) {
      mismatch(fmt::format("'{}' must be a 'SignedHeader' in the AWS Authorization.", key));
    }
  }
}

[[noreturn]] void invalid_token() {
  throw AwsError(403, "InvalidClientTokenId", "The security token included in the request is invalid.");
}

}  // namespace

Caller Authenticator::authenticate(const HttpRequest& request, const Parameters& query,
                                   std::span<const std::string_view> services, TimePoint now, LogEntry& entry) const {
  const Authorization claim = read_authorization(request, query);
  entry.access_key_id = claim.access_key_id.substr(0, 128);
  const auto record = account_.find(claim.access_key_id);
  if (!record || !same_secret(record->token, claim.token)) {
    invalid_token();
  }
  check_scope(claim, region_, services);
  check_time(claim, now);
  check_signed_headers(request, claim);
  const std::string expected =
      expected_signature(canonical_request(request, query, claim), claim, record->secret_access_key);
  if (!same_secret(expected, claim.signature)) {
    mismatch(
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access "
        "Key and signing method. Consult the service documentation for details.");
  }
  entry.principal = record->caller.arn;
  if (record->end && *record->end <= now) {
    throw AwsError(403, "ExpiredToken", "The security token included in the request is expired");
  }
  return record->caller;
}

}  // namespace aws_refresh_session::emulator
