#pragma once

/// \file
/// AWS Signature Version 4. docs/adr/0002-own-sigv4-signer.md says why it is ours.
/// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html

#include "aws/signing_key_cache.hpp"

#include <aws_refresh_session/clock.hpp>
#include <aws_refresh_session/credentials.hpp>
#include <aws_refresh_session/http_transport.hpp>

#include <chrono>
#include <string>
#include <string_view>

namespace aws_refresh_session::aws {

/// What a signature is for.
struct SigningParameters {
  std::string_view region;
  std::string_view service;
  /// The service's time: the caller adds the clock skew.
  WallTime time;
  /// Leaves the body out of the signature (`UNSIGNED-PAYLOAD`): for bodies that are not known yet, over TLS.
  bool unsigned_payload = false;
  /// The body's SHA-256 in lower-case hexadecimal, where the request does not hold the body; empty where it does.
  std::string_view payload_hash{};
};

/// True for the services that take S3's rules: paths are keys, and the payload's hash is a header.
[[nodiscard]] bool uses_s3_rules(std::string_view service) noexcept;

/// Signs by headers: sets `X-Amz-Date`, `X-Amz-Security-Token`, for S3 `X-Amz-Content-Sha256`, and `Authorization`,
/// replacing what there was of them. Every other header is signed, except those that proxies change. The URL is
/// signed as it stands; a `Host` header overrides its host.
/// Thread-safe for distinct requests. The request holds the session token afterwards.
/// \throws ValidationError of code `InvalidUrl`
/// \param canonical_request receives what was signed, for diagnosis. It holds the session token.
void sign_headers(HttpRequest& request, const Credentials& credentials, const SigningParameters& parameters,
                  SigningKeyCache& keys, std::string* canonical_request = nullptr);

/// Signs by query parameters: anyone who has the URL can send the request until it expires. The request's headers are
/// signed, too, and must be sent with it. For S3 the body is never part of the signature.
/// \param expires 1 s to 7 days, by AWS's rule
/// \throws ValidationError of code `InvalidUrl` or `InvalidParameter`
[[nodiscard]] std::string presign_url(const HttpRequest& request, const Credentials& credentials,
                                      const SigningParameters& parameters, std::chrono::seconds expires,
                                      SigningKeyCache& keys);

}  // namespace aws_refresh_session::aws
