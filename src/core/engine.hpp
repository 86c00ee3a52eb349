#pragma once

#include "core/fork.hpp"
#include "core/mutex.hpp"
#include "core/refresh_policy.hpp"
#include "core/snapshot_cell.hpp"

#include <aws_refresh_session/refreshing_provider.hpp>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <optional>
#include <random>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

namespace aws_refresh_session {

/// The state machine behind RefreshingCredentialsProvider. Jobs on the scheduler hold it weakly; a call to the source
/// holds it strongly, so that a source that ignores cancellation can return into a closed engine.
class RefreshingCredentialsProvider::Engine final : public core::ForkParticipant,
                                                    public std::enable_shared_from_this<Engine> {
 public:
  Engine(std::shared_ptr<CredentialsProvider> source, RefreshOptions options, EngineSeams seams);
  ~Engine() override;
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  [[nodiscard]] CredentialsSnapshot get(std::chrono::milliseconds timeout) {
    // The whole price of a fresh read: a clock and a SnapshotCell::read.
    auto snapshot = cell_.read(clock_->coarse_now());
    return snapshot ? snapshot : get_slowly(timeout);
  }
  [[nodiscard]] CredentialsSnapshot try_get() {
    auto snapshot = cell_.read(clock_->coarse_now());
    return snapshot ? snapshot : try_get_slowly();
  }
  [[nodiscard]] CredentialsSnapshot refresh(std::chrono::milliseconds timeout) ARS_EXCLUDES(mutex_);
  [[nodiscard]] Credentials resolve(const ResolveContext& context) ARS_EXCLUDES(mutex_);
  void invalidate(std::string_view access_key_id) ARS_EXCLUDES(mutex_);
  void close() noexcept ARS_EXCLUDES(mutex_);

  [[nodiscard]] Freshness state() const ARS_EXCLUDES(mutex_);
  [[nodiscard]] std::optional<WallTime> expiration() const ARS_EXCLUDES(mutex_);
  [[nodiscard]] std::shared_ptr<const Error> last_error() const ARS_EXCLUDES(mutex_);
  [[nodiscard]] std::shared_ptr<void> observe(RefreshObserver observer) ARS_EXCLUDES(mutex_);

  [[nodiscard]] const CredentialsProvider& source() const noexcept { return *source_; }
  [[nodiscard]] const RefreshOptions& options() const noexcept { return policy_.options(); }

 private:
  /// One call to the source, shared by all who wait for it.
  struct Flight {
    /// Set by the thread that makes the call: the pool's, or a waiting reader's that found none free.
    std::atomic<bool> claimed{false};
    std::thread::id caller{};
    std::stop_source stop{};
    SteadyTime started{};
    /// After it nobody waits for the answer any more, and the source is asked to give up.
    SteadyTime deadline{};
    bool asked_to_stop = false;
    /// The source's wish for an answer without an expiration.
    std::optional<std::chrono::milliseconds> recheck_after{};
    bool done = false;
    std::shared_ptr<const Error> error{};
  };

  /// Events to deliver once the lock is gone.
  class Outbox;

  /// A moment on both clocks; reached when either is.
  struct Due {
    SteadyTime steady = SteadyTime::min();
    WallTime wall = WallTime::min();
  };

  struct Current {
    std::shared_ptr<const Credentials> credentials{};
    core::Milestones milestones{};
    /// The end by the steady clock: a wall clock that is set back must not lengthen a set's life.
    SteadyTime expires_steady = SteadyTime::max();
  };

  void before_fork() noexcept override;
  void after_fork_in_parent() noexcept override;
  void after_fork_in_child() noexcept override;

  [[nodiscard]] CredentialsSnapshot get_slowly(std::chrono::milliseconds timeout) ARS_EXCLUDES(mutex_);
  [[nodiscard]] CredentialsSnapshot try_get_slowly() ARS_EXCLUDES(mutex_);
  /// `caller` is set when the calling thread may make the call itself.
  [[nodiscard]] CredentialsSnapshot get_until(SteadyTime deadline, std::chrono::milliseconds timeout,
                                              const ResolveContext* caller) ARS_EXCLUDES(mutex_);

  // The questions, asked again after every wait.
  [[nodiscard]] Freshness freshness(WallTime now) const ARS_REQUIRES(mutex_);
  [[nodiscard]] bool may_ask_source() const ARS_REQUIRES(mutex_);
  /// True if a reader of a usable set should start the refresh.
  [[nodiscard]] bool refresh_is_due(Freshness state) const ARS_REQUIRES(mutex_);
  [[nodiscard]] bool must_raise() const ARS_REQUIRES(mutex_);
  /// Until when readers need not look behind the snapshot.
  [[nodiscard]] WallTime quiet_until(WallTime now) const ARS_REQUIRES(mutex_);
  /// When the engine wants to be woken, if at all.
  [[nodiscard]] std::optional<Due> next_wake() const ARS_REQUIRES(mutex_);

  [[nodiscard]] CredentialsSnapshot snapshot(WallTime now) const ARS_REQUIRES(mutex_);
  [[nodiscard]] Due due_in(std::chrono::milliseconds pause) const;

  std::shared_ptr<Flight> open_flight() ARS_REQUIRES(mutex_);
  /// Gives the flight to the scheduler, which may run it at once. If it has no thread for it, the calling thread makes
  /// the call, or, when it must not wait, the flight fails. Either way the flight does land.
  void launch(const std::shared_ptr<Flight>& flight, bool may_wait) ARS_EXCLUDES(mutex_);
  /// Makes the call, unless another thread has.
  void fly(const std::shared_ptr<Flight>& flight, bool foreground) ARS_EXCLUDES(mutex_);
  void check_usable(const Credentials& credentials) const;
  void land(const std::shared_ptr<Flight>& flight, std::shared_ptr<const Credentials> answer,
            const std::shared_ptr<const Error>& error) ARS_EXCLUDES(mutex_);
  void take(std::shared_ptr<const Credentials> answer, const Flight& flight, Outbox& outbox) ARS_REQUIRES(mutex_);
  void note_failure(const std::shared_ptr<const Error>& error, const Flight& flight, Outbox& outbox)
      ARS_REQUIRES(mutex_);

  /// Waits until the flight is done. False when the time is up or `caller` was told to stop.
  [[nodiscard]] bool wait_for(const Flight& flight, SteadyTime deadline, const ResolveContext* caller,
                              core::MutexLock& lock) ARS_REQUIRES(mutex_);
  [[noreturn]] void raise_timeout(std::chrono::milliseconds timeout) const;
  [[noreturn]] void raise_closed() const;
  /// A source, or an observer of this very call, that reads the session it serves would wait for itself.
  void refuse_to_wait_for_itself(const Flight& flight) const ARS_REQUIRES(mutex_);

  /// Brings the scheduler's timer in line with `next_wake`.
  void reschedule() ARS_EXCLUDES(mutex_);
  void on_timer() ARS_EXCLUDES(mutex_);
  void note_state(WallTime now, Outbox& outbox) ARS_REQUIRES(mutex_);
  [[nodiscard]] RefreshEvent event(RefreshEvent::Type type, WallTime now) const ARS_REQUIRES(mutex_);

  const std::shared_ptr<CredentialsProvider> source_;
  const std::string name_;
  /// Asked once: it is the source's, and must not be called under the lock.
  const bool interactive_;
  const core::RefreshPolicy policy_;
  const std::shared_ptr<const Clock> clock_;
  const std::shared_ptr<Scheduler> scheduler_;
  const std::shared_ptr<const ClockSkew> skew_;

  /// Made in advance, for when there is no memory to make another.
  const std::shared_ptr<const Error> exhausted_;

  core::SnapshotCell cell_;

  mutable core::Mutex mutex_;
  std::unique_ptr<std::condition_variable> flight_done_ ARS_GUARDED_BY(mutex_);
  bool closed_ ARS_GUARDED_BY(mutex_) = false;
  std::minstd_rand random_ ARS_GUARDED_BY(mutex_);
  Current current_ ARS_GUARDED_BY(mutex_);
  std::shared_ptr<Flight> flight_ ARS_GUARDED_BY(mutex_);
  /// The last attempt's; null after a success.
  std::shared_ptr<const Error> error_ ARS_GUARDED_BY(mutex_);
  SteadyTime raise_error_until_ ARS_GUARDED_BY(mutex_) = SteadyTime::min();
  unsigned failures_ ARS_GUARDED_BY(mutex_) = 0;
  Due next_attempt_ ARS_GUARDED_BY(mutex_);
  /// Of the last set, as it was at its first receipt; both outlive the set.
  std::string last_key_id_ ARS_GUARDED_BY(mutex_);
  std::chrono::milliseconds last_lifetime_ ARS_GUARDED_BY(mutex_){0};
  /// There has been a set: from then on it is kept alive without readers.
  bool keeps_alive_ ARS_GUARDED_BY(mutex_) = false;
  Freshness told_state_ ARS_GUARDED_BY(mutex_) = Freshness::none;
  Scheduler::JobId timer_ ARS_GUARDED_BY(mutex_) = 0;
  /// Counts the plans, so that of two threads that plan at once the later one's timer stays.
  std::uint64_t plan_ ARS_GUARDED_BY(mutex_) = 0;
  /// In a forked child: the scheduler has no thread until it is asked again.
  bool must_reschedule_ ARS_GUARDED_BY(mutex_) = false;
  std::vector<std::weak_ptr<const RefreshObserver>> observers_ ARS_GUARDED_BY(mutex_);
};

}  // namespace aws_refresh_session
