#pragma once

/// \file
/// Serves credentials to other programs of this machine over HTTP, as the container credentials provider of every AWS
/// SDK asks for them, and on wish as the instance metadata service (IMDSv2) does. The target
/// `aws_refresh_session::server` holds it; the library itself does not.
/// https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
///
/// What is served: `{AccessKeyId, SecretAccessKey, Token, Expiration}` with `Expiration` as `YYYY-MM-DDTHH:MM:SSZ`, and
/// `AccountId` and `RoleArn` where they are known. Keys that do not expire get an empty `Token` and an `Expiration` one
/// hour ahead: SDKs insist on both, and come again then. Nothing that has expired is ever served.

#include <aws_refresh_session/refreshing_provider.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aws_refresh_session {

/// One set of credentials and where it is found.
struct ServedRole {
  /// What the metadata service calls the role, and the label of its metrics: 1-64 of `[A-Za-z0-9_+=,.@-]`, each once.
  std::string name{};
  std::shared_ptr<RefreshingCredentialsProvider> provider{};
  /// The path of the request, e.g. `/role/build`: 1-128 of `[A-Za-z0-9_.~@+=,:/-]` after a slash, without empty or
  /// dotted segments, each once. Empty: `/role/NAME`.
  std::string path{};
  /// Told as `RoleArn`; may be empty.
  std::string role_arn{};
};

/// What a client may cost. Everything beyond is refused, and the server goes on.
struct ServerLimits {
  /// Open connections. Beyond it the one that has waited longest for its next request is closed.
  std::size_t max_connections = 256;
  /// A request's line and headers together; more is answered by 431.
  std::size_t max_request_bytes = 8'192;
  /// From a request's first byte to the end of its headers, and from the connection's start to its first byte.
  std::chrono::milliseconds request_timeout{5'000};
  /// Until the next request of a connection that has had an answer.
  std::chrono::milliseconds idle_timeout{60'000};
  /// For the client to take an answer.
  std::chrono::milliseconds write_timeout{5'000};
  /// How long a request waits for a first set before it is answered by 503. SDKs give up after 1 to 2 s.
  std::chrono::milliseconds first_set_timeout{900};
};

/// One of three places to listen at: a descriptor, a unix socket, or an address.
struct CredentialsServerOptions {
  /// A loopback address, or one of 169.254.170.2, 169.254.170.23 and fd00:ec2::23, which SDKs take, too; numeric. Over
  /// others the credentials would cross a network in the clear.
  std::string address = "127.0.0.1";
  /// 0: a free one.
  std::uint16_t port = 0;
  /// The path of a unix socket. It gets mode 0600, replaces a socket that nobody listens at, and is removed by `stop`.
  std::string unix_socket{};
  /// A stream socket that listens already (socket activation), bound as the two above may be. Taken over
  /// by `start` when it succeeds.
  std::optional<int> listening_descriptor{};

  /// What `Authorization` must hold, exactly: 16-1024 of `[A-Za-z0-9._~+/=-]`. Empty: 32 random bytes, base64url.
  SecretString token{};
  /// Hosts that a request may name besides the address itself and `localhost`, without a port. Any other is refused,
  /// as a page in a browser names it whose own name was made to resolve to this machine (DNS rebinding).
  std::vector<std::string> allowed_hosts{};
  /// Also answers as IMDSv2, for clients that know nothing else: a PUT of `/latest/api/token` gives a session token to
  /// every program of this machine that can connect. The listing names the first role only, as SDKs take one.
  bool imds = false;
  /// Also gives a page for people at `/ui/`, which asks for the token.
  bool page = false;

  ServerLimits limits{};
  /// Replaces the machine's own, for expirations, metrics and session tokens. The limits above are real time.
  std::shared_ptr<const Clock> clock{};
};

/// The refresh rule for sets that are handed on. SDKs ask again on every request below 15 minutes of life (botocore),
/// so a set is replaced at three quarters of its life: one that lives 20 minutes or more never has less than 15 left
/// while its source answers. Everything else is as in `options`.
[[nodiscard]] RefreshOptions served_refresh_options(RefreshOptions options = {});

/// An HTTP/1.1 server with one thread of its own. It answers from memory: no request waits for a refresh but one that
/// finds no set at all. All members are thread-safe. Descriptors are not inherited by children (`exec`); after a
/// `fork()` the child must not use it.
///
/// Answers: 200; 400 for what is no request, or names no host or two; 401 without the token; 403 for another host,
/// another origin, or a request that came through a proxy (`X-Forwarded-For`); 404; 405 for anything but GET and HEAD;
/// 413 for a request with a body; 431; 503 with the source's error while there is no usable set. Errors are JSON:
/// `{"code": ..., "message": ...}`. Without the token: `/healthz` (200 while every role has a usable set, else 503).
/// With it, also as `Bearer TOKEN`: `/metrics`, in Prometheus's text format.
class CredentialsServer {
 public:
  /// Opens nothing and asks nobody.
  /// \throws ValidationError naming the option, also without a role
  explicit CredentialsServer(std::vector<ServedRole> roles, CredentialsServerOptions options = {});
  /// Stops without grace.
  ~CredentialsServer();
  CredentialsServer(const CredentialsServer&) = delete;
  CredentialsServer& operator=(const CredentialsServer&) = delete;

  /// Listens when it returns. Starts the first refresh of every role, and does not wait for it. Once only.
  /// \throws ConfigurationError of code `CannotListen` when the place cannot be had
  void start();

  /// Listens no longer, lets requests that have come be answered for at most `grace`, then closes everything and
  /// removes the token files and the unix socket. Does nothing the second time.
  void stop(std::chrono::milliseconds grace = std::chrono::seconds{1}) noexcept;

  /// What AWS_CONTAINER_CREDENTIALS_FULL_URI must hold for the role of that name. For a unix socket
  /// `http://localhost/...`, for clients that are told of the socket by other means.
  /// \throws ValidationError for an unknown name; ConfigurationError before `start`
  [[nodiscard]] std::string uri(std::string_view role) const;
  /// `http://127.0.0.1:PORT`, what AWS_EC2_METADATA_SERVICE_ENDPOINT must hold.
  /// \throws ConfigurationError before `start`
  [[nodiscard]] std::string endpoint() const;

  /// What AWS_CONTAINER_AUTHORIZATION_TOKEN must hold.
  [[nodiscard]] const SecretString& token() const noexcept;
  /// Writes the token for AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: mode 0600, without a line end, in one step. `stop`
  /// removes it, if it still is the same file.
  /// \throws ConfigurationError of code `TokenFile`
  void write_token_file(const std::string& path);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace aws_refresh_session
