#pragma once

/// \file
/// The engine: keeps one provider's credentials fresh. ARCHITECTURE.md has the rule in words.
///
/// Let L be the lifetime of a set when it was received and r what remains of it.
///
/// | state                             | a reader gets               | what happens                        |
/// |-----------------------------------|-----------------------------|-------------------------------------|
/// | fresh, r > advisory window        | the snapshot                | nothing                             |
/// | advisory, r > mandatory window    | the snapshot, at once       | one refresh in the background       |
/// | mandatory, still valid            | the snapshot, marked        | the same; see `mandatory_wait`      |
/// | none or expired                   | waits for the one refresh   | one set or one error for all        |

#include <aws_refresh_session/clock.hpp>
#include <aws_refresh_session/credentials_provider.hpp>
#include <aws_refresh_session/exceptions.hpp>
#include <aws_refresh_session/scheduler.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aws_refresh_session {

/// What an observer is told. Holds no secret.
struct RefreshEvent {
  enum class Type {
    /// A call to the source begins.
    attempt,
    /// It answered with a usable set, which is now the current one.
    success,
    /// It failed, or its answer could not be used.
    failure,
    /// The current set entered another state.
    state_change,
    /// The current set was dropped by `invalidate`.
    invalidated,
  };

  Type type = Type::attempt;
  /// The provider's name.
  std::string provider;
  WallTime time;
  Freshness state = Freshness::none;
  /// The current set's key id and expiration, if there is one.
  std::string access_key_id;
  std::optional<WallTime> expiration;
  /// How long the call took (success, failure).
  std::chrono::milliseconds latency{0};
  /// Until the engine asks the source again by itself; none when only a reader makes it (success, failure).
  std::optional<std::chrono::milliseconds> next_attempt;
  /// Why (failure). Shared, read-only.
  std::shared_ptr<const Error> error;
};

[[nodiscard]] std::string_view to_string(RefreshEvent::Type type) noexcept;

/// Runs on whichever thread did the work, never under a lock; what it throws is dropped. The events of attempts come in
/// order, and those of an attempt before anybody who waits for it goes on: keep it short, for they wait for it, too.
using RefreshObserver = std::function<void(const RefreshEvent&)>;

/// A window that depends on the lifetime: used for lifetimes up to and including `up_to`.
struct WindowTier {
  std::chrono::seconds up_to{};
  std::chrono::seconds window{};
};

/// The refresh rule's numbers. The defaults are the rule of ARCHITECTURE.md; all windows count back from expiration.
struct RefreshOptions {
  /// Fixed windows; each wins over what follows, in every mode. Mandatory must not exceed advisory.
  std::optional<std::chrono::milliseconds> advisory_window{};
  std::optional<std::chrono::milliseconds> mandatory_window{};
  /// Advisory windows by lifetime, in rising order; longer lifetimes take the last tier. Win over the fraction.
  std::vector<WindowTier> advisory_tiers{};
  /// The advisory window as a part of the lifetime, 0 to 1.
  double advisory_fraction = 0.5;
  /// Makes each set's window longer by up to this part of it, drawn anew for each, so that a fleet spreads out. Never
  /// shorter: half of the life is what an outage may last.
  double advisory_jitter = 0.1;
  /// The mandatory window: this part of the lifetime, at most `mandatory_limit`.
  double mandatory_fraction = 0.1;
  std::chrono::milliseconds mandatory_limit{60'000};

  /// The pause after a failed attempt: drawn from (0, min(max, initial * 2^n)] (full jitter), or from
  /// [initial, max] when `exponential_backoff` is off. Never longer than half of what remains of the current set, nor
  /// than a tenth of the last set's lifetime (but `backoff_initial` where that is more), unless
  /// `backoff_ignores_expiration`. A service's Retry-After lengthens it within the same bounds.
  std::chrono::milliseconds backoff_initial{1'000};
  std::chrono::milliseconds backoff_max{30'000};
  bool exponential_backoff = true;
  bool backoff_ignores_expiration = false;

  /// Non-recoverable failures reach the reader even while a usable set exists, for `error_ttl_min` to
  /// `error_ttl_max`, without a call to the source. Off, they keep the last good set like any failure.
  bool raise_non_recoverable = false;
  std::chrono::milliseconds error_ttl_min{1'000};
  std::chrono::milliseconds error_ttl_max{5'000};

  /// Hands out the last set after its expiration while the source fails.
  bool serve_expired = false;

  /// Refreshes without being read. Off, the engine keeps no thread or timer between refreshes: a read past the
  /// advisory window starts the refresh, and does not wait for it while a usable set exists.
  bool background_refresh = true;
  /// How long a reader in the mandatory state waits for the refresh in flight before it takes the old set. Zero:
  /// readers never wait while a set is valid.
  std::chrono::milliseconds mandatory_wait{0};
  /// How long a reader waits when there is no usable set.
  std::chrono::milliseconds read_timeout{60'000};

  /// The rule the AWS SDKs adopt in 2026: windows of 5, 15 and 60 minutes for lifetimes to 20 minutes, below 90 and
  /// from 90; mandatory 60 s; one attempt, then a pause of 300-600 s; the last set served even when expired;
  /// non-recoverable errors raised and kept for 1-5 s.
  [[nodiscard]] static RefreshOptions aws_sdk_2026();

  /// \throws ValidationError naming the option
  void validate() const;
};

/// The surroundings of an engine. What is null is replaced by the machine's own.
struct EngineSeams {
  std::shared_ptr<const Clock> clock{};
  std::shared_ptr<Scheduler> scheduler{};
  /// Kept up to date by whoever talks to the service; null for none.
  std::shared_ptr<const ClockSkew> skew{};
  /// Seeds jitter and back-off; by default from the machine.
  std::optional<std::uint64_t> seed{};
};

/// Keeps a provider's credentials fresh. All members are thread-safe. Destruction cancels what is in flight and does
/// not wait for a provider that ignores cancellation: its late answer is dropped. Works on both sides of a `fork()`.
class RefreshingCredentialsProvider final : public CredentialsProvider {
 public:
  /// Does no I/O and starts no thread.
  /// \throws ValidationError for a null provider or options that contradict each other
  explicit RefreshingCredentialsProvider(std::shared_ptr<CredentialsProvider> source, RefreshOptions options = {},
                                         EngineSeams seams = {});
  ~RefreshingCredentialsProvider() override;
  RefreshingCredentialsProvider(const RefreshingCredentialsProvider&) = delete;
  RefreshingCredentialsProvider& operator=(const RefreshingCredentialsProvider&) = delete;

  /// The current set. A fresh one costs no lock, no allocation, no I/O. Waits only when there is no usable set, at
  /// most `read_timeout`.
  /// \throws Error the refresh's own, shared by all who waited for it; or CredentialError with code
  ///   `RefreshTimeout`, kind recoverable, when the time ran out
  [[nodiscard]] CredentialsSnapshot credentials();

  /// The same with a limit of the caller's own. Zero never waits.
  [[nodiscard]] CredentialsSnapshot credentials(std::chrono::milliseconds timeout);

  /// The current set if there is a usable one, else an empty snapshot. Never waits and never calls the source on this
  /// thread; starts a refresh that is due. For callers that must not block or must not be thrown at: when it is empty,
  /// `credentials()` waits, or says why there is none. Empty, too, while a failure is to be raised (see
  /// `RefreshOptions::raise_non_recoverable`).
  [[nodiscard]] CredentialsSnapshot try_credentials();

  /// Asks the source now, whatever the state, and waits for the answer (joins a refresh in flight).
  /// \throws Error as `credentials()`; the current set stays
  CredentialsSnapshot refresh_now();
  CredentialsSnapshot refresh_now(std::chrono::milliseconds timeout);

  /// The service refused this set. Drops it if it is the current one and starts a refresh at once, even during
  /// back-off. Any other key id changes nothing.
  void invalidate(std::string_view access_key_id) override;

  /// Where the current set stands now. Does no I/O.
  [[nodiscard]] Freshness state() const;
  [[nodiscard]] std::optional<WallTime> expiration() const;
  /// The last attempt's error, or null if it succeeded.
  [[nodiscard]] std::shared_ptr<const Error> last_error() const;

  /// Until the returned handle is destroyed, `observer` is told of every event. A call that has begun may outlive the
  /// handle and the session: let the observer own what it touches.
  [[nodiscard]] std::shared_ptr<void> observe(RefreshObserver observer);

  /// As a base for another provider: a copy of the current set.
  [[nodiscard]] Credentials resolve(const ResolveContext& context) override;
  [[nodiscard]] std::string_view name() const noexcept override;
  [[nodiscard]] bool interactive() const noexcept override;
  [[nodiscard]] std::optional<std::chrono::milliseconds> recheck_after() const noexcept override;

 private:
  class Engine;
  std::shared_ptr<Engine> engine_;
};

}  // namespace aws_refresh_session
