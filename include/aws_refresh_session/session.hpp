#pragma once

/// \file
/// `RefreshableSession`: temporary AWS credentials that never expire in your hands.

#include <aws_refresh_session/client_cache.hpp>
#include <aws_refresh_session/custom.hpp>
#include <aws_refresh_session/providers/default_chain.hpp>
#include <aws_refresh_session/providers/profile.hpp>
#include <aws_refresh_session/refreshing_provider.hpp>
#include <aws_refresh_session/sts.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace aws_refresh_session {

/// What all methods share.
struct SessionOptions {
  /// True: the constructor does no I/O. False: it fetches once, and its error comes out of the constructor.
  bool defer_refresh = true;
  RefreshOptions refresh{};
  /// Told of everything from the first attempt on.
  RefreshObserver observer{};

  /// What boto3.Session takes: the profile, the region, and keys that are the base of all else. For methods "sts" and
  /// "default"; the others take profile and region only. What the method's own options say wins.
  std::string profile{};
  std::string region{};
  std::optional<Credentials> credentials{};

  /// Replace the machine's own, for tests and special programs.
  std::shared_ptr<const Clock> clock{};
  std::shared_ptr<Scheduler> scheduler{};
  std::shared_ptr<HttpTransport> transport{};
  std::shared_ptr<const Environment> environment{};
  std::optional<std::uint64_t> seed{};
};

/// The four fields as text. The secret and the token print redacted; `reveal()` gives them.
struct RefreshableCredentials {
  std::string access_key{};
  SecretString secret_key{};
  SecretString token{};
  /// RFC 3339 in UTC (`2026-01-01T00:00:00Z`); empty if the set does not expire.
  std::string expiry_time{};
};

/// String parameters for a method chosen by name; names as AWS spells them (`RoleArn`) or in snake case (`role_arn`).
/// An empty value is an unset one. Method "sts" takes AssumeRole's twelve (lists separated by commas, tags and
/// provided contexts as `key=value`, DurationSeconds in seconds), `mfa_command` (words by the POSIX shell's rules),
/// `region`, `endpoint_url`, `ca_bundle`, `verify_tls` (true or false), `connect_timeout` and `attempt_timeout`
/// (seconds), `max_attempts`, and the client's own `access_key_id`, `secret_access_key`, `session_token`,
/// `account_id`.
///
/// All methods but "custom" take `profile`, `region`, `endpoint_url`, `use_fips_endpoint`, `use_dualstack_endpoint`,
/// `ca_bundle`, `verify_tls`, `connect_timeout`, `attempt_timeout` and `max_attempts`. Besides these:
///   - default, profile: `mfa_command`, `totp_seed_file`;
///   - sts: as above, and `totp_seed_file`;
///   - web_identity: `role_arn`, `web_identity_token_file`, `role_session_name`, `duration_seconds`, `policy`,
///     `policy_arns`;
///   - sso: `sso_account_id`, `sso_role_name`, `sso_region`, `sso_start_url`, `sso_session`, `cache_directory`;
///   - login: `login_session`, `cache_directory`;
///   - process: `command`, `timeout` (seconds), `account_id`;
///   - container: `relative_uri`, `full_uri`, `authorization_token`, `authorization_token_file`;
///   - imds: `endpoint`, `endpoint_mode`, `v1_disabled`, `timeout` (seconds), `num_attempts`.
using MethodParameters = std::map<std::string, std::string, std::less<>>;

/// What a method makes.
struct MethodProduct {
  std::shared_ptr<CredentialsProvider> provider{};
  /// Who is behind it, without a refresh; empty if only STS can tell.
  std::optional<Identity> identity{};
  /// How to reach STS for `whoami`.
  StsClientOptions client{};
};

/// Builds a method from its parameters.
/// \throws ValidationError for an unknown or malformed parameter, naming it
using MethodFactory = std::function<MethodProduct(const MethodParameters& parameters, const ProviderSeams& seams)>;

/// Credentials that stay fresh as long as the object lives. All members are thread-safe. Not copyable; share it by
/// `std::shared_ptr`. Destruction is prompt and cancels what is in flight. A moved-from session may only be assigned to
/// or destroyed.
class RefreshableSession {
 public:
  /// Method "sts".
  /// \throws ValidationError, ConfigurationError; with `defer_refresh` off also what the first fetch throws
  explicit RefreshableSession(AssumeRoleOptions options, SessionOptions session = {});
  /// Method "custom".
  explicit RefreshableSession(CustomOptions options, SessionOptions session = {});
  /// Method "default": where every AWS tool finds its credentials. With `session.credentials` those, and nothing else.
  explicit RefreshableSession(DefaultChainOptions options, SessionOptions session = {});
  /// Method "profile".
  explicit RefreshableSession(ProfileOptions options, SessionOptions session = {});
  /// Any provider.
  explicit RefreshableSession(std::shared_ptr<CredentialsProvider> provider, SessionOptions session = {});
  /// A method by name, for programs driven by configuration.
  /// \throws ValidationError for an unknown method (the message lists the available ones) or parameter
  explicit RefreshableSession(std::string_view method, const MethodParameters& parameters = {},
                              SessionOptions session = {});

  ~RefreshableSession();
  RefreshableSession(RefreshableSession&&) noexcept;
  RefreshableSession& operator=(RefreshableSession&&) noexcept;

  /// The current set; see RefreshingCredentialsProvider::credentials for what it costs and throws.
  [[nodiscard]] CredentialsSnapshot credentials();
  [[nodiscard]] CredentialsSnapshot credentials(std::chrono::milliseconds timeout);

  /// The current set as four texts.
  [[nodiscard]] RefreshableCredentials refreshable_credentials();

  /// Method "sts" and providers without an identity: asks STS who the session's own credentials belong to (the
  /// assumed role). Method "custom": the method and the named source, without a call.
  [[nodiscard]] Identity get_identity();
  /// The same.
  [[nodiscard]] Identity whoami();
  /// Asks STS, whatever the method.
  [[nodiscard]] Identity whoami_from_sts();

  /// See RefreshingCredentialsProvider.
  CredentialsSnapshot refresh_now();
  void invalidate(std::string_view access_key_id);
  [[nodiscard]] Freshness state() const;
  [[nodiscard]] std::optional<WallTime> expiration() const;
  [[nodiscard]] std::shared_ptr<const Error> last_error() const;
  [[nodiscard]] std::shared_ptr<void> observe(RefreshObserver observer);

  /// The region that the options, the environment or the profile name now; empty if none does.
  /// \throws ConfigurationError for files that cannot be used
  [[nodiscard]] std::string region() const;

  /// The method's name.
  [[nodiscard]] const std::string& method() const noexcept;
  /// The engine, for adapters and as another role's base. Stays usable after the session is gone.
  [[nodiscard]] std::shared_ptr<RefreshingCredentialsProvider> provider() const noexcept;

  /// A client that takes its credentials from this session, made by ClientMaker from the session's provider and the
  /// arguments. The same arguments give the same client as long as the cache keeps it. It stays usable after the
  /// session is gone.
  /// \throws what the client's constructor throws, and see ClientCache::get_or_make
  template <typename Client, ClientArgument... Arguments>
  [[nodiscard]] std::shared_ptr<Client> client(Arguments&&... arguments) {
    const auto key = ClientKey::of<Client>(arguments...);
    return clients().get_or_make<Client>(key, [&] {
      return ClientMaker<Client>::make(provider(), detail::without_key(std::forward<Arguments>(arguments))...);
    });
  }
  /// The clients that `client` made: their number, which of them a full cache gives up, and what they are.
  [[nodiscard]] ClientCache& clients() noexcept;

  /// The names that the by-name constructor takes, sorted.
  [[nodiscard]] static std::vector<std::string> available_methods();
  /// Adds a method for the whole process. A name that is taken warns, and the new one wins.
  /// \throws ValidationError for an empty name or factory
  static void register_method(std::string name, MethodFactory factory);

 private:
  struct State;
  static std::unique_ptr<State> open(std::string method, MethodProduct product, const ProviderSeams& seams,
                                     SessionOptions session);

  std::unique_ptr<State> state_;
};

}  // namespace aws_refresh_session
