#pragma once

/// \file
/// Any service of AWS, or one that speaks like it, without the AWS SDK: requests that are signed with a session's
/// credentials, repeated where that is right, and answered by the service's own bytes. docs/requests.md is the guide.

#include <aws_refresh_session/http_transport.hpp>
#include <aws_refresh_session/provider_seams.hpp>
#include <aws_refresh_session/refreshing_provider.hpp>
#include <aws_refresh_session/signing.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace aws_refresh_session {

/// Where S3 has the bucket's name.
enum class S3Addressing {
  /// In the host of AWS's own endpoints, where the name allows it; in the path of a configured endpoint. The profile's
  /// `addressing_style` below `s3` wins.
  automatic,
  /// In the host.
  virtual_host,
  /// In the path.
  path,
};

/// Which service, and how to reach it. What is left empty comes from the environment, then from the profile, as
/// docs/settings.md says.
struct ServiceClientOptions {
  /// As boto3 and the AWS CLI call it: `s3`, `dynamodb`, `cloudwatch`, `stepfunctions`; also `execute-api` and whatever
  /// else stands before the region in a host name.
  std::string service{};
  /// The name in signatures; empty: the service's.
  std::string signing_name{};
  /// AWS_REGION, AWS_DEFAULT_REGION, the profile's `region`. Services with one host for all regions need none.
  std::string region{};
  /// AWS_ENDPOINT_URL_<SERVICE>, AWS_ENDPOINT_URL, the profile's `services` section, its `endpoint_url`, else by the
  /// partition's rules. `http://` sends signed requests in the clear.
  std::string endpoint_url{};
  /// AWS_USE_FIPS_ENDPOINT, `use_fips_endpoint`.
  std::optional<bool> use_fips_endpoint{};
  /// AWS_USE_DUALSTACK_ENDPOINT, `use_dualstack_endpoint`.
  std::optional<bool> use_dualstack_endpoint{};
  S3Addressing s3_addressing = S3Addressing::automatic;
  /// True: the body of an upload to S3 is hashed for the signature even over TLS, which reads a file twice. All other
  /// bodies always are.
  bool sign_s3_payload = false;

  /// PEM file; empty: AWS_CA_BUNDLE, the profile's `ca_bundle`, else the system's.
  std::string ca_bundle{};
  /// False accepts any certificate, with a warning.
  bool verify_tls = true;
  std::chrono::milliseconds connect_timeout{3'000};
  /// One attempt, connection included. With a body source or sink: how long nothing may move.
  std::chrono::milliseconds attempt_timeout{30'000};
  /// Attempts per call, the first included (1-10). None: AWS_MAX_ATTEMPTS, the profile's `max_attempts`, else 3.
  std::optional<int> max_attempts{};
  /// What an answer may take in memory; answers into a sink take none.
  std::size_t max_response = std::size_t{16} << 20U;
  /// The profile whose settings count. Empty: AWS_PROFILE, AWS_DEFAULT_PROFILE, `default`.
  std::string profile{};

  /// The surroundings; what is null is the machine's own.
  ProviderSeams seams{};

  /// The same text for options that make the same client, another for others: a key for a cache of clients. Holds no
  /// secret.
  [[nodiscard]] std::string cache_key() const;
};

/// One request. Texts are given as they are: the client encodes them.
struct ServiceRequest {
  std::string method = "GET";
  /// S3: the bucket, unless the endpoint or the path names it.
  std::string bucket{};
  /// Below the endpoint (and below the bucket): `/` and an object's key, `/2015-03-31/functions`. Not encoded.
  std::string path = "/";
  /// Not encoded; in any order.
  std::vector<std::pair<std::string, std::string>> query{};
  /// Besides those of the signature.
  HttpHeaders headers{};
  std::string body{};
  /// In place of `body`; rewound for each attempt.
  std::shared_ptr<BodySource> body_source{};
  /// Takes the answer's body if its status is 2xx; begins again with each attempt.
  std::shared_ptr<BodySink> body_sink{};
  /// True: the request may be repeated though it may have been carried out. None: GET, HEAD, PUT, DELETE, OPTIONS and
  /// TRACE may (RFC 9110, 9.2.2), others may not.
  std::optional<bool> idempotent{};
};

/// How long one call may take, all attempts together.
struct CallOptions {
  std::stop_token stop{};
  /// By the seams' monotonic clock: `std::chrono::steady_clock::now() + std::chrono::seconds{5}`.
  SteadyTime deadline = SteadyTime::max();
};

/// Sends requests to one service. Thread-safe; calls may run at once and share connections and one retry quota.
///
/// A call is repeated by the AWS SDKs' standard mode: after connection failures, 5xx and throttling, with growing
/// pauses, while attempts, quota and deadline last. A request that is not idempotent is repeated only when it surely
/// was not carried out. Two refusals are answered at once, once each, beside those attempts: of the set (`ExpiredToken`
/// and its kin) by invalidating it and signing with the next, and for a wrong clock by correcting it from the answer's
/// `Date`. Settings are read at each call: a changed file counts from the next one.
///
/// What all calls throw:
///   - RequestError when the service refuses: its code, status, request id, its words and what to do;
///   - ConnectionError when no answer came, as HttpTransport::send; code `Timeout` past the deadline; kind cancelled
///     after `stop`;
///   - ConfigurationError for settings that cannot be used: `MissingRegion`, `InvalidRegion`, `InvalidEndpoint`,
///     `InvalidMaxAttempts`, `InvalidSetting`, `UnsupportedEndpoint`, `ServicesSectionNotFound`, and of files as
///     RefreshableSession has it;
///   - ValidationError for a request that cannot be sent; what sources and sinks throw;
///   - what RefreshingCredentialsProvider::credentials throws when there is no set to sign with.
/// No text holds the keys, a token or a signature.
/// https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
class ServiceClient {
 public:
  /// Does no I/O and reads no setting.
  /// \param provider `RefreshableSession::provider()`
  /// \throws ValidationError for a null provider, or naming the option
  ServiceClient(std::shared_ptr<RefreshingCredentialsProvider> provider, ServiceClientOptions options);
  ~ServiceClient();
  ServiceClient(const ServiceClient&) = delete;
  ServiceClient& operator=(const ServiceClient&) = delete;

  /// Sends the request and waits for the answer, which has status 2xx; others are thrown.
  [[nodiscard]] HttpResponse send(const ServiceRequest& request, const CallOptions& call = {});

  /// The same with a file for the body, read as it is sent. One S3 upload may have 5 GiB.
  /// \throws ConfigurationError of codes `BodyFileUnreadable`, `BodyFileChanged`
  HttpResponse upload(ServiceRequest request, const std::string& path, const CallOptions& call = {});

  /// The same with a file for the answer's body, which gets its name when it is complete (see FileSink). Not for S3's
  /// PUT and POST, which may say in the body of a 200 that they failed.
  /// \throws ConfigurationError of code `BodyFileUnwritable`
  HttpResponse download(ServiceRequest request, const std::string& path, const CallOptions& call = {});

  /// A URL for the request that needs no credentials. `body`, source and sink do not count.
  /// \param expires 1 s to 7 days
  [[nodiscard]] PresignedUrl presign(const ServiceRequest& request, std::chrono::seconds expires,
                                     const CallOptions& call = {});

  /// Where requests go now, and the region they are signed for.
  /// \throws ConfigurationError
  [[nodiscard]] std::string endpoint_url() const;
  [[nodiscard]] std::string region() const;
  [[nodiscard]] const ServiceClientOptions& options() const noexcept;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace aws_refresh_session
