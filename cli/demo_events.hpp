#pragma once

#include <aws_refresh_session/refreshing_provider.hpp>

#include <chrono>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aws_refresh_session::cli {

/// One line for a person; empty for events that say nothing new.
[[nodiscard]] std::string event_text(const RefreshEvent& event);

/// Collects what happens during the demo, from any thread.
class DemoEvents {
 public:
  void record(const RefreshEvent& event);
  /// A line of the demo's own.
  void note(std::string_view text);

  struct State {
    std::uint64_t successes = 0;
    std::uint64_t failures = 0;
    /// Until the engine asks again by itself.
    std::optional<std::chrono::milliseconds> next_attempt;
    /// The newest lines, oldest first.
    std::vector<std::string> lines;

    /// The first set is no refresh.
    [[nodiscard]] std::uint64_t refreshes() const noexcept { return successes > 0 ? successes - 1 : 0; }
  };
  [[nodiscard]] State state() const;

  /// The lines since the last call.
  [[nodiscard]] std::vector<std::string> take_new();

 private:
  void append(std::string_view text);

  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  mutable std::mutex mutex_;
  // All guarded by `mutex_`.
  std::uint64_t successes_ = 0;
  std::uint64_t failures_ = 0;
  std::optional<std::chrono::steady_clock::time_point> next_attempt_;
  std::deque<std::string> newest_;
  std::vector<std::string> new_;
};

}  // namespace aws_refresh_session::cli
