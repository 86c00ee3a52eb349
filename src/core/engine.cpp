#include "core/engine.hpp"

#include "core/engine_outbox.hpp"
#include "core/log.hpp"
#include "core/saturating.hpp"

#include <unistd.h>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace aws_refresh_session {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

}  // namespace

RefreshingCredentialsProvider::Engine::Engine(std::shared_ptr<CredentialsProvider> source, RefreshOptions options,
                                              EngineSeams seams)
    : source_(std::move(source)),
      name_(source_->name()),
      interactive_(source_->interactive()),
      policy_(std::move(options)),
      clock_(seams.clock ? std::move(seams.clock) : system_clock()),
      scheduler_(seams.scheduler ? std::move(seams.scheduler) : shared_scheduler()),
      skew_(seams.skew ? std::move(seams.skew) : std::make_shared<const ClockSkew>()),
      exhausted_(std::make_shared<const CredentialError>(
          ErrorFields{.message = "The process has run out of memory or threads: no refresh was possible. Raise its "
                                 "limits; the refresh is tried again.",
                      .code = "ResourceExhausted",
                      .kind = ErrorKind::recoverable})),
      flight_done_(std::make_unique<std::condition_variable>()),
      random_(static_cast<std::minstd_rand::result_type>(seams.seed ? *seams.seed : std::random_device{}())) {
  join_fork_registry();
}

RefreshingCredentialsProvider::Engine::~Engine() {
  leave_fork_registry();
}

// ---- reading ----

CredentialsSnapshot RefreshingCredentialsProvider::Engine::get_slowly(milliseconds timeout) {
  return get_until(core::saturating_add(clock_->steady_now(), std::max(timeout, milliseconds::zero())), timeout,
                   nullptr);
}

Credentials RefreshingCredentialsProvider::Engine::resolve(const ResolveContext& context) {
  if (const auto fresh = cell_.read(clock_->coarse_now())) {
    return *fresh;
  }
  const auto timeout = options().read_timeout;
  return *get_until(std::min(context.deadline, core::saturating_add(clock_->steady_now(), timeout)), timeout, &context);
}

CredentialsSnapshot RefreshingCredentialsProvider::Engine::get_until(SteadyTime deadline, milliseconds timeout,
                                                                     const ResolveContext* caller) {
  Outbox outbox;
  std::shared_ptr<Flight> joined;  // the flight this reader has waited for
  bool waited_for_better = false;
  core::MutexLock lock{mutex_};
  while (true) {
    if (closed_) {
      raise_closed();
    }
    const auto now = clock_->now();
    const auto state = freshness(now);
    const bool usable = core::is_usable(state);
    note_state(now, outbox);

    std::shared_ptr<const Error> failure;
    if (!usable && joined && joined->done && joined->error) {
      failure = joined->error;
    } else if (must_raise() || (!usable && !flight_ && !may_ask_source())) {
      failure = error_;
    }
    if (failure) {
      const bool serve = state == Freshness::expired && options().serve_expired && !must_raise();
      auto old = serve ? snapshot(now) : CredentialsSnapshot{};
      lock.unlock();
      outbox.deliver();
      if (!old) {
        failure->raise();
      }
      return old;
    }

    if (!usable && interactive_ && clock_->steady_now() >= deadline) {
      raise_timeout(timeout);
    }
    std::shared_ptr<Flight> opened;
    const bool wanted = !usable || (refresh_is_due(state) && !interactive_);
    if (!flight_ && wanted) {
      opened = open_flight();
      if (interactive_) {
        opened->deadline = std::min(opened->deadline, deadline);
      }
    }
    cell_.set_quiet_until(quiet_until(now));
    const bool wait_for_better = state == Freshness::mandatory && flight_ && !waited_for_better &&
                                 options().mandatory_wait > milliseconds::zero();
    auto answer = usable && !wait_for_better ? snapshot(now) : CredentialsSnapshot{};
    const auto flight = flight_;
    if (flight && !answer) {
      refuse_to_wait_for_itself(*flight);
    }
    const bool reschedule_now = std::exchange(must_reschedule_, false) || opened;

    lock.unlock();
    outbox.deliver();
    if (reschedule_now) {
      reschedule();
    }
    // Whoever may make the call on this thread does so rather than wait for a free one: a person can only be asked
    // here, and a role chain must not fill the pool with threads that wait for each other.
    const bool fly_here = flight && !usable && (caller != nullptr || interactive_);
    if (fly_here) {
      fly(flight, caller == nullptr || caller->foreground);
    } else if (opened) {
      launch(opened, !usable);
    }
    if (answer) {
      return answer;
    }

    lock.lock();
    joined = flight;
    const auto patience =
        usable ? std::min(deadline, core::saturating_add(clock_->steady_now(), options().mandatory_wait)) : deadline;
    if (!wait_for(*flight, patience, caller, lock) && !usable) {
      const auto late = clock_->now();
      if (freshness(late) == Freshness::expired && options().serve_expired) {
        return snapshot(late);
      }
      if (caller != nullptr && caller->stop.stop_requested()) {
        raise_closed();
      }
      raise_timeout(timeout);
    }
    waited_for_better = true;
  }
}

CredentialsSnapshot RefreshingCredentialsProvider::Engine::try_get_slowly() {
  Outbox outbox;
  std::shared_ptr<Flight> opened;
  CredentialsSnapshot answer;
  bool plan = false;
  {
    const core::MutexLock lock{mutex_};
    const auto now = clock_->now();
    const auto state = freshness(now);
    note_state(now, outbox);
    // An expired set only where `credentials()` would hand it out, too: while the source may not be asked again.
    const bool serve = core::is_usable(state) || (state == Freshness::expired && options().serve_expired && error_ &&
                                                  !flight_ && !may_ask_source());
    if (serve && !must_raise() && !closed_) {
      answer = snapshot(now);
    }
    if (refresh_is_due(state) && !interactive_) {
      opened = open_flight();
    }
    cell_.set_quiet_until(quiet_until(now));
    plan = std::exchange(must_reschedule_, false) || opened;
  }
  outbox.deliver();
  if (plan) {
    reschedule();
  }
  if (opened) {
    launch(opened, false);
  }
  return answer;
}

CredentialsSnapshot RefreshingCredentialsProvider::Engine::refresh(milliseconds timeout) {
  const auto deadline = core::saturating_add(clock_->steady_now(), std::max(timeout, milliseconds::zero()));
  core::MutexLock lock{mutex_};
  if (closed_) {
    raise_closed();
  }
  const bool opened = !flight_;
  const auto flight = opened ? open_flight() : flight_;
  if (opened && interactive_) {
    flight->deadline = std::min(flight->deadline, deadline);
  }
  refuse_to_wait_for_itself(*flight);
  lock.unlock();
  if (opened) {
    reschedule();
  }
  if (interactive_) {
    fly(flight, true);
  } else if (opened) {
    launch(flight, true);
  }
  lock.lock();
  if (!wait_for(*flight, deadline, nullptr, lock)) {
    raise_timeout(timeout);
  }
  if (const auto error = flight->error) {
    lock.unlock();
    error->raise();
  }
  if (closed_) {
    raise_closed();
  }
  auto answer = snapshot(clock_->now());
  lock.unlock();
  // Somebody may have invalidated the new set before this thread had its turn.
  return core::is_usable(answer.freshness()) ? answer : get_until(deadline, timeout, nullptr);
}

bool RefreshingCredentialsProvider::Engine::wait_for(const Flight& flight, SteadyTime deadline,
                                                     const ResolveContext* caller, core::MutexLock& lock) {
  // A stop request comes from another session, which cannot notify this one's waiters: it is looked for.
  constexpr milliseconds kStopPoll{20};
  const bool may_stop = caller != nullptr && caller->stop.stop_possible();
  while (!flight.done && !closed_) {
    if (may_stop && caller->stop.stop_requested()) {
      return false;
    }
    const auto until = may_stop ? std::min(deadline, core::saturating_add(clock_->steady_now(), kStopPoll)) : deadline;
    if (clock_->wait_until(*flight_done_, lock.native(), until) && until == deadline) {
      return flight.done || closed_;
    }
  }
  return true;
}

void RefreshingCredentialsProvider::Engine::raise_timeout(milliseconds timeout) const {
  throw CredentialError{{.message = fmt::format("No usable credentials within {} ms: the source '{}' has not answered "
                                                "yet. It is still being asked; read again, or give more time with "
                                                "read_timeout.",
                                                timeout.count(), name_),
                         .code = "RefreshTimeout",
                         .param = "read_timeout",
                         .kind = ErrorKind::recoverable}};
}

void RefreshingCredentialsProvider::Engine::raise_closed() const {
  throw CredentialError{{.message = "The session has ended: make a new one to get credentials.",
                         .code = "Cancelled",
                         .kind = ErrorKind::cancelled}};
}

// ---- the questions ----

void RefreshingCredentialsProvider::Engine::refuse_to_wait_for_itself(const Flight& flight) const {
  if (!flight.done && flight.caller == std::this_thread::get_id()) {
    throw CredentialError{
        {.message = fmt::format("The source '{}', or an observer, reads the session that waits for it. "
                                "Give it credentials of its own.",
                                name_),
         .code = "Recursion"}};
  }
}

Freshness RefreshingCredentialsProvider::Engine::freshness(WallTime now) const {
  if (!current_.credentials) {
    return Freshness::none;
  }
  return clock_->steady_now() < current_.expires_steady ? current_.milestones.at(now) : Freshness::expired;
}

bool RefreshingCredentialsProvider::Engine::may_ask_source() const {
  if (closed_ || flight_) {
    return false;
  }
  const bool due = clock_->steady_now() >= next_attempt_.steady || clock_->now() >= next_attempt_.wall;
  // Without an error to show, a reader with nothing in hand is better served by asking.
  return due || (!error_ && !core::is_usable(freshness(clock_->now())));
}

bool RefreshingCredentialsProvider::Engine::refresh_is_due(Freshness state) const {
  const bool may_have_been_replaced = current_.credentials && !current_.credentials->expiration();
  return (state != Freshness::fresh || may_have_been_replaced) && may_ask_source();
}

bool RefreshingCredentialsProvider::Engine::must_raise() const {
  // Keys that do not expire are looked at again now and then; that they could not be is no reason to withhold them.
  const bool does_not_expire = current_.credentials && !current_.credentials->expiration();
  return options().raise_non_recoverable && error_ && error_->kind() == ErrorKind::non_recoverable &&
         !does_not_expire && clock_->steady_now() < raise_error_until_;
}

WallTime RefreshingCredentialsProvider::Engine::quiet_until(WallTime now) const {
  const auto state = freshness(now);
  if (!core::is_usable(state) || must_raise()) {
    return WallTime::min();
  }
  const auto& milestones = current_.milestones;
  // The read path's clock may be late by a tick; the last moments are for the exact one.
  constexpr milliseconds kCoarseTick{20};
  const auto last = milestones.expires_at == WallTime::max() ? WallTime::max() : milestones.expires_at - kCoarseTick;
  auto until = state == Freshness::fresh ? std::min(milestones.advisory_at, last) : last;
  if (state != Freshness::fresh && options().mandatory_wait > milliseconds::zero()) {
    until = state == Freshness::mandatory ? WallTime::min() : std::min(milestones.mandatory_at, last);
  }
  const bool may_be_due = state != Freshness::fresh || milestones.expires_at == WallTime::max();
  if (may_be_due && !flight_ && !options().background_refresh && !interactive_) {
    // No timer will ask: a reader must.
    until = std::min(until, next_attempt_.wall);
  }
  return until;
}

std::optional<RefreshingCredentialsProvider::Engine::Due> RefreshingCredentialsProvider::Engine::next_wake() const {
  if (closed_ || !options().background_refresh) {
    return std::nullopt;
  }
  Due due{SteadyTime::max(), WallTime::max()};
  const auto consider = [&due](const Due& other) {
    due = {std::min(due.steady, other.steady), std::min(due.wall, other.wall)};
  };
  const auto now = clock_->now();
  if (flight_) {
    if (!flight_->asked_to_stop) {
      consider({flight_->deadline, WallTime::max()});
    }
  } else if (keeps_alive_ && !interactive_) {
    consider(next_attempt_);
  }
  // Observers want to know when a set that is not replaced enters its next state.
  if (const auto state = freshness(now); core::is_usable(state)) {
    const auto& milestones = current_.milestones;
    const auto boundary = state == Freshness::fresh      ? milestones.advisory_at
                          : state == Freshness::advisory ? milestones.mandatory_at
                                                         : milestones.expires_at;
    if (boundary != WallTime::max()) {
      consider(due_in(duration_cast<milliseconds>(boundary - now) + milliseconds{1}));
    }
  }
  return due.steady == SteadyTime::max() ? std::nullopt : std::optional{due};
}

CredentialsSnapshot RefreshingCredentialsProvider::Engine::snapshot(WallTime now) const {
  return {current_.credentials, freshness(now)};
}

RefreshingCredentialsProvider::Engine::Due RefreshingCredentialsProvider::Engine::due_in(milliseconds pause) const {
  return {core::saturating_add(clock_->steady_now(), pause), core::saturating_add(clock_->now(), pause)};
}

// ---- the rest of the public face ----

void RefreshingCredentialsProvider::Engine::invalidate(std::string_view access_key_id) {
  const auto is_current = [&]() ARS_NO_THREAD_SAFETY_ANALYSIS {
    return !closed_ && current_.credentials && current_.credentials->access_key_id() == access_key_id;
  };
  core::MutexLock lock{mutex_};
  if (!is_current()) {
    return;
  }
  lock.unlock();
  // First the source, lest the refresh that follows brings the refused set out of the source's cache again.
  try {
    source_->invalidate(access_key_id);
  } catch (...) {
    core::log(core::LogLevel::warning, fmt::format("{}: the source could not drop its refused credentials", name_));
  }
  Outbox outbox;
  std::shared_ptr<Flight> opened;
  std::shared_ptr<const Error> old_error;  // may own anything: gone after the lock
  lock.lock();
  if (!is_current()) {
    return;
  }
  const auto now = clock_->now();
  auto refused = event(RefreshEvent::Type::invalidated, now);
  refused.state = Freshness::none;
  cell_.publish(nullptr, {}, WallTime::min());
  current_ = {};
  next_attempt_ = {};
  failures_ = 0;
  old_error.swap(error_);
  if (!flight_ && !interactive_) {
    opened = open_flight();
  }
  outbox.add(observers_, refused);
  note_state(now, outbox);
  lock.unlock();
  if (opened) {
    reschedule();
    launch(opened, false);
  }
  outbox.deliver();
}

void RefreshingCredentialsProvider::Engine::close() noexcept {
  std::shared_ptr<Flight> flight;
  Scheduler::JobId timer = 0;
  {
    const core::MutexLock lock{mutex_};
    closed_ = true;
    flight = flight_;
    timer = std::exchange(timer_, 0);
    observers_.clear();
    flight_done_->notify_all();
  }
  if (timer != 0) {
    scheduler_->cancel(timer);
  }
  if (flight) {
    flight->stop.request_stop();
  }
}

Freshness RefreshingCredentialsProvider::Engine::state() const {
  const core::MutexLock lock{mutex_};
  return freshness(clock_->now());
}

std::optional<WallTime> RefreshingCredentialsProvider::Engine::expiration() const {
  const core::MutexLock lock{mutex_};
  return current_.credentials ? current_.credentials->expiration() : std::nullopt;
}

std::shared_ptr<const Error> RefreshingCredentialsProvider::Engine::last_error() const {
  const core::MutexLock lock{mutex_};
  return error_;
}

std::shared_ptr<void> RefreshingCredentialsProvider::Engine::observe(RefreshObserver observer) {
  auto entry = std::make_shared<const RefreshObserver>(std::move(observer));
  const core::MutexLock lock{mutex_};
  std::erase_if(observers_, [](const auto& each) { return each.expired(); });
  observers_.push_back(entry);
  return {entry, const_cast<RefreshObserver*>(entry.get())};  // NOLINT(cppcoreguidelines-pro-type-const-cast): opaque
}

// ---- fork ----

void RefreshingCredentialsProvider::Engine::before_fork() noexcept ARS_NO_THREAD_SAFETY_ANALYSIS {
  mutex_.lock();
}

void RefreshingCredentialsProvider::Engine::after_fork_in_parent() noexcept ARS_NO_THREAD_SAFETY_ANALYSIS {
  mutex_.unlock();
}

void RefreshingCredentialsProvider::Engine::after_fork_in_child() noexcept ARS_NO_THREAD_SAFETY_ANALYSIS {
  if (flight_ && flight_->caller != std::this_thread::get_id()) {
    // The call went on in the parent. A job that still waits in the queue must not make it again.
    flight_->claimed.store(true);
    flight_->done = true;
    flight_.reset();
  }
  // Destroying a condition variable that vanished threads wait on would wait for them: leaked.
  static_cast<void>(flight_done_.release());
  flight_done_ = std::make_unique<std::condition_variable>();
  cell_.forget_readers();
  cell_.set_quiet_until(WallTime::min());
  must_reschedule_ = true;
  random_.seed(random_() ^ static_cast<std::minstd_rand::result_type>(::getpid()));
  mutex_.unlock();
}

}  // namespace aws_refresh_session
