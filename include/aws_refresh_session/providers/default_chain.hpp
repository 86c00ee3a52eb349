#pragma once

/// \file
/// Method "default": the default credential chain of the AWS SDKs.
/// https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html

#include <aws_refresh_session/provider_seams.hpp>
#include <aws_refresh_session/sts.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace aws_refresh_session {

struct DefaultChainOptions {
  /// The profile, chosen in code: the environment's keys are then not asked. Empty: AWS_PROFILE, AWS_DEFAULT_PROFILE,
  /// `default`.
  std::string profile{};
  /// For profiles with `mfa_serial`.
  MfaTokenProvider mfa_token_provider{};
  /// How to reach STS; what is left empty comes from the environment and the profile.
  StsClientOptions client{};
};

/// What became of one source of the chain.
struct SourceReport {
  enum class Outcome { answered, not_configured, failed, not_asked };

  /// `environment`, `role_profile`, `web_identity`, `profile`, `container`, `imds`.
  std::string source{};
  Outcome outcome = Outcome::not_asked;
  /// Why it had nothing, or what it answered with (the key id, never a secret).
  std::string reason{};
};

[[nodiscard]] std::string_view to_string(SourceReport::Outcome outcome) noexcept;

/// Asks its sources in order: environment, profile if it assumes a role, web identity of the environment, profile in
/// any other form (see make_profile_provider), container, instance metadata. A profile chosen in code leaves out the
/// environment's keys and web identity. A source that is not configured passes on to the next; one that fails ends it.
/// The source that answered is asked first from then on, until it has nothing any more. Thread-safe.
class DefaultChain final : public CredentialsProvider {
 public:
  explicit DefaultChain(const DefaultChainOptions& options = {}, ProviderSeams seams = {});
  ~DefaultChain() override;
  DefaultChain(const DefaultChain&) = delete;
  DefaultChain& operator=(const DefaultChain&) = delete;

  /// \throws CredentialError of kind not_configured and code `NoCredentials`, whose details list every source with its
  ///   reason; else what the source that failed throws
  [[nodiscard]] Credentials resolve(const ResolveContext& context) override;
  [[nodiscard]] std::string_view name() const noexcept override { return "default"; }
  [[nodiscard]] bool interactive() const noexcept override;
  void invalidate(std::string_view access_key_id) override;
  /// As the source that answered says.
  [[nodiscard]] std::optional<std::chrono::milliseconds> recheck_after() const noexcept override;

  /// True if the environment or the profile itself holds the keys that `resolve` would find: it then asks nobody, and
  /// reads two files at most. False for what cannot be used, too.
  [[nodiscard]] bool finds_static_keys() const noexcept;

  /// What became of each source when the whole chain was walked last.
  [[nodiscard]] std::vector<SourceReport> report() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace aws_refresh_session
