#pragma once

#include <mutex>
#include <utility>

namespace aws_refresh_session::emulator {

/// A value that can be touched under its lock only: what the lock guards is what is inside.
template <typename Value>
class Guarded {
 public:
  Guarded() = default;
  explicit Guarded(Value value) : value_(std::move(value)) {}

  /// Calls `use(Value&)` under the lock and returns its result by value. `use` must neither block nor call foreign
  /// code.
  template <typename Use>
  auto with(Use&& use) {
    const std::lock_guard lock{mutex_};
    return std::forward<Use>(use)(value_);
  }
  template <typename Use>
  auto with(Use&& use) const {
    const std::lock_guard lock{mutex_};
    return std::forward<Use>(use)(value_);
  }

 private:
  mutable std::mutex mutex_;
  Value value_;
};

}  // namespace aws_refresh_session::emulator
