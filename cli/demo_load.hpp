#pragma once

/// \file
/// The demo's load: threads that read credentials, and threads that use them.

#include <aws_refresh_session/session.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace aws_refresh_session::cli {

struct ReadTotals {
  std::uint64_t reads = 0;
  std::uint64_t failed = 0;
  /// Reads that gave a set which had ended before the read began, by the wall clock.
  std::uint64_t expired = 0;
  /// Whatever the machine did to the thread meanwhile included.
  std::chrono::nanoseconds slowest{0};
  /// How often a reading thread gave up the processor to wait for something. A slow read without one was slowed down
  /// by the machine's other work.
  std::uint64_t waits = 0;
};

/// Threads that read without pause, from construction to destruction or `stop`.
class ReadLoad {
 public:
  /// \param session must outlive the load
  ReadLoad(RefreshableSession& session, int threads);
  ~ReadLoad() { stop(); }
  ReadLoad(const ReadLoad&) = delete;
  ReadLoad& operator=(const ReadLoad&) = delete;

  void stop();
  [[nodiscard]] ReadTotals totals() const;
  /// What the first failed read said; empty if none failed.
  [[nodiscard]] std::string first_error() const;

 private:
  static constexpr std::size_t kCacheLine = 64;
  /// One thread's counts: it alone writes them, and no other thread's share their cache line.
  struct alignas(kCacheLine) Counts {
    std::atomic<std::uint64_t> reads{0};
    std::atomic<std::uint64_t> failed{0};
    std::atomic<std::uint64_t> expired{0};
    std::atomic<std::int64_t> slowest{0};
    std::atomic<std::uint64_t> waits{0};
  };

  void run(const std::stop_token& stop, Counts& counts);

  RefreshableSession& session_;
  std::vector<Counts> counts_;
  mutable std::mutex mutex_;
  /// Guarded by `mutex_`.
  std::string first_error_;
  std::vector<std::jthread> threads_;
};

struct RequestTotals {
  std::uint64_t accepted = 0;
  /// The service answered with an error.
  std::uint64_t refused = 0;
  /// No answer, or no credentials to ask with.
  std::uint64_t unanswered = 0;
};

/// Threads that send signed requests at a steady rate in all, with the session's credentials of the moment.
class RequestLoad {
 public:
  RequestLoad(RefreshableSession& session, StsClientOptions client, ProviderSeams seams, int per_second);
  ~RequestLoad() { stop(); }
  RequestLoad(const RequestLoad&) = delete;
  RequestLoad& operator=(const RequestLoad&) = delete;

  void stop();
  [[nodiscard]] RequestTotals totals() const;
  [[nodiscard]] std::string first_error() const;

 private:
  void run(const std::stop_token& stop, std::chrono::nanoseconds interval);
  void send(const std::stop_token& stop);
  void fail(std::atomic<std::uint64_t>& counter, const Error& error);

  RefreshableSession& session_;
  StsClientOptions client_;
  ProviderSeams seams_;
  std::atomic<std::uint64_t> accepted_{0};
  std::atomic<std::uint64_t> refused_{0};
  std::atomic<std::uint64_t> unanswered_{0};
  mutable std::mutex mutex_;
  /// Guarded by `mutex_`.
  std::string first_error_;
  std::vector<std::jthread> threads_;
};

}  // namespace aws_refresh_session::cli
