#pragma once

/// \file
/// The one interface that every source of credentials implements.

#include <aws_refresh_session/credentials.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>
#include <string_view>

namespace aws_refresh_session {

/// What a provider may know about the one who asks.
struct ResolveContext {
  /// Asks the provider to give up. Whoever can block heeds it within some milliseconds.
  std::stop_token stop{};
  /// The answer is of no use after this moment of the session's monotonic clock. The engine does not kill a provider
  /// that overruns it; the readers just stop waiting.
  SteadyTime deadline = SteadyTime::max();
  /// A person is waiting, on this very thread: prompts are allowed.
  bool foreground = false;
};

/// A source of credentials.
class CredentialsProvider {
 public:
  virtual ~CredentialsProvider() = default;

  /// One complete answer from the source; may block on I/O. Called from any thread; a refreshing provider makes one
  /// call at a time, others may call it concurrently.
  /// \throws Error of the kind that fits: `not_configured` lets a chain try the next source
  [[nodiscard]] virtual Credentials resolve(const ResolveContext& context) = 0;

  /// A short, stable name for errors and events, e.g. `sts`. Never a secret. The view lives as long as the provider.
  [[nodiscard]] virtual std::string_view name() const noexcept = 0;

  /// True if an answer may need a person: it is then asked in the foreground only, on the thread that wants the
  /// credentials.
  [[nodiscard]] virtual bool interactive() const noexcept { return false; }

  /// How soon after an answer without an expiration it is worth asking again, because somebody may have replaced the
  /// keys where they are kept (a file). None: such an answer is good until `invalidate`. Cheap, does no I/O.
  [[nodiscard]] virtual std::optional<std::chrono::milliseconds> recheck_after() const noexcept { return std::nullopt; }

  /// The service refused this set though it looked valid. A provider that caches drops it if it is the current one.
  virtual void invalidate(std::string_view access_key_id) { static_cast<void>(access_key_id); }

 protected:
  CredentialsProvider() = default;
  CredentialsProvider(const CredentialsProvider&) = default;
  CredentialsProvider& operator=(const CredentialsProvider&) = default;
};

}  // namespace aws_refresh_session
