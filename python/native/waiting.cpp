#include "python/native/waiting.hpp"

#include "python/native/errors.hpp"
#include "python/native/gate.hpp"

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace aws_refresh_session::python {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kSlice{100};

using Attempt = std::function<CredentialsSnapshot(milliseconds)>;

/// How the first refresh ended that ended since this object was made. Written once, without a lock: after a fork() the
/// engine of the child may still tell it.
class Outcome {
 public:
  void tell(const RefreshEvent& event) {
    const bool ended = event.type == RefreshEvent::Type::failure || event.type == RefreshEvent::Type::success;
    if (ended && !claimed_.exchange(true)) {
      error_ = event.error;
      told_.store(true);
    }
  }
  [[nodiscard]] bool succeeded() const noexcept { return told_.load() && !error_; }
  /// Null unless it failed.
  [[nodiscard]] std::shared_ptr<const Error> error() const { return told_.load() ? error_ : nullptr; }

 private:
  std::atomic<bool> claimed_{false};
  std::atomic<bool> told_{false};
  std::shared_ptr<const Error> error_;
};

/// \param any_set as in `wait_in_slices`: false for a reader who wanted a refresh
[[noreturn]] void throw_timeout(const OpenSession& open, TimeLimit limit, bool any_set) {
  const auto state = open.provider->state();
  const bool stays = !any_set && state != Freshness::none && state != Freshness::expired;
  throw CredentialError{
      {.message = std::string{stays ? "The refresh was not over within " : "No usable credentials within "} +
                  std::to_string(limit.duration.count()) + " ms: the source '" + std::string{open.provider->name()} +
                  "' has not answered yet. It is still being asked" +
                  (stays ? ". The set in use stays; give more time with " : "; read again, or give more time with ") +
                  limit.name + ".",
       .code = "RefreshTimeout",
       .param = limit.name,
       .kind = ErrorKind::recoverable}};
}

bool is_timeout(const Error& error) {
  return error.code() == "RefreshTimeout" && dynamic_cast<const CredentialError*>(&error) != nullptr;
}

void check_signals() {
  UnwindTrap trap;
  const bool raised = PyErr_CheckSignals() != 0;
  trap.disarm();
  if (raised) {
    throw PythonException::fetch();
  }
}

/// One slice: a set, or an empty snapshot if only the slice is over.
CredentialsSnapshot try_slice(const OpenSession& open, const Attempt& attempt, milliseconds slice,
                              const Outcome& outcome, bool any_set) {
  if (const auto error = outcome.error()) {
    // The refresh that failed may be one in the background, while there is a set that will do. Without one, asking for
    // it would call the source again.
    const bool may_do = any_set && open.provider->state() != Freshness::none;
    if (auto usable = may_do ? open.provider->try_credentials() : CredentialsSnapshot{}) {
      return usable;
    }
    error->raise();
  }
  const auto end = steady_clock::now() + slice;
  try {
    return attempt(slice);
  } catch (const Error& error) {
    if (const auto missed = outcome.error()) {
      missed->raise();
    }
    // An error of this code may come from a source that itself waited for another session.
    if (!is_timeout(error) || steady_clock::now() < end) {
      throw;
    }
    return {};
  }
}

/// A reader's thread does not come back into an interpreter that ends.
struct Lingering {
  Lingering() = default;
  Lingering(const Lingering&) = delete;
  Lingering& operator=(const Lingering&) = delete;
  ~Lingering() { linger(); }
};

/// Whether a set that ran out is handed out only because the slice is over.
bool is_premature(const OpenSession& open, const CredentialsSnapshot& answer) {
  return answer.freshness() == Freshness::expired && !open.provider->last_error();
}

/// \param any_set whether a set that was there before will do
/// \param longest the slice, looked at anew each time
CredentialsSnapshot wait_in_slices(const OpenSession& open, TimeLimit limit, bool any_set,
                                   const std::function<milliseconds()>& longest, Attempt attempt) {
  const auto deadline = steady_clock::now() + limit.duration;
  const auto outcome = std::make_shared<Outcome>();
  const auto watch = without_gil(
      [&] { return open.provider->observe([outcome](const RefreshEvent& event) { outcome->tell(event); }); });
  while (true) {
    const auto slice = longest();
    const auto left = std::max(milliseconds{0}, std::chrono::ceil<milliseconds>(deadline - steady_clock::now()));
    auto answer = without_gil([&] {
      const Lingering lingering;
      auto found = try_slice(open, attempt, std::min(left, slice), *outcome, any_set);
      const bool wait_on = found && left > slice && is_premature(open, found);
      return wait_on ? CredentialsSnapshot{} : std::move(found);
    });
    if (answer) {
      return answer;
    }
    check_signals();
    if (open.closed.load()) {
      throw_closed();
    }
    if (left <= slice) {
      throw_timeout(open, limit, any_set);
    }
    if (outcome->succeeded()) {
      // The refresh that was waited for is over: asking for one once more would make another call.
      attempt = [&](milliseconds time) { return open.provider->credentials(time); };
    }
  }
}

}  // namespace

CredentialsSnapshot wait_for_set(const OpenSession& open, TimeLimit limit) {
  const auto slice = [&] {
    // A person who is asked on this thread must have all the time there is, and Python handles signals meanwhile.
    if (open.provider->interactive()) {
      return limit.duration;
    }
    // The engine waits for a better set that long, and would begin anew in the next slice.
    return open.provider->state() == Freshness::mandatory ? kSlice + open.mandatory_wait : kSlice;
  };
  return wait_in_slices(open, limit, true, slice, [&](milliseconds time) { return open.provider->credentials(time); });
}

CredentialsSnapshot wait_for_refresh(const OpenSession& open, TimeLimit limit) {
  const auto slice = [&] { return open.provider->interactive() ? limit.duration : kSlice; };
  return wait_in_slices(open, limit, false, slice, [&](milliseconds time) { return open.provider->refresh_now(time); });
}

}  // namespace aws_refresh_session::python
