#pragma once

/// \file
/// AWS Signature Version 4 for requests that another HTTP library sends.
/// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
///
/// A signed request holds the session token, a presigned URL a signature that anyone can use: neither belongs in a log.

#include <aws_refresh_session/clock.hpp>
#include <aws_refresh_session/credentials.hpp>
#include <aws_refresh_session/http_transport.hpp>
#include <aws_refresh_session/refreshing_provider.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace aws_refresh_session {

/// How the body enters the signature. By default it is hashed: `HttpRequest::body`, or all of its `body_source`.
struct PayloadSigning {
  /// Leaves the body out (`UNSIGNED-PAYLOAD`): for bodies that are not known yet. S3 takes it over TLS; most other
  /// services refuse it.
  bool unsigned_payload = false;
  /// The body's SHA-256 in lower-case hexadecimal, where the request does not hold the body.
  std::string hash{};
};

/// What a signature is for.
struct SigningOptions {
  /// The region to sign for: `us-east-1` for services that have one host for all regions.
  std::string region{};
  /// The service's signing name: `s3`, `execute-api`, `es`. With `s3` the path is taken for a key as it stands, and the
  /// body's hash becomes a header, as S3 has it.
  std::string service{};
  /// When the request is made, by the local clock. None: now.
  std::optional<WallTime> time{};
  /// The service's clock minus the local one; services refuse what is minutes off.
  std::chrono::milliseconds clock_skew{0};
  PayloadSigning payload{};
};

/// Signs by headers: sets `X-Amz-Date`, `X-Amz-Security-Token`, `Authorization`, and for S3 or an unsigned payload
/// `X-Amz-Content-Sha256`, replacing what there was of them. All other headers are signed, but those that proxies
/// change (`User-Agent`, `Expect`, `Connection`, `Transfer-Encoding`, `X-Amzn-Trace-Id`). Send the request as it then
/// is: same method, same URL byte for byte, same headers; a `Host` header that says what the URL says is no change, and
/// neither are headers that the HTTP library adds.
/// Thread-safe for distinct requests.
/// \throws ValidationError naming what cannot be signed: `InvalidUrl`, `InvalidMethod`, `InvalidHeader`,
///   `InvalidParameter` (region, service, hash)
/// \throws CredentialError of code `EmptyCredentials`
/// \throws what the body source throws
void sign(HttpRequest& request, const Credentials& credentials, const SigningOptions& options);

/// A URL that carries its signature.
struct PresignedUrl {
  std::string url{};
  /// Until when the service takes it, by the local clock: the time that was asked for, or the end of the credentials
  /// that signed, whichever is sooner.
  WallTime valid_until{};
};

/// Signs by query parameters: anyone who has the URL can send the request. The request's headers are signed, too, and
/// must be sent with it; leave out what the receiver does not know. For S3 the body is never part of the signature.
/// Thread-safe.
/// \param expires 1 s to 7 days
/// \throws as sign
[[nodiscard]] PresignedUrl presign(const HttpRequest& request, const Credentials& credentials,
                                   const SigningOptions& options, std::chrono::seconds expires);

/// Signs each request with the session's current set. Cheap to copy; copies share what they learn. Thread-safe.
class RequestSigner {
 public:
  /// The surroundings. What is null is replaced by the machine's own.
  struct Seams {
    std::shared_ptr<const Clock> clock{};
    /// How far the service's clock is ahead; kept up to date by `should_sign_again`.
    std::shared_ptr<ClockSkew> skew{};
  };

  /// Does no I/O.
  /// \param provider `RefreshableSession::provider()`
  /// \param region, service as in SigningOptions
  /// \throws ValidationError for a null provider, a region or a service that cannot be signed for
  RequestSigner(std::shared_ptr<RefreshingCredentialsProvider> provider, std::string region, std::string service,
                Seams seams);
  RequestSigner(std::shared_ptr<RefreshingCredentialsProvider> provider, std::string region, std::string service);

  /// Signs by headers. Waits only when there is no usable set, as RefreshingCredentialsProvider::credentials does.
  /// \returns the access key id of the set that signed
  /// \throws as aws_refresh_session::sign, and as RefreshingCredentialsProvider::credentials
  std::string sign(HttpRequest& request, const PayloadSigning& payload = {}) const;

  /// Signs by query parameters. Sign with a set that has its life before it by `refresh_now()` on the provider where
  /// the URL must live long.
  /// \throws as sign
  [[nodiscard]] PresignedUrl presign(const HttpRequest& request, std::chrono::seconds expires,
                                     const PayloadSigning& payload = {}) const;

  /// Learns from an answer what only the service knows. A refusal of the set (`ExpiredToken` and its kin) invalidates
  /// it, a refusal for a wrong clock corrects the clock by the answer's `Date`.
  /// \param response header names in lower case; the body as far as it is known
  /// \param access_key_id what `sign` returned
  /// \returns true if the same request, signed again, may be taken: send it once more, not more often
  [[nodiscard]] bool should_sign_again(const HttpResponse& response, std::string_view access_key_id) const;

  [[nodiscard]] const std::string& region() const noexcept;
  [[nodiscard]] const std::string& service() const noexcept;

 private:
  struct State;
  std::shared_ptr<const State> state_;
};

}  // namespace aws_refresh_session
