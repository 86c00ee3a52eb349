#include "providers/mfa_session.hpp"

#include "core/saturating.hpp"

#include <algorithm>
#include <utility>

namespace aws_refresh_session::providers {
namespace {

/// Made when the program is loaded: a fork() while another thread makes it would leave the child waiting for ever.
[[maybe_unused]] const auto& at_load = MfaSessions::of_process();

bool will_do(const Credentials& set, WallTime now) noexcept {
  return !set.expired(now + MfaSessions::kShortestRest);
}

}  // namespace

MfaSessions& MfaSessions::of_process() {
  static auto* sessions = new MfaSessions;  // NOLINT(cppcoreguidelines-owning-memory): serves static sessions, too
  return *sessions;
}

/// Ends a question however it ended, so that nobody waits for it for ever.
class MfaSessions::Landing {
 public:
  Landing(MfaSessions& sessions, const MfaSessionKey& key, const std::shared_ptr<Flight>& flight)
      : sessions_(sessions), key_(key), flight_(flight) {}
  ~Landing() { sessions_.land(key_, flight_); }
  Landing(const Landing&) = delete;
  Landing& operator=(const Landing&) = delete;

 private:
  MfaSessions& sessions_;
  const MfaSessionKey& key_;
  const std::shared_ptr<Flight>& flight_;
};

MfaSession MfaSessions::get(const MfaSessionKey& key, const Open& open, const Clock& clock, const ClockSkew& skew,
                            const ResolveContext& context) {
  for (;;) {
    std::shared_ptr<Flight> flight;
    bool asks = false;
    {
      const core::MutexLock lock{mutex_};
      const auto now = clock.now() + skew.get();
      auto& entry = entry_of(key);
      if (entry.opens_none) {
        return {};
      }
      if (entry.set && will_do(*entry.set, now)) {
        return {.credentials = entry.set, .is_new = false};
      }
      entry.set.reset();
      asks = !entry.flight;
      if (asks) {
        entry.flight = std::make_shared<Flight>();
      }
      flight = entry.flight;
    }
    if (asks) {
      return ask(key, flight, open, context);
    }
    wait_for(*flight, clock, context);
    if (flight->error) {
      flight->error->raise();
    }
    if (flight->set || flight->opens_none) {
      return {.credentials = flight->set, .is_new = true};
    }
  }
}

MfaSession MfaSessions::ask(const MfaSessionKey& key, const std::shared_ptr<Flight>& flight, const Open& open,
                            const ResolveContext& context) {
  const Landing landing{*this, key, flight};
  try {
    flight->set = open();
    flight->opens_none = !flight->set;
    return {.credentials = flight->set, .is_new = true};
  } catch (...) {
    if (!context.stop.stop_requested()) {
      flight->error = current_error("The question for a one-time code failed");
    }
    throw;
  }
}

void MfaSessions::land(const MfaSessionKey& key, const std::shared_ptr<Flight>& flight) noexcept {
  const core::MutexLock lock{mutex_};
  const auto entry = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& each) { return each.key == key; });
  flight->done = true;
  if (entry == entries_.end()) {
    return;
  }
  entry->opens_none = entry->opens_none || flight->opens_none;
  if (flight->set) {
    entry->set = flight->set;
    entry->roles.clear();
  }
  // In the child of a fork() made meanwhile nobody waits, and the condition may be in any state.
  if (entry->flight == flight) {
    entry->flight.reset();
    flight->landed.notify_all();
  }
}

void MfaSessions::wait_for(Flight& flight, const Clock& clock, const ResolveContext& context) {
  // A callback would take this lock under whatever the one who stops holds: a stop is looked for.
  constexpr std::chrono::milliseconds kStopPoll{20};
  if (flight.asker == std::this_thread::get_id()) {
    throw ConfigurationError{{.message = "The mfa_token_provider asks for credentials that wait for its own code: give "
                                         "it credentials of its own",
                              .code = "Recursion",
                              .param = "mfa_token_provider"}};
  }
  core::MutexLock lock{mutex_};
  while (!flight.done) {
    if (context.stop.stop_requested()) {
      throw ConnectionError{{.message = "The wait for another's one-time code was cancelled",
                             .code = "Cancelled",
                             .kind = ErrorKind::cancelled}};
    }
    if (clock.steady_now() >= context.deadline) {
      throw ConnectionError{{.message =
                                 "The one-time code that another caller asked a person for did not come in time: "
                                 "answer the question that is open, or give more time",
                             .code = "Timeout",
                             .kind = ErrorKind::recoverable}};
    }
    const auto until = context.stop.stop_possible()
                           ? std::min(context.deadline, core::saturating_add(clock.steady_now(), kStopPoll))
                           : context.deadline;
    static_cast<void>(clock.wait_until(flight.landed, lock.native(), until));
  }
}

void MfaSessions::drop(const MfaSessionKey& key, const std::shared_ptr<const Credentials>& set) {
  const core::MutexLock lock{mutex_};
  if (auto& entry = entry_of(key); entry.set == set) {
    entry.set.reset();
  }
}

void MfaSessions::open_no_more(const MfaSessionKey& key) {
  const core::MutexLock lock{mutex_};
  auto& entry = entry_of(key);
  entry.opens_none = true;
  entry.set.reset();
}

void MfaSessions::note_role(const MfaSessionKey& key, std::string_view role_access_key_id) {
  // More roles than a person has on one device, with some of the sets before.
  constexpr std::size_t kRemembered = 256;
  const core::MutexLock lock{mutex_};
  auto& entry = entry_of(key);
  entry.roles.emplace_back(role_access_key_id);
  if (entry.roles.size() > kRemembered) {
    entry.roles.pop_front();
  }
}

void MfaSessions::invalidate(std::string_view access_key_id) {
  const core::MutexLock lock{mutex_};
  for (auto& entry : entries_) {
    const bool meant = entry.key.base_access_key_id == access_key_id ||
                       (entry.set && entry.set->access_key_id() == access_key_id) ||
                       std::find(entry.roles.begin(), entry.roles.end(), access_key_id) != entry.roles.end();
    if (meant) {
      entry.set.reset();
    }
  }
}

MfaSessions::Entry& MfaSessions::entry_of(const MfaSessionKey& key) {
  const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& each) { return each.key == key; });
  if (found != entries_.end()) {
    return *found;
  }
  // The device's owner has another key now, most likely instead of the one before.
  for (auto& each : entries_) {
    if (each.key.endpoint_url == key.endpoint_url && each.key.serial_number == key.serial_number) {
      each.set.reset();
    }
  }
  return entries_.emplace_back(Entry{.key = key, .set = {}, .opens_none = false, .flight = {}, .roles = {}});
}

void MfaSessions::before_fork() noexcept ARS_NO_THREAD_SAFETY_ANALYSIS {
  mutex_.lock();
}
void MfaSessions::after_fork_in_parent() noexcept ARS_NO_THREAD_SAFETY_ANALYSIS {
  mutex_.unlock();
}
/// The threads that asked do not exist here; their stacks, which still own the questions, are never unwound.
void MfaSessions::after_fork_in_child() noexcept ARS_NO_THREAD_SAFETY_ANALYSIS {
  for (auto& entry : entries_) {
    entry.flight.reset();
  }
  mutex_.unlock();
}

}  // namespace aws_refresh_session::providers
