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

std::shared_ptr<RefreshingCredentialsProvider::Engine::Flight> RefreshingCredentialsProvider::Engine::open_flight(
    Outbox& outbox) {
  flight_ = std::make_shared<Flight>();
  flight_->started = clock_->steady_now();
  flight_->deadline = core::saturating_add(flight_->started, options().read_timeout);
  outbox.add(observers_, event(RefreshEvent::Type::attempt, clock_->now()));
  return flight_;
}

void RefreshingCredentialsProvider::Engine::launch(const std::shared_ptr<Flight>& flight) {
  scheduler_->run([weak = weak_from_this(), flight] {
    if (const auto self = weak.lock()) {
      self->fly(flight, false);
    }
  });
}

void RefreshingCredentialsProvider::Engine::fly(const std::shared_ptr<Flight>& flight, bool foreground) {
  if (flight->claimed.exchange(true)) {
    return;
  }
  {
    const core::MutexLock lock{mutex_};
    flight->caller = std::this_thread::get_id();
  }
  std::shared_ptr<const Credentials> answer;
  std::shared_ptr<const Error> error;
  try {
    answer = std::make_shared<const Credentials>(
        source_->resolve({.stop = flight->stop.get_token(), .deadline = flight->deadline, .foreground = foreground}));
    check_usable(*answer);
  } catch (...) {
    answer.reset();
    error = current_error(fmt::format(
        "The credentials source '{}' threw an exception that is not one of this library's errors. Mend the source; "
        "the exception is the cause of this error.",
        name_));
  }
  land(flight, std::move(answer), std::move(error));
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
                                                 std::shared_ptr<const Error> error) {
  Outbox outbox;
  std::string line;
  auto level = core::LogLevel::info;
  core::MutexLock lock{mutex_};
  flight->error = error;
  flight->done = true;
  if (!closed_ && flight_ == flight) {
    flight_.reset();
    if (answer) {
      if (failures_ > 0) {
        line = fmt::format("{}: refreshed again after {} failed attempts", name_, failures_);
      }
      take(std::move(answer), *flight, outbox);
    } else {
      note_failure(error, *flight, outbox);
      line = fmt::format("{}: refresh failed, attempt {} in a row: {}", name_, failures_, error->what());
      // Without a set, a reader gets the error; with one, nobody would hear of it.
      const bool hidden = core::is_usable(freshness(clock_->now()));
      level = hidden && failures_ == 1 ? core::LogLevel::warning : core::LogLevel::info;
    }
  }
  flight_done_->notify_all();
  lock.unlock();
  if (!line.empty()) {
    core::log(level, line);
  }
  outbox.deliver();
  reschedule();
}

void RefreshingCredentialsProvider::Engine::take(std::shared_ptr<const Credentials> answer, const Flight& flight,
                                                 Outbox& outbox) {
  const auto now = clock_->now();
  core::Milestones milestones;
  if (const auto expiration = answer->expiration()) {
    milestones = policy_.milestones(now, *expiration - skew_->get(), random_);
    last_lifetime_ = duration_cast<milliseconds>(milestones.expires_at - now);
    next_attempt_ = due_in(policy_.pause_after_success(now, milestones));
  } else {
    last_lifetime_ = milliseconds::zero();
    next_attempt_ = {SteadyTime::max(), WallTime::max()};
  }
  current_ = {std::move(answer), milestones};
  error_.reset();
  failures_ = 0;
  keeps_alive_ = true;
  cell_.publish(current_.credentials, milestones, quiet_until(now));
  note_state(now, outbox);
  auto success = event(RefreshEvent::Type::success, now);
  success.latency = duration_cast<milliseconds>(clock_->steady_now() - flight.started);
  if (options().background_refresh && !source_->interactive() && next_attempt_.wall != WallTime::max()) {
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
    pause = policy_.error_ttl(random_);
    raise_error_until_ = core::saturating_add(clock_->steady_now(), pause);
  }
  next_attempt_ = due_in(pause);
  cell_.set_quiet_until(quiet_until(now));
  note_state(now, outbox);
  auto failure = event(RefreshEvent::Type::failure, now);
  failure.latency = duration_cast<milliseconds>(clock_->steady_now() - flight.started);
  failure.error = error;
  if (options().background_refresh && keeps_alive_ && !source_->interactive()) {
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
  const auto timer = scheduler_->run_at(due->steady, due->wall, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) {
      self->on_timer();
    }
  });
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
    if (flight_ && clock_->steady_now() >= flight_->deadline) {
      // Nobody waits for the answer any more. A source that does not heed this goes on, alone.
      overdue = flight_;
      flight_->deadline = SteadyTime::max();
    } else if (keeps_alive_ && may_ask_source() && !source_->interactive()) {
      opened = open_flight(outbox);
      cell_.set_quiet_until(quiet_until(clock_->now()));
    }
  }
  outbox.deliver();
  if (overdue) {
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
