#pragma once

/// \file
/// Method "sts": credentials by AssumeRole.
/// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html

#include <aws_refresh_session/clock.hpp>
#include <aws_refresh_session/credentials.hpp>
#include <aws_refresh_session/credentials_provider.hpp>
#include <aws_refresh_session/environment.hpp>
#include <aws_refresh_session/http_transport.hpp>
#include <aws_refresh_session/provider_seams.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace aws_refresh_session {

struct Tag {
  std::string key{};
  std::string value{};
};

struct ProvidedContext {
  std::string provider_arn{};
  std::string context_assertion{};
};

/// How to reach STS. What is left empty comes from the environment, then from the profile.
struct StsClientOptions {
  /// The region to sign for and whose endpoint to use. Empty: AWS_REGION, AWS_DEFAULT_REGION, the profile's `region`,
  /// on an EC2 instance the instance's, else us-east-1 (with a warning).
  std::string region{};
  /// `https://sts.REGION.amazonaws.com` by default, by partition. AWS_ENDPOINT_URL_STS, AWS_ENDPOINT_URL, the profile's
  /// `services` section and its `endpoint_url` win over the default, in that order. `http://` sends signed requests in
  /// the clear.
  std::string endpoint_url{};
  /// AWS_USE_FIPS_ENDPOINT, `use_fips_endpoint`.
  std::optional<bool> use_fips_endpoint{};
  /// AWS_USE_DUALSTACK_ENDPOINT, `use_dualstack_endpoint`.
  std::optional<bool> use_dualstack_endpoint{};
  /// PEM file; empty: AWS_CA_BUNDLE, the profile's `ca_bundle`, else the system's.
  std::string ca_bundle{};
  /// False accepts any certificate, with a warning.
  bool verify_tls = true;
  std::chrono::milliseconds connect_timeout{3'000};
  /// One attempt, connection included.
  std::chrono::milliseconds attempt_timeout{10'000};
  /// Attempts per call, the first included (1-10). None: AWS_MAX_ATTEMPTS, the profile's `max_attempts`, else 3.
  std::optional<int> max_attempts{};
  /// Keys of this client alone; win over the session's base.
  std::optional<Credentials> credentials{};
  /// Only "sts" is served. Anything else is replaced, with a warning.
  std::string service = "sts";
  /// The profile whose settings count. Empty: AWS_PROFILE, AWS_DEFAULT_PROFILE, `default`.
  std::string profile{};
};

/// What an MFA callable is told.
struct MfaRequest {
  std::string serial_number{};
  std::stop_token stop{};
};

/// Where one-time codes come from. A code is never sent to STS twice: if the provider answers with the code of the
/// last call, the client waits for the next time step and asks once more.
class MfaTokenProvider {
 public:
  using Callable = std::function<std::string(const MfaRequest&)>;

  struct CommandOptions {
    std::chrono::milliseconds timeout{30'000};
    /// Replaces the whole environment, if set.
    std::optional<std::map<std::string, std::string>> environment{};
    /// Empty: the process's own.
    std::string working_directory{};
    /// Written to its standard input.
    std::string input{};
  };

  /// None.
  MfaTokenProvider() = default;

  /// A callable that returns the code; white space around it is cut off.
  /// \param interactive true if it asks a person: then it is called on a reader's thread only, and where long-term keys
  ///   sign, its code opens a session (GetSessionToken) that serves all roles on the device in this process
  [[nodiscard]] static MfaTokenProvider from_callable(Callable callable, bool interactive = false);
  /// A program and its arguments, run without a shell, in a process group of its own: it cannot read from a terminal.
  /// A program without a slash is searched in this process's PATH. The last standalone six-digit number on its standard
  /// output is the code: ASCII digits, with neither an ASCII letter, digit or underscore nor a byte past ASCII next to
  /// them. Standard error is passed through. After `timeout` the whole process group is killed.
  /// \throws ConfigurationError of code `MfaCommandEmpty` or `MfaCommandMalformed`
  [[nodiscard]] static MfaTokenProvider from_command(std::vector<std::string> arguments);
  [[nodiscard]] static MfaTokenProvider from_command(std::vector<std::string> arguments, CommandOptions options);
  /// The same from one string, split into words by the POSIX shell's quoting rules (XCU 2.2); nothing is expanded.
  /// \throws ConfigurationError of code `MfaCommandEmpty`, or `MfaCommandMalformed` for bad quoting, without the
  ///   command's text
  [[nodiscard]] static MfaTokenProvider from_command_line(std::string_view command_line);
  [[nodiscard]] static MfaTokenProvider from_command_line(std::string_view command_line, CommandOptions options);

  /// Time-based codes (RFC 6238: SHA-1, six digits, steps of 30 s) from a seed in a file, as AWS gives it when a
  /// virtual device is made: base 32 (RFC 4648), blanks and `=` at the end do not count. The file is read at every call
  /// and must be readable by its owner only. `~/` is the home directory. \param clock null: the machine's. A device's
  /// clock is the local one, not the service's.
  [[nodiscard]] static MfaTokenProvider from_totp_seed_file(const std::string& path,
                                                            std::shared_ptr<const Clock> clock = nullptr);

  [[nodiscard]] explicit operator bool() const noexcept { return static_cast<bool>(ask_); }
  [[nodiscard]] bool interactive() const noexcept { return interactive_; }

  /// Asks once.
  /// \returns six ASCII digits
  /// \throws ConfigurationError of codes `MfaCommandNotFound`, `MfaCommandNotPermitted`, `MfaCommandTimeout`,
  ///   `MfaCommandFailed`, `MfaCommandError`, `MfaTokenNotFound`, `MfaTokenInvalid`, `MfaTokenProviderFailed` (the
  ///   callable threw: see the cause), `TotpSeedUnreadable`, `TotpSeedNotPrivate`, `TotpSeedMalformed`, `Cancelled`;
  ///   its text holds neither the command nor its output nor the seed
  /// \throws Error what a callable threw of that family, as it is
  [[nodiscard]] SecretString token(const MfaRequest& request) const;

 private:
  Callable ask_;
  bool interactive_ = false;
};

/// All of AssumeRole's parameters, what the client needs, and where codes come from. Copied when handed in.
struct AssumeRoleOptions {
  std::string role_arn{};
  std::string role_session_name = "aws-refresh-session";
  std::vector<std::string> policy_arns{};
  /// A session policy, JSON.
  std::string policy{};
  /// 900-43200 by AWS's rule, 3600 at most for a role assumed from a role. Less than 900 is passed on with a warning:
  /// other STS servers take it.
  std::optional<std::chrono::seconds> duration{};
  std::string external_id{};
  std::string serial_number{};
  /// One code for one call: good for the first refresh only, so a provider is what a session wants.
  std::string token_code{};
  std::vector<Tag> tags{};
  std::vector<std::string> transitive_tag_keys{};
  std::string source_identity{};
  std::vector<ProvidedContext> provided_contexts{};

  MfaTokenProvider mfa_token_provider{};
  StsClientOptions client{};
  /// Whose credentials sign the call. Null: the default chain's (providers/default_chain.hpp), which may run a
  /// `credential_process` and ask container and instance metadata. Another session's `provider()` chains roles.
  std::shared_ptr<CredentialsProvider> base{};

  /// Checks what AWS documents, before any network call.
  /// \throws ValidationError or ConfigurationError naming the parameter as AWS spells it
  void validate() const;
};

/// The provider behind method "sts": one AssumeRole call per `resolve`, with standard-mode retries.
/// \throws as AssumeRoleOptions::validate
/// What the provider throws: RequestError with the service's code, status and request id; ConnectionError;
/// CredentialError when the base has nothing or the answer cannot be used; ConfigurationError from MFA.
[[nodiscard]] std::shared_ptr<CredentialsProvider> make_assume_role_provider(AssumeRoleOptions options,
                                                                             ProviderSeams seams = {});

/// Who somebody is.
struct Identity {
  /// For an STS identity: the three fields of GetCallerIdentity.
  std::string user_id{};
  std::string account{};
  std::string arn{};
  /// For a source that was not asked: the method and the source's name.
  std::string method{};
  std::string source{};
};

/// Asks STS who the credentials belong to.
/// https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
/// \throws RequestError, ConnectionError
[[nodiscard]] Identity get_caller_identity(const Credentials& credentials, const StsClientOptions& options,
                                           ProviderSeams seams = {}, const std::stop_token& stop = {});

/// Reads AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_CREDENTIAL_EXPIRATION and AWS_ACCOUNT_ID at
/// every call; white space around the values is cut off. Throws CredentialError: of kind not_configured when neither of
/// the first two is set; of kind non_recoverable, naming the variable, when one of them is missing or the expiration is
/// no RFC 3339 time with a zone.
[[nodiscard]] std::shared_ptr<CredentialsProvider> make_environment_provider(
    std::shared_ptr<const Environment> environment = nullptr);

/// Always the same set.
/// \throws ValidationError when the access key id or the secret key is empty
[[nodiscard]] std::shared_ptr<CredentialsProvider> make_static_provider(Credentials credentials);

}  // namespace aws_refresh_session
