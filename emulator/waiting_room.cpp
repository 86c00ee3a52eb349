#include "emulator/waiting_room.hpp"

#include <algorithm>

namespace aws_refresh_session::emulator {
namespace {

/// How long a client that has gone away, or a server that stops, may go unnoticed.
constexpr std::chrono::milliseconds kPeerCheck{10};

}  // namespace

bool WaitingRoom::sleep(const Peer& peer, std::chrono::milliseconds delay) {
  return wait(peer, delay, false) != Woken::peer_gone;
}

bool WaitingRoom::wait_for_release(const Peer& peer, std::optional<std::chrono::milliseconds> limit) {
  return wait(peer, limit, true) == Woken::released;
}

void WaitingRoom::release() {
  const std::lock_guard lock{mutex_};
  ++releases_;
  changed_.notify_all();
}

WaitingRoom::Woken WaitingRoom::wait(const Peer& peer, std::optional<std::chrono::milliseconds> limit,
                                     bool heed_release) {
  const auto start = std::chrono::steady_clock::now();
  std::unique_lock lock{mutex_};
  const std::uint64_t before = releases_;
  while (true) {
    if (heed_release && releases_ != before) {
      return Woken::released;
    }
    if (peer.gone()) {
      return Woken::peer_gone;
    }
    const auto waited = std::chrono::steady_clock::now() - start;
    if (limit && waited >= *limit) {
      return Woken::timeout;
    }
    using Duration = std::chrono::steady_clock::duration;
    changed_.wait_for(lock, limit ? std::min<Duration>(kPeerCheck, *limit - waited) : Duration{kPeerCheck});
  }
}

}  // namespace aws_refresh_session::emulator
