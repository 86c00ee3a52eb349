#include "aws/service_errors.hpp"

#include "aws/sts_errors.hpp"
#include "core/error_text.hpp"
#include "core/json.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

namespace aws_refresh_session::aws {
namespace {

constexpr std::size_t kLongestMessage = 1024;
constexpr std::size_t kLongestField = 256;

/// `com.amazonaws.x#AccessDenied:http://...` -> `AccessDenied`
std::string bare_code(std::string_view text) {
  if (const auto hash = text.find('#'); hash != std::string_view::npos) {
    text.remove_prefix(hash + 1);
  }
  return core::printable(text.substr(0, text.find_first_of(":;")), kLongestField);
}

std::string_view without_blanks(std::string_view text) noexcept {
  const auto first = text.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
  return first == std::string_view::npos ? std::string_view{} : text.substr(first);
}

}  // namespace

std::string request_id_of(const HttpResponse& response) {
  for (const auto* const name : {"x-amzn-requestid", "x-amz-request-id", "x-amz-cf-id"}) {
    if (const auto* const id = response.header(name)) {
      return core::printable(*id, kLongestField);
    }
  }
  return {};
}

std::optional<ServiceError> parse_service_error(HttpResponse& response) {
  ServiceError error;
  if (without_blanks(response.body).starts_with('<')) {
    error = parse_error(response.body).value_or(ServiceError{});
  } else if (const auto json = core::parse_json_error(response.body)) {
    error.code = core::printable(json->code, kLongestField);
    error.message = core::printable(json->message, kLongestMessage);
  }
  // The query-compatible code is the one that the service's documentation has.
  for (const auto* const name : {"x-amzn-query-error", "x-amzn-errortype"}) {
    if (const auto* const header = response.header(name)) {
      error.code = bare_code(*header);
      break;
    }
  }
  if (error.code.empty()) {
    return std::nullopt;
  }
  if (error.request_id.empty()) {
    error.request_id = request_id_of(response);
  }
  return error;
}

bool is_error_document(std::string_view body) noexcept {
  body = without_blanks(body);
  if (body.starts_with("<?xml")) {
    const auto end = body.find("?>");
    body = end == std::string_view::npos ? std::string_view{} : without_blanks(body.substr(end + 2));
  }
  return body.starts_with("<Error>") || body.starts_with("<Error ");
}

bool refuses_signer(std::string_view code) noexcept {
  return refuses_credentials(code) || code == "TokenRefreshRequired" || code == "RequestExpired";
}

std::string_view service_advice(int status, std::string_view code) noexcept {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 20> kAdvice{{
      {"AccessDenied", "The identity needs permission for this call: check its policies and those of the resource."},
      {"AccessDeniedException",
       "The identity needs permission for this call: check its policies and those of the resource."},
      {"UnauthorizedOperation", "The identity needs permission for this call: check its policies."},
      {"ExpiredToken", "The session's source gives credentials that have expired: check it and this machine's clock."},
      {"ExpiredTokenException",
       "The session's source gives credentials that have expired: check it and this machine's clock."},
      {"InvalidAccessKeyId", "The access key id is not known there: check the session's source and the endpoint."},
      {"InvalidClientTokenId", "The access key id is not known there: check the session's source and the partition."},
      {"UnrecognizedClientException",
       "The access key id is not known there: check the session's source and the partition."},
      {"InvalidToken", "The session token is not accepted there: check the session's source and the endpoint."},
      {"SignatureDoesNotMatch",
       "The secret key does not belong to the access key id, a proxy changed the request, or the service expects "
       "another region or signing name."},
      {"InvalidSignatureException",
       "The secret key does not belong to the access key id, or the service expects another region or signing name."},
      {"RequestTimeTooSkewed", "This machine's clock is wrong: set it by NTP."},
      {"RequestExpired", "This machine's clock is wrong, or the credentials have expired: check both."},
      {"AuthorizationHeaderMalformed", "The request was signed for another region: check the region."},
      {"PermanentRedirect", "The bucket is in another region: set that region."},
      {"TemporaryRedirect", "The bucket is new and not known everywhere yet, or in another region: set that region."},
      {"IllegalLocationConstraintException", "The bucket is in another region: set that region."},
      {"NoSuchBucket", "The bucket does not exist at this endpoint: check its name and the region."},
      {"NoSuchKey", "There is no object of that name: check the key."},
      {"OptInRequired", "The account is not signed up for this service or region."},
  }};
  if (is_throttling(code)) {
    return "Too many calls were made: make them more slowly.";
  }
  const auto* const found =
      std::find_if(kAdvice.begin(), kAdvice.end(), [&](const auto& each) { return each.first == code; });
  if (found != kAdvice.end()) {
    return found->second;
  }
  constexpr int kNotFound = 404;
  return status == kNotFound ? "There is nothing of that name: check the request and the endpoint."
                             : std::string_view{};
}

}  // namespace aws_refresh_session::aws
