#pragma once

#include "core/engine.hpp"

#include <aws_refresh_session/refreshing_provider.hpp>

#include <memory>
#include <utility>
#include <vector>

namespace aws_refresh_session {

/// Events on their way to observers: gathered under the engine's lock, delivered without it.
class RefreshingCredentialsProvider::Engine::Outbox {
 public:
  void add(const std::vector<std::weak_ptr<const RefreshObserver>>& observers, const RefreshEvent& event) {
    for (const auto& each : observers) {
      if (auto observer = each.lock()) {
        letters_.emplace_back(std::move(observer), event);
      }
    }
  }

  /// Not under a lock.
  void deliver() noexcept {
    for (const auto& [observer, event] : std::exchange(letters_, {})) {
      try {
        (*observer)(event);
      } catch (...) {  // NOLINT(bugprone-empty-catch): an observer must not stop a refresh
      }
    }
  }

 private:
  std::vector<std::pair<std::shared_ptr<const RefreshObserver>, RefreshEvent>> letters_;
};

}  // namespace aws_refresh_session
