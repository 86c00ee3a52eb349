// The calls to the source, and the timer that makes them in time. Reading is in engine.cpp.

#include "core/engine.hpp"
#include "core/engine_outbox.hpp"
#include "core/log.hpp"
#include "core/rfc3339.hpp"
#include "core/saturating.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace aws_refresh_session {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

}  // namespace

// ---- one call to the source ----

std::shared_ptr<RefreshingCredentialsProvider::Engine::Flight> RefreshingCredentialsProvider::Engine::open_flight() {
  auto flight = std::make_shared<Flight>();
  flight->started = clock_->steady_now();
  flight->deadline = core::saturating_add(flight->started, options().read_timeout);
  flight_ = flight;
  return flight;
}

void RefreshingCredentialsProvider::Engine::launch(const std::shared_ptr<Flight>& flight, bool may_wait) {
  try {
    scheduler_->run([weak = weak_from_this(), flight] {
      if (const auto self = weak.lock()) {
        self->fly(flight, false);
      }
    });
  } catch (...) {
    if (may_wait) {
      fly(flight, false);
    } else if (!flight->claimed.exchange(true)) {
      land(flight, nullptr, exhausted_);
    }
  }
}

void RefreshingCredentialsProvider::Engine::fly(const std::shared_ptr<Flight>& flight, bool foreground) {
  if (flight->claimed.exchange(true)) {
    return;
  }
  std::shared_ptr<const Credentials> answer;
  std::shared_ptr<const Error> error;
  try {
    Outbox outbox;
    ResolveContext context{.stop = flight->stop.get_token(), .foreground = foreground};
    {
      const core::MutexLock lock{mutex_};
      flight->caller = std::this_thread::get_id();
      context.deadline = flight->deadline;
      outbox.add(observers_, event(RefreshEvent::Type::attempt, clock_->now()));
    }
    outbox.deliver();
    answer = std::make_shared<const Credentials>(source_->resolve(context));
    check_usable(*answer);
    flight->recheck_after = source_->recheck_after();
  } catch (...) {
    answer.reset();
    try {
      error = current_error(fmt::format(
          "The credentials source '{}' threw an exception that is not one of this library's errors. Mend the source; "
          "the exception is the cause of this error.",
          name_));
    } catch (...) {
      error = exhausted_;
    }
  }
  land(flight, std::move(answer), error);
}

void RefreshingCredentialsProvider::Engine::check_usable(const Credentials& credentials) const {
  if (credentials.empty()) {
    throw CredentialError{
        {.message = fmt::format("The source '{}' answered without an access key id or a secret access key. Check what "
                                "it returns; the credentials in use were kept.",
                                name_),
         .code = "EmptyCredentials",
         .param = credentials.access_key_id().empty() ? "access_key_id" : "secret_access_key",
         .kind = ErrorKind::recoverable}};
  }
  if (credentials.expired(clock_->now() + skew_->get())) {
    throw CredentialError{
        {.message = fmt::format("The source '{}' answered with credentials that have already expired. Check its cache "
                                "and this machine's clock; the credentials in use were kept.",
                                name_),
         .code = "ExpiredCredentials",
         .param = "expiration",
         .value = core::format_rfc3339(*credentials.expiration()),
         .kind = ErrorKind::recoverable}};
  }
}

void RefreshingCredentialsProvider::Engine::land(const std::shared_ptr<Flight>& flight,
                                                 std::shared_ptr<const Credentials> answer,
                                                 const std::shared_ptr<const Error>& error) {
  Outbox outbox;
  std::string line;
  auto level = core::LogLevel::info;
  const auto old_error = last_error();  // may own anything: gone after the lock
  try {
    const core::MutexLock lock{mutex_};
    if (!closed_ && flight_ == flight) {
      const auto failures_before = failures_;
      if (answer) {
        take(std::move(answer), *flight, outbox);
        if (failures_before > 0) {
          line = fmt::format("{}: refreshed again after {} failed attempts", name_, failures_before);
        }
      } else {
        note_failure(error, *flight, outbox);
        // Without a set, a reader gets the error; with one, nobody would hear of it.
        const bool hidden = core::is_usable(freshness(clock_->now()));
        level = hidden && failures_before == 0 ? core::LogLevel::warning : core::LogLevel::info;
        line = fmt::format("{}: refresh failed, attempt {} in a row: {}", name_, failures_, error->what());
      }
    }
  } catch (...) {  // NOLINT(bugprone-empty-catch): no memory for the answer; those who wait look anew and ask again
  }
  // Before the flight is over: the next one cannot begin, so events come in order, and whoever waited finds them told.
  outbox.deliver();
  {
    const core::MutexLock lock{mutex_};
    flight->error = error;
    flight->done = true;
    if (flight_ == flight) {
      flight_.reset();
      cell_.set_quiet_until(quiet_until(clock_->now()));
    }
    flight_done_->notify_all();
  }
  if (!line.empty()) {
    core::log(level, line);
  }
  reschedule();
}

void RefreshingCredentialsProvider::Engine::take(std::shared_ptr<const Credentials> answer, const Flight& flight,
                                                 Outbox& outbox) {
  const auto now = clock_->now();
  // Beyond any real expiration, and far from where time arithmetic overflows.
  constexpr auto kFarFuture = std::chrono::hours{24 * 365 * 100};
  core::Milestones milestones;
  auto expires_steady = SteadyTime::max();
  if (const auto expiration = answer->expiration()) {
    milestones = policy_.milestones(now, std::min(*expiration, now + kFarFuture) - skew_->get(), random_);
    const auto lifetime = duration_cast<milliseconds>(milestones.expires_at - now);
    expires_steady = core::saturating_add(clock_->steady_now(), lifetime);
    // A source that repeats its set does not make it a short-lived one.
    last_lifetime_ = answer->access_key_id() == last_key_id_ ? std::max(last_lifetime_, lifetime) : lifetime;
    last_key_id_ = answer->access_key_id();
    next_attempt_ = due_in(policy_.pause_after_success(now, milestones));
  } else {
    last_lifetime_ = milliseconds::zero();
    next_attempt_ = flight.recheck_after ? due_in(*flight.recheck_after) : Due{SteadyTime::max(), WallTime::max()};
  }
  error_.reset();
  failures_ = 0;
  keeps_alive_ = true;
  current_ = {std::move(answer), milestones, expires_steady};
  cell_.publish(current_.credentials, milestones, quiet_until(now));
  note_state(now, outbox);
  auto success = event(RefreshEvent::Type::success, now);
  success.latency = duration_cast<milliseconds>(clock_->steady_now() - flight.started);
  if (options().background_refresh && !interactive_ && next_attempt_.wall != WallTime::max()) {
    success.next_attempt = duration_cast<milliseconds>(next_attempt_.wall - now);
  }
  outbox.add(observers_, success);
}

void RefreshingCredentialsProvider::Engine::note_failure(const std::shared_ptr<const Error>& error,
                                                         const Flight& flight, Outbox& outbox) {
  const auto now = clock_->now();
  ++failures_;
  error_ = error;
  auto pause = policy_.pause_after_failure(
      {.count = failures_,
       .remaining = core::is_usable(freshness(now)) ? duration_cast<milliseconds>(current_.milestones.expires_at - now)
                                                    : milliseconds::zero(),
       .lifetime = last_lifetime_,
       .retry_after = error->retry_after()},
      random_);
  if (options().raise_non_recoverable && error->kind() == ErrorKind::non_recoverable) {
    const auto ttl = policy_.error_ttl(random_);
    raise_error_until_ = core::saturating_add(clock_->steady_now(), ttl);
    // A timer keeps to the back-off; a reader may ask again as soon as the error is no longer raised.
    pause = options().background_refresh ? std::max(pause, ttl) : ttl;
  }
  next_attempt_ = due_in(pause);
  cell_.set_quiet_until(quiet_until(now));
  note_state(now, outbox);
  auto failure = event(RefreshEvent::Type::failure, now);
  failure.latency = duration_cast<milliseconds>(clock_->steady_now() - flight.started);
  failure.error = error;
  if (options().background_refresh && keeps_alive_ && !interactive_) {
    failure.next_attempt = pause;
  }
  outbox.add(observers_, failure);
}

// ---- time ----

void RefreshingCredentialsProvider::Engine::reschedule() {
  core::MutexLock lock{mutex_};
  const auto plan = ++plan_;
  const auto due = next_wake();
  const auto old_timer = std::exchange(timer_, 0);
  lock.unlock();
  if (old_timer != 0) {
    scheduler_->cancel(old_timer);
  }
  if (!due) {
    return;
  }
  Scheduler::JobId timer = 0;
  try {
    timer = scheduler_->run_at(due->steady, due->wall, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) {
        self->on_timer();
      }
    });
  } catch (...) {
    // No timer to be had: the next reader past the advisory window plans anew.
    lock.lock();
    must_reschedule_ = true;
    return;
  }
  lock.lock();
  if (plan == plan_ && !closed_) {
    timer_ = timer;
    return;
  }
  lock.unlock();
  scheduler_->cancel(timer);
}

void RefreshingCredentialsProvider::Engine::on_timer() {
  Outbox outbox;
  std::shared_ptr<Flight> opened;
  std::shared_ptr<Flight> overdue;
  {
    const core::MutexLock lock{mutex_};
    if (closed_) {
      return;
    }
    note_state(clock_->now(), outbox);
    if (flight_ && !flight_->asked_to_stop && clock_->steady_now() >= flight_->deadline) {
      // Nobody waits for the answer any more. A source that does not heed this goes on, alone.
      overdue = flight_;
      flight_->asked_to_stop = true;
    } else if (keeps_alive_ && may_ask_source() && !interactive_) {
      opened = open_flight();
      cell_.set_quiet_until(quiet_until(clock_->now()));
    }
  }
  outbox.deliver();
  if (overdue) {
    core::log(core::LogLevel::warning,
              fmt::format("{}: the source has not answered within {} ms and is asked to give up", name_,
                          options().read_timeout.count()));
    overdue->stop.request_stop();
  }
  reschedule();
  if (opened) {
    fly(opened, false);
  }
}

void RefreshingCredentialsProvider::Engine::note_state(WallTime now, Outbox& outbox) {
  const auto state = freshness(now);
  if (state != told_state_) {
    told_state_ = state;
    outbox.add(observers_, event(RefreshEvent::Type::state_change, now));
  }
}

RefreshEvent RefreshingCredentialsProvider::Engine::event(RefreshEvent::Type type, WallTime now) const {
  RefreshEvent result;
  result.type = type;
  result.provider = name_;
  result.time = now;
  result.state = freshness(now);
  if (current_.credentials) {
    result.access_key_id = current_.credentials->access_key_id();
    result.expiration = current_.credentials->expiration();
  }
  return result;
}

}  // namespace aws_refresh_session
