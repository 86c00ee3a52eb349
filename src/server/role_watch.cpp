#include "server/role_watch.hpp"

#include <utility>

namespace aws_refresh_session::server {

RoleWatch::RoleWatch(ServedRole role, std::shared_ptr<const Clock> clock)
    : role_(std::move(role)),
      clock_(std::move(clock)),
      record_(std::make_shared<Record>()),
      observer_(role_.provider->observe([record = record_, time = clock_](const RefreshEvent& event) {
        note(*record, event, time->steady_now());
      })) {}

void RoleWatch::note(Record& record, const RefreshEvent& event, SteadyTime now) {
  constexpr std::size_t kMostAttempts = 20;
  const bool success = event.type == RefreshEvent::Type::success;
  if (!success && event.type != RefreshEvent::Type::failure) {
    return;
  }
  const core::MutexLock lock{record.mutex};
  auto& [successes, failures, attempts] = record.history;
  ++(success ? successes : failures);
  attempts.push_back({event.time, event.latency, event.error});
  if (attempts.size() > kMostAttempts) {
    attempts.pop_front();
  }
  record.failed_at = success ? std::nullopt : std::optional{now};
  // Without a time of its own the engine asks as soon as a reader comes.
  record.next_attempt = now + event.next_attempt.value_or(std::chrono::milliseconds{0});
}

CredentialsSnapshot RoleWatch::usable_set() const {
  auto set = role_.provider->try_credentials();
  return set && !set->empty() && !set->expired(clock_->now()) ? set : CredentialsSnapshot{};
}

bool RoleWatch::is_hopeless(SteadyTime asked_at, SteadyTime until) const {
  const core::MutexLock lock{record_->mutex};
  return record_->failed_at && (*record_->failed_at >= asked_at || record_->next_attempt > until);
}

RoleWatch::History RoleWatch::history() const {
  const core::MutexLock lock{record_->mutex};
  return record_->history;
}

}  // namespace aws_refresh_session::server
