#include "cli/cached_source.hpp"
#include "cli/commands.hpp"
#include "cli/demo_view.hpp"
#include "cli/status_view.hpp"
#include "cli/terminal.hpp"
#include "cli/usage_error.hpp"

#include <aws_refresh_session/clock.hpp>
#include <aws_refresh_session/credential_cache.hpp>

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

namespace aws_refresh_session::cli {
namespace {

/// Waits for a second, or until it is asked to stop: then false.
bool wait_a_second(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any changed;
  std::unique_lock lock{mutex};
  changed.wait_for(lock, stop, std::chrono::seconds{1}, [] { return false; });
  return !stop.stop_requested();
}

void watch(CredentialCache& cache, const std::stop_token& stop) {
  LiveScreen screen;
  do {
    const auto size = terminal_size(STDERR_FILENO);
    const auto now = system_clock()->now();
    screen.draw(status_lines(cache.list(), now, size.columns, wants_colour(STDERR_FILENO)), size.columns);
  } while (wait_a_second(stop));
}

}  // namespace

ExitCode run_status(const CommandLine& line, Messages& messages, const std::stop_token& stop) {
  const auto cache = open_cache();
  if (!cache) {
    messages.notice("the cache is switched off by AWS_REFRESH_SESSION_CACHE.");
  }
  if (line.status.clear) {
    const auto count = cache ? cache->clear() : 0;
    messages.notice(fmt::format("{} {} removed.", count, count == 1 ? "entry" : "entries"));
    return ExitCode::ok;
  }
  if (line.status.watch) {
    if (line.output.json || !is_live_terminal(STDERR_FILENO)) {
      throw UsageError{"--watch: needs a terminal, and no --json."};
    }
    if (cache) {
      watch(*cache, stop);
    }
    return ExitCode::ok;
  }
  const auto entries = cache ? cache->list() : std::vector<CacheEntry>{};
  const auto now = system_clock()->now();
  if (line.output.json) {
    write_result(status_json(entries, now) + "\n");
    return ExitCode::ok;
  }
  if (entries.empty()) {
    messages.notice("nothing is cached.");
    return ExitCode::ok;
  }
  std::string text;
  for (const auto& row : status_lines(entries, now, kUnlimitedColumns, wants_colour(STDOUT_FILENO))) {
    text += row + "\n";
  }
  write_result(text);
  return ExitCode::ok;
}

}  // namespace aws_refresh_session::cli
