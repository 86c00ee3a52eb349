#pragma once

#include <aws_refresh_session/exceptions.hpp>

#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace aws_refresh_session::support {

/// Keeps the process's warnings as long as it lives.
class RecordedWarnings {
 public:
  RecordedWarnings() {
    previous_ = set_warning_handler([this](const Warning& warning) {
      const std::scoped_lock lock{mutex_};
      warnings_.push_back(warning);
    });
  }
  ~RecordedWarnings() { set_warning_handler(std::move(previous_)); }
  RecordedWarnings(const RecordedWarnings&) = delete;
  RecordedWarnings& operator=(const RecordedWarnings&) = delete;

  [[nodiscard]] std::vector<std::string> places() const {
    const std::scoped_lock lock{mutex_};
    std::vector<std::string> places;
    for (const auto& warning : warnings_) {
      places.push_back(warning.place);
    }
    return places;
  }

  /// All messages, a line each.
  [[nodiscard]] std::string text() const {
    const std::scoped_lock lock{mutex_};
    std::string text;
    for (const auto& warning : warnings_) {
      text.append(warning.message).append(1, '\n');
    }
    return text;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<Warning> warnings_;
  WarningHandler previous_;
};

}  // namespace aws_refresh_session::support
