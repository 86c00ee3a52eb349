#include "cli/credentials_file_watch.hpp"

#include "cli/time_text.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace aws_refresh_session::cli {
namespace {

using namespace std::chrono_literals;

/// Between looks at the wall clock: a machine that slept must notice that the set has ended meanwhile.
constexpr auto kLongestWait = 30s;
/// After a file that could not be written, or a person who gave no code.
constexpr auto kPause = 10s;

/// What the engine's observer tells the loop. Owned by both: an observer may outlive its session.
class News {
 public:
  void announce() {
    {
      const std::lock_guard lock{mutex_};
      fresh_ = true;
    }
    wake_.notify_all();
  }

  /// Until there are news, `stop`, or `span` has passed.
  void wait(const std::stop_token& stop, std::chrono::milliseconds span) {
    std::unique_lock lock{mutex_};
    static_cast<void>(wake_.wait_for(lock, stop, span, [this] { return fresh_; }));
    fresh_ = false;
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any wake_;
  /// Guarded by `mutex_`.
  bool fresh_ = false;
};

/// How long nothing is to be expected: an engine that must ask a person refreshes only when it is asked.
std::chrono::milliseconds until_next_look(const RefreshingCredentialsProvider& engine) {
  const auto end = engine.expiration();
  if (!engine.interactive() || !end) {
    return kLongestWait;
  }
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(*end - std::chrono::system_clock::now());
  return std::clamp<std::chrono::milliseconds>(left, 0ms, kLongestWait);
}

std::string end_of(const Credentials& credentials) {
  return credentials.expiration() ? "good until " + utc_text(*credentials.expiration()) : "without an end";
}

}  // namespace

void watch_credentials_file(RefreshingCredentialsProvider& engine, const ProviderSeams& seams,
                            const std::string& written, CredentialsFileOptions options, Messages& messages,
                            const std::stop_token& stop) {
  const auto news = std::make_shared<News>();
  const auto observing = engine.observe([news](const RefreshEvent& event) {
    if (event.type == RefreshEvent::Type::success || event.type == RefreshEvent::Type::failure) {
      news->announce();
    }
  });
  options.replaceable_key_id = written;
  std::chrono::milliseconds pause = 0ms;
  while (!stop.stop_requested()) {
    news->wait(stop, std::max(pause, pause > 0ms ? 0ms : until_next_look(engine)));
    if (stop.stop_requested()) {
      return;
    }
    pause = 0ms;
    try {
      const Credentials credentials = engine.resolve({.stop = stop, .foreground = true});
      if (credentials.access_key_id() != options.replaceable_key_id) {
        write_credentials_file(credentials, options, seams, stop);
        options.replaceable_key_id = credentials.access_key_id();
        messages.detail(fmt::format("wrote profile {}: {}", options.profile, end_of(credentials)));
      }
      if (const auto error = engine.last_error()) {
        messages.warning(
            fmt::format("the refresh failed, the profile keeps its keys ({}): {}", end_of(credentials), error->what()));
      }
    } catch (const Error& error) {
      if (!stop.stop_requested()) {
        messages.warning(fmt::format("the profile was not written again: {}", error.what()));
      }
      pause = kPause;
    }
  }
}

}  // namespace aws_refresh_session::cli
