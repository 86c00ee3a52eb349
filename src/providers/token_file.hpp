#pragma once

#include "core/fork.hpp"
#include "core/mutex.hpp"

#include <aws_refresh_session/credentials_provider.hpp>
#include <aws_refresh_session/exceptions.hpp>
#include <aws_refresh_session/provider_seams.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace aws_refresh_session::providers {

/// What can be seen in a token file.
struct TokenLook {
  WallTime expires_at;
  /// There is what a refresh needs.
  bool refreshable = false;
};

/// One kind of token file.
struct TokenKind {
  /// Begins the messages: `The cached SSO token`.
  std::string_view what;
  std::string_view missing_code;
  std::string_view expired_code;
  /// Ends them: "run `aws sso login`".
  std::string_view advice;
  /// \throws CredentialError if the text cannot be used
  std::function<TokenLook(std::string_view text)> look;
  /// Asks the service. \returns the file's new text
  std::function<SecretString(std::string_view text)> refresh;
};

/// A token in a file that several processes read and refresh, one at a time. Thread-safe.
class TokenFile final : private core::ForkParticipant {
 public:
  /// A token is refreshed when it ends sooner than this. The AWS SDKs use five minutes, too.
  static constexpr std::chrono::minutes kRefreshWindow{5};
  /// After a refresh that failed, none is tried for so long.
  static constexpr std::chrono::seconds kPause{30};

  /// \param clock not null
  explicit TokenFile(std::shared_ptr<const Clock> clock);
  ~TokenFile() override;
  TokenFile(const TokenFile&) = delete;
  TokenFile& operator=(const TokenFile&) = delete;

  /// The text of a token that has not expired: the file's, read each time, since another process may have refreshed it
  /// or the user logged in; refreshed when it ends soon. A refresh that fails keeps a token that is still valid. What
  /// cannot be written back (a read-only home directory) is kept in memory instead (UnsavedTokens).
  /// \throws CredentialError of the kind's codes, `TokenFileUnreadable` or `TokenFileLocked`; what `look` and `refresh`
  ///   throw; of kind cancelled after `context.stop`
  [[nodiscard]] SecretString current(const std::string& path, const TokenKind& kind, const ResolveContext& context)
      ARS_EXCLUDES(mutex_);

 private:
  struct Failure {
    std::shared_ptr<const Error> error;
    SteadyTime pause_until;
  };

  [[nodiscard]] static SecretString read(const std::string& path, const TokenKind& kind);
  [[nodiscard]] SecretString refresh(const std::string& path, const TokenKind& kind, const ResolveContext& context)
      ARS_EXCLUDES(mutex_);
  void save(const std::string& path, const SecretString& old_text, const SecretString& text) ARS_EXCLUDES(mutex_);
  [[nodiscard]] std::shared_ptr<const Error> recent_failure() const ARS_EXCLUDES(mutex_);
  void remember(const Error& error) ARS_EXCLUDES(mutex_);
  [[nodiscard]] bool is_due(const TokenLook& look) const noexcept;

  void before_fork() noexcept override;
  void after_fork_in_parent() noexcept override;
  void after_fork_in_child() noexcept override;

  const std::shared_ptr<const Clock> clock_;
  mutable core::Mutex mutex_;
  std::optional<Failure> failure_ ARS_GUARDED_BY(mutex_);
};

/// `<directory>/<name>`, where the directory is the option's, else `<home>/<below_home>`.
/// \throws CredentialError of that code when there is no home directory
[[nodiscard]] std::string token_file_path(std::string_view directory, std::string_view below_home,
                                          std::string_view name, const Environment& environment,
                                          std::string_view missing_code);

/// A command line for a person: the name behind the command, in single quotes if a shell would read more into it.
[[nodiscard]] std::string login_advice(std::string_view command, std::string_view option, std::string_view name);

}  // namespace aws_refresh_session::providers
