#pragma once

#include "core/mutex.hpp"

#include <aws_refresh_session/credentials_server.hpp>

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

namespace aws_refresh_session::server {

/// A role that is served, and what has become of its refreshes. Thread-safe.
class RoleWatch {
 public:
  struct Attempt {
    WallTime time;
    std::chrono::milliseconds latency{0};
    /// Null for a success.
    std::shared_ptr<const Error> error;
  };
  struct History {
    std::uint64_t successes = 0;
    std::uint64_t failures = 0;
    /// The last ones, oldest first.
    std::deque<Attempt> attempts;
  };

  RoleWatch(ServedRole role, std::shared_ptr<const Clock> clock);

  [[nodiscard]] const ServedRole& role() const noexcept { return role_; }
  /// A set that has not expired, or an empty snapshot. Never waits; starts a refresh that is due.
  [[nodiscard]] CredentialsSnapshot usable_set() const;
  /// True when there is no use in waiting for a set until `until`: an attempt has failed since `asked_at`, or the
  /// source is not asked again before.
  [[nodiscard]] bool is_hopeless(SteadyTime asked_at, SteadyTime until) const;
  [[nodiscard]] History history() const;

 private:
  /// Shared with the observer, which may outlive the watch.
  struct Record {
    mutable core::Mutex mutex;
    History history ARS_GUARDED_BY(mutex);
    std::optional<SteadyTime> failed_at ARS_GUARDED_BY(mutex);
    SteadyTime next_attempt ARS_GUARDED_BY(mutex);
  };
  static void note(Record& record, const RefreshEvent& event, SteadyTime now);

  ServedRole role_;
  std::shared_ptr<const Clock> clock_;
  std::shared_ptr<Record> record_;
  std::shared_ptr<void> observer_;
};

}  // namespace aws_refresh_session::server
