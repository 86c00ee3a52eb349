#include "cli/demo_load.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <sys/resource.h>

#include <algorithm>
#include <condition_variable>
#include <utility>

namespace aws_refresh_session::cli {
namespace {

void add_one(std::atomic<std::uint64_t>& only_written_here) {
  only_written_here.store(only_written_here.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

/// \returns false if it was woken by `stop`
bool sleep_until(const std::stop_token& stop, std::chrono::steady_clock::time_point when) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock{mutex};
  wake.wait_until(lock, stop, when, [] { return false; });
  return !stop.stop_requested();
}

/// Of the calling thread, since it began.
std::uint64_t waits_so_far() {
  rusage usage{};
  return ::getrusage(RUSAGE_THREAD, &usage) == 0 ? static_cast<std::uint64_t>(usage.ru_nvcsw) : 0;
}

}  // namespace

ReadLoad::ReadLoad(RefreshableSession& session, int threads)
    : session_(session), counts_(static_cast<std::size_t>(threads)) {
  threads_.reserve(counts_.size());
  for (Counts& counts : counts_) {
    threads_.emplace_back([this, &counts](const std::stop_token& stop) { run(stop, counts); });
  }
}

void ReadLoad::stop() {
  for (std::jthread& thread : threads_) {
    thread.request_stop();
  }
  threads_.clear();
}

void ReadLoad::run(const std::stop_token& stop, Counts& counts) {
  constexpr std::chrono::microseconds kSlow{50};
  const std::uint64_t waits_before = waits_so_far();
  auto before = std::chrono::steady_clock::now();
  while (!stop.stop_requested()) {
    const auto asked = std::chrono::system_clock::now();
    try {
      const CredentialsSnapshot snapshot = session_.credentials();
      if (!snapshot || snapshot->expired(asked)) {
        add_one(counts.expired);
      }
    } catch (const Error& error) {
      add_one(counts.failed);
      const std::lock_guard lock{mutex_};
      if (first_error_.empty()) {
        first_error_ = error.what();
      }
    }
    add_one(counts.reads);
    const auto after = std::chrono::steady_clock::now();
    const auto taken = std::chrono::nanoseconds{after - before}.count();
    if (taken > counts.slowest.load(std::memory_order_relaxed)) {
      counts.slowest.store(taken, std::memory_order_relaxed);
    }
    if (taken > std::chrono::nanoseconds{kSlow}.count()) {
      counts.waits.store(waits_so_far() - waits_before, std::memory_order_relaxed);
    }
    before = after;
  }
}

ReadTotals ReadLoad::totals() const {
  ReadTotals totals;
  for (const Counts& counts : counts_) {
    totals.reads += counts.reads.load(std::memory_order_relaxed);
    totals.failed += counts.failed.load(std::memory_order_relaxed);
    totals.expired += counts.expired.load(std::memory_order_relaxed);
    totals.waits += counts.waits.load(std::memory_order_relaxed);
    totals.slowest = std::max(totals.slowest, std::chrono::nanoseconds{counts.slowest.load(std::memory_order_relaxed)});
  }
  return totals;
}

std::string ReadLoad::first_error() const {
  const std::lock_guard lock{mutex_};
  return first_error_;
}

RequestLoad::RequestLoad(RefreshableSession& session, StsClientOptions client, ProviderSeams seams, int per_second)
    : session_(session), client_(std::move(client)), seams_(std::move(seams)) {
  // Two, so that one slow answer does not stop the other requests.
  constexpr int kThreads = 2;
  const auto interval = std::chrono::nanoseconds{std::chrono::seconds{kThreads}} / per_second;
  threads_.reserve(kThreads);
  for (int i = 0; i < kThreads; ++i) {
    threads_.emplace_back([this, interval](const std::stop_token& stop) { run(stop, interval); });
  }
}

void RequestLoad::stop() {
  for (std::jthread& thread : threads_) {
    thread.request_stop();
  }
  threads_.clear();
}

void RequestLoad::run(const std::stop_token& stop, std::chrono::nanoseconds interval) {
  auto next = std::chrono::steady_clock::now();
  while (!stop.stop_requested()) {
    send(stop);
    // Not `now + interval`: a slow answer is made up for, up to a point.
    next = std::max(next + interval, std::chrono::steady_clock::now() - interval);
    if (!sleep_until(stop, next)) {
      return;
    }
  }
}

void RequestLoad::send(const std::stop_token& stop) {
  try {
    const CredentialsSnapshot snapshot = session_.credentials();
    const Identity identity = get_caller_identity(*snapshot, client_, seams_, stop);
    if (!identity.arn.empty()) {
      ++accepted_;
    }
  } catch (const RequestError& error) {
    fail(refused_, error);
  } catch (const Error& error) {
    if (!stop.stop_requested()) {
      fail(unanswered_, error);
    }
  }
}

void RequestLoad::fail(std::atomic<std::uint64_t>& counter, const Error& error) {
  ++counter;
  const std::lock_guard lock{mutex_};
  if (first_error_.empty()) {
    first_error_ = error.what();
  }
}

RequestTotals RequestLoad::totals() const {
  return {accepted_.load(), refused_.load(), unanswered_.load()};
}

std::string RequestLoad::first_error() const {
  const std::lock_guard lock{mutex_};
  return first_error_;
}

}  // namespace aws_refresh_session::cli
