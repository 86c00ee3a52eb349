#pragma once

#include "integration/radosgw/s3_client.hpp"

#include <aws_refresh_session/session.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace aws_refresh_session::testing {

/// What the readers of one session saw.
struct ReaderCounts {
  std::uint64_t puts = 0;
  std::uint64_t gets = 0;
  std::uint64_t lists = 0;
  /// Requests that S3 did not accept, by what it said.
  std::map<std::string, std::uint64_t> refused;
  /// Of these, the ones whose credentials expired while the request was on its way.
  std::uint64_t overtaken = 0;
  /// Reads of the session that threw, by the error's type and code.
  std::map<std::string, std::uint64_t> read_errors;
  /// Sets that were handed out after their expiration.
  std::uint64_t expired_reads = 0;
  /// Expiration by access key id of every set that was read.
  std::map<std::string, WallTime> sets;
  std::chrono::microseconds longest_read{0};
  WallTime last_read_error;
  /// Of the last request that S3 accepted.
  WallTime last_accepted;

  [[nodiscard]] std::uint64_t requests() const noexcept { return puts + gets + lists; }
  /// How many of the sets have expired: that many expiries the readers lived through.
  [[nodiscard]] std::uint64_t expiries(WallTime now) const noexcept;
};

/// Threads that PUT, GET and list objects with a session's credentials, without pause, until destroyed.
class ReaderLoad {
 public:
  /// \param name its objects' prefix in `bucket`, and its row in the table
  ReaderLoad(std::string name, std::shared_ptr<RefreshableSession> session, S3Client& s3, std::string bucket,
             unsigned threads);
  ~ReaderLoad();
  ReaderLoad(const ReaderLoad&) = delete;
  ReaderLoad& operator=(const ReaderLoad&) = delete;

  void stop();
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] ReaderCounts counts() const;

 private:
  void run(unsigned thread, const std::stop_token& stop);
  [[nodiscard]] CredentialsSnapshot read();
  void request(const Credentials& credentials, unsigned thread, std::uint64_t turn);

  std::string name_;
  std::shared_ptr<RefreshableSession> session_;
  S3Client& s3_;
  std::string bucket_;
  mutable std::mutex mutex_;
  ReaderCounts counts_;
  std::vector<std::jthread> threads_;
};

}  // namespace aws_refresh_session::testing
