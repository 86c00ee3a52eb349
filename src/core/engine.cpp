#include "core/engine.hpp"

#include "core/engine_outbox.hpp"
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
      policy_(std::move(options)),
      clock_(seams.clock ? std::move(seams.clock) : system_clock()),
      scheduler_(seams.scheduler ? std::move(seams.scheduler) : shared_scheduler()),
      skew_(seams.skew ? std::move(seams.skew) : std::make_shared<const ClockSkew>()),
      flight_done_(std::make_unique<std::condition_variable>()),
      random_(static_cast<std::minstd_rand::result_type>(seams.seed ? *seams.seed : std::random_device{}())) {
  join_fork_registry();
}

RefreshingCredentialsProvider::Engine::~Engine() {
  leave_fork_registry();
}

// ---- reading ----

CredentialsSnapshot RefreshingCredentialsProvider::Engine::get_slowly(milliseconds timeout) {
  return get_until(core::saturating_add(clock_->steady_now(), timeout), timeout, nullptr);
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
    if (must_raise()) {
      failure = error_;
    } else if (!usable && joined && joined->done && joined->error) {
      failure = joined->error;
    } else if (!usable && !flight_ && !may_ask_source()) {
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

    std::shared_ptr<Flight> opened;
    const bool wanted = !usable || (state != Freshness::fresh && may_ask_source() && !source_->interactive());
    if (!flight_ && wanted) {
      opened = open_flight(outbox);
    }
    cell_.set_quiet_until(quiet_until(now));
    const bool wait_for_better = state == Freshness::mandatory && flight_ && !waited_for_better &&
                                 options().mandatory_wait > milliseconds::zero();
    auto answer = usable && !wait_for_better ? snapshot(now) : CredentialsSnapshot{};
    const auto flight = flight_;
    const bool reschedule_now = std::exchange(must_reschedule_, false) || opened;

    lock.unlock();
    outbox.deliver();
    if (reschedule_now) {
      reschedule();
    }
    // Whoever may make the call on this thread does so rather than wait for a free one: a person can only be asked
    // here, and a role chain must not fill the pool with threads that wait for each other.
    const bool fly_here = flight && !answer && (caller != nullptr || source_->interactive());
    if (fly_here) {
      fly(flight, caller == nullptr || caller->foreground);
    } else if (opened) {
      launch(opened);
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
      raise_timeout(timeout);
    }
    waited_for_better = true;
  }
}

CredentialsSnapshot RefreshingCredentialsProvider::Engine::refresh(milliseconds timeout) {
  const auto deadline = core::saturating_add(clock_->steady_now(), timeout);
  Outbox outbox;
  core::MutexLock lock{mutex_};
  if (closed_) {
    raise_closed();
  }
  const bool opened = !flight_;
  const auto flight = opened ? open_flight(outbox) : flight_;
  lock.unlock();
  outbox.deliver();
  if (opened) {
    reschedule();
  }
  if (source_->interactive()) {
    fly(flight, true);
  } else if (opened) {
    launch(flight);
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
  return snapshot(clock_->now());
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

Freshness RefreshingCredentialsProvider::Engine::freshness(WallTime now) const {
  return current_.credentials ? current_.milestones.at(now) : Freshness::none;
}

bool RefreshingCredentialsProvider::Engine::may_ask_source() const {
  if (closed_ || flight_) {
    return false;
  }
  const bool due = clock_->steady_now() >= next_attempt_.steady || clock_->now() >= next_attempt_.wall;
  // Without an error to show, a reader with nothing in hand is better served by asking.
  return due || (!error_ && !core::is_usable(freshness(clock_->now())));
}

bool RefreshingCredentialsProvider::Engine::must_raise() const {
  return options().raise_non_recoverable && error_ && error_->kind() == ErrorKind::non_recoverable &&
         clock_->steady_now() < raise_error_until_;
}

WallTime RefreshingCredentialsProvider::Engine::quiet_until(WallTime now) const {
  const auto state = freshness(now);
  if (!core::is_usable(state) || (options().raise_non_recoverable && error_)) {
    return WallTime::min();
  }
  const auto& milestones = current_.milestones;
  if (state == Freshness::fresh) {
    return milestones.advisory_at;
  }
  // The read path's clock may be late by a tick; the last moments are for the exact one.
  constexpr milliseconds kCoarseTick{20};
  auto until = milestones.expires_at - kCoarseTick;
  if (options().mandatory_wait > milliseconds::zero()) {
    until = state == Freshness::mandatory ? WallTime::min() : milestones.mandatory_at;
  }
  if (!flight_ && !options().background_refresh && !source_->interactive()) {
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
    consider({flight_->deadline, WallTime::max()});
  } else if (keeps_alive_ && !source_->interactive()) {
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
  Outbox outbox;
  std::shared_ptr<Flight> opened;
  {
    const core::MutexLock lock{mutex_};
    if (closed_ || !current_.credentials || current_.credentials->access_key_id() != access_key_id) {
      return;
    }
    const auto now = clock_->now();
    auto refused = event(RefreshEvent::Type::invalidated, now);
    current_ = {};
    refused.state = Freshness::none;
    cell_.publish(nullptr, {}, WallTime::min());
    next_attempt_ = {};
    failures_ = 0;
    error_.reset();
    outbox.add(observers_, refused);
    note_state(now, outbox);
    if (!flight_ && !source_->interactive()) {
      opened = open_flight(outbox);
    }
  }
  outbox.deliver();
  source_->invalidate(access_key_id);
  if (opened) {
    reschedule();
    launch(opened);
  }
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
