#include "cli/demo_events.hpp"

#include "cli/output.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace aws_refresh_session::cli {
namespace {

double seconds(std::chrono::milliseconds span) {
  return std::chrono::duration<double>{span}.count();
}

}  // namespace

std::string event_text(const RefreshEvent& event) {
  const std::string next =
      event.next_attempt ? fmt::format("; next attempt in {:.1f} s", seconds(*event.next_attempt)) : "";
  switch (event.type) {
    case RefreshEvent::Type::success:
      return fmt::format("refreshed in {} ms: {}", event.latency.count(), event.access_key_id);
    case RefreshEvent::Type::failure: {
      const std::string why = event.error == nullptr        ? "no reason given"
                              : event.error->code().empty() ? one_line(event.error->message())
                                                            : event.error->code();
      return fmt::format("attempt failed after {} ms: {}{}", event.latency.count(), why, next);
    }
    case RefreshEvent::Type::state_change:
      // Fresh and advisory are the everyday course of things.
      if (event.state == Freshness::mandatory || event.state == Freshness::expired) {
        return fmt::format("{} is {}", event.access_key_id, to_string(event.state));
      }
      return {};
    case RefreshEvent::Type::invalidated:
      return fmt::format("{} was dropped", event.access_key_id);
    case RefreshEvent::Type::attempt:
      break;
  }
  return {};
}

void DemoEvents::record(const RefreshEvent& event) {
  const std::string text = event_text(event);
  const std::lock_guard lock{mutex_};
  if (event.type == RefreshEvent::Type::success) {
    ++successes_;
  }
  if (event.type == RefreshEvent::Type::failure) {
    ++failures_;
  }
  if (event.type == RefreshEvent::Type::attempt) {
    next_attempt_.reset();
  } else if (event.next_attempt) {
    next_attempt_ = std::chrono::steady_clock::now() + *event.next_attempt;
  }
  if (!text.empty()) {
    append(text);
  }
}

void DemoEvents::note(std::string_view text) {
  const std::lock_guard lock{mutex_};
  append(text);
}

DemoEvents::State DemoEvents::state() const {
  const std::lock_guard lock{mutex_};
  State state;
  state.successes = successes_;
  state.failures = failures_;
  if (next_attempt_) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(*next_attempt_ - std::chrono::steady_clock::now());
    state.next_attempt = std::max(left, std::chrono::milliseconds{0});
  }
  state.lines.assign(newest_.begin(), newest_.end());
  return state;
}

std::vector<std::string> DemoEvents::take_new() {
  const std::lock_guard lock{mutex_};
  return std::exchange(new_, {});
}

void DemoEvents::append(std::string_view text) {
  constexpr std::size_t kKept = 50;
  const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start_);
  std::string line = fmt::format("{:6.1f} s  {}", seconds(since), text);
  newest_.push_back(line);
  if (newest_.size() > kKept) {
    newest_.pop_front();
  }
  // A live view never takes them.
  if (new_.size() < kKept) {
    new_.push_back(std::move(line));
  }
}

}  // namespace aws_refresh_session::cli
