#pragma once

#include "core/fork.hpp"
#include "core/mutex.hpp"

#include <aws_refresh_session/clock.hpp>
#include <aws_refresh_session/credentials.hpp>
#include <aws_refresh_session/credentials_provider.hpp>
#include <aws_refresh_session/exceptions.hpp>

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace aws_refresh_session::providers {

/// Whose code opened a session, and where.
struct MfaSessionKey {
  std::string endpoint_url;
  std::string base_access_key_id;
  std::string serial_number;

  friend bool operator==(const MfaSessionKey&, const MfaSessionKey&) = default;
};

/// What MfaSessions::get found or made.
struct MfaSession {
  /// Null: the service opens no session for these keys.
  std::shared_ptr<const Credentials> credentials;
  /// It is the outcome of a question that ended just now: another code can be had with the next time step only.
  bool is_new = false;
};

/// The session credentials that GetSessionToken gave for a person's one-time codes. They carry the code's proof into
/// every role that is assumed with them, so that a person is asked once for all roles on one device. In memory only.
/// Thread-safe, usable on both sides of a `fork()`.
class MfaSessions final : private core::ForkParticipant {
 public:
  /// Asks the person and the service. \returns null when the service opens no session for these keys
  using Open = std::function<std::shared_ptr<const Credentials>()>;

  /// What remains of a set that is handed out: more than one call takes.
  static constexpr std::chrono::minutes kShortestRest{1};

  /// The process's own: sessions may share a device (docs/adr/0005-process-wide-state.md). Never destroyed.
  [[nodiscard]] static MfaSessions& of_process();

  MfaSessions() { join_fork_registry(); }
  ~MfaSessions() override { leave_fork_registry(); }
  MfaSessions(const MfaSessions&) = delete;
  MfaSessions& operator=(const MfaSessions&) = delete;

  /// The key's set, opened if there is none that will do. Who asks for the same key meanwhile waits and gets the same
  /// set, or the same error; only if the one who asked was stopped, the next one asks. That the service opens none is
  /// never asked again.
  /// \param clock, skew of the one who asks: they tell the service's time
  /// \throws what `open` throws; ConnectionError of code `Timeout` when another's question takes longer than the
  ///   context allows, and of kind cancelled after its stop; ConfigurationError of code `Recursion` when `open` asks
  ///   for the very key it opens
  [[nodiscard]] MfaSession get(const MfaSessionKey& key, const Open& open, const Clock& clock, const ClockSkew& skew,
                               const ResolveContext& context) ARS_EXCLUDES(mutex_);

  /// Forgets the set if it is still the key's.
  void drop(const MfaSessionKey& key, const std::shared_ptr<const Credentials>& set) ARS_EXCLUDES(mutex_);

  /// From now on `get` answers that there is none.
  void open_no_more(const MfaSessionKey& key) ARS_EXCLUDES(mutex_);

  /// Notes what was assumed with the set, for `invalidate`.
  void note_role(const MfaSessionKey& key, std::string_view role_access_key_id) ARS_EXCLUDES(mutex_);

  /// Forgets every set of that access key id, of that base, or that gave that role's set.
  void invalidate(std::string_view access_key_id) ARS_EXCLUDES(mutex_);

 private:
  /// One question. The first three are the asker's own until it is done.
  struct Flight {
    std::shared_ptr<const Credentials> set;
    /// Of a failure; null after a stop.
    std::shared_ptr<const Error> error;
    bool opens_none = false;
    bool done = false;
    const std::thread::id asker = std::this_thread::get_id();
    std::condition_variable landed;
  };
  struct Entry {
    MfaSessionKey key;
    std::shared_ptr<const Credentials> set;
    bool opens_none = false;
    std::shared_ptr<Flight> flight;
    std::deque<std::string> roles;
  };
  class Landing;

  /// The key's; made if it is new, and then the sets of the device's other keys are forgotten.
  [[nodiscard]] Entry& entry_of(const MfaSessionKey& key) ARS_REQUIRES(mutex_);
  [[nodiscard]] MfaSession ask(const MfaSessionKey& key, const std::shared_ptr<Flight>& flight, const Open& open,
                               const ResolveContext& context) ARS_EXCLUDES(mutex_);
  void land(const MfaSessionKey& key, const std::shared_ptr<Flight>& flight) noexcept ARS_EXCLUDES(mutex_);
  void wait_for(Flight& flight, const Clock& clock, const ResolveContext& context) ARS_EXCLUDES(mutex_);

  void before_fork() noexcept override;
  void after_fork_in_parent() noexcept override;
  void after_fork_in_child() noexcept override;

  core::Mutex mutex_;
  std::vector<Entry> entries_ ARS_GUARDED_BY(mutex_);
};

}  // namespace aws_refresh_session::providers
