#pragma once

#include "core/fork.hpp"
#include "core/mutex.hpp"
#include "providers/endpoint_caller.hpp"
#include "providers/imds_settings.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace aws_refresh_session::providers {

/// Asks the instance metadata service and keeps its token while it lives. Thread-safe, usable on both sides of a
/// `fork()`.
class ImdsClient final : private core::ForkParticipant {
 public:
  /// \param seams complete
  ImdsClient(const ProviderSeams& seams, aws::RetrySeams retry);
  ~ImdsClient() override;
  ImdsClient(const ImdsClient&) = delete;
  ImdsClient& operator=(const ImdsClient&) = delete;

  /// The answers to a few questions asked one after the other, all with one token.
  class Conversation;

 private:
  struct Token {
    /// Where it comes from.
    std::string endpoint;
    SecretString value;
    SteadyTime expires_at;
  };

  [[nodiscard]] SecretString kept_token(const std::string& endpoint) const ARS_EXCLUDES(mutex_);
  void keep(Token token) ARS_EXCLUDES(mutex_);
  void drop(const SecretString& token) ARS_EXCLUDES(mutex_);
  [[nodiscard]] bool has_answered() const ARS_EXCLUDES(mutex_);
  void note_answer() ARS_EXCLUDES(mutex_);

  void before_fork() noexcept override ARS_NO_THREAD_SAFETY_ANALYSIS { mutex_.lock(); }
  void after_fork_in_parent() noexcept override ARS_NO_THREAD_SAFETY_ANALYSIS { mutex_.unlock(); }
  void after_fork_in_child() noexcept override ARS_NO_THREAD_SAFETY_ANALYSIS { mutex_.unlock(); }

  const std::shared_ptr<const Clock> clock_;
  const EndpointCaller caller_;
  mutable core::Mutex mutex_;
  std::optional<Token> token_ ARS_GUARDED_BY(mutex_);
  bool has_answered_ ARS_GUARDED_BY(mutex_) = false;
};

/// Used by one thread.
class ImdsClient::Conversation {
 public:
  /// Sends nothing. All three must outlive it.
  Conversation(ImdsClient& client, const ImdsSettings& settings, const ResolveContext& context)
      : client_(client), settings_(settings), context_(context) {}

  /// Asks for a path. A token that is not taken any more is replaced, once.
  /// \param read gets answers of status 200; what it throws of kind recoverable is asked again
  /// \throws CredentialError of kind not_configured and code `ImdsUnreachable` when nothing answers and nothing ever
  ///   has, or the service is turned off; RequestError for other statuses, and of code `ImdsTokenRequired`;
  ///   ConnectionError
  void get(std::string_view path, const EndpointCaller::Reader& read);

 private:
  void fetch_token();
  /// Runs a call and explains its failure.
  template <typename Call>
  void explained(Call call);
  [[nodiscard]] HttpRequest make_request(std::string_view method, std::string_view path) const;

  ImdsClient& client_;
  const ImdsSettings& settings_;
  const ResolveContext& context_;
  /// Empty with version 1.
  SecretString token_;
  bool has_asked_for_token_ = false;
};

}  // namespace aws_refresh_session::providers
