#pragma once

#include "emulator/connection.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>

namespace aws_refresh_session::emulator {

/// Where requests wait that are answered late or never. Real time. Thread-safe.
class WaitingRoom {
 public:
  /// Waits `delay`, or until the peer is gone. \returns false if it is gone
  bool sleep(const Peer& peer, std::chrono::milliseconds delay);
  /// Waits for `release`, at most `limit`. \returns false if the limit is over or the peer is gone
  bool wait_for_release(const Peer& peer, std::optional<std::chrono::milliseconds> limit);
  /// Lets all go that wait for it now.
  void release();

 private:
  enum class Woken { released, timeout, peer_gone };
  Woken wait(const Peer& peer, std::optional<std::chrono::milliseconds> limit, bool heed_release);

  std::mutex mutex_;
  std::condition_variable changed_;
  /// Counts the releases. Guarded by mutex_.
  std::uint64_t releases_ = 0;
};

}  // namespace aws_refresh_session::emulator
