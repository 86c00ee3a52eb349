#pragma once

#include "core/fork.hpp"
#include "core/mutex.hpp"

#include <curl/curl.h>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace aws_refresh_session::transport {

/// One thread's tools for one request at a time. The multi handle is what keeps connections, name lookups and the
/// parsed CA bundle between requests; it is not shared with others, because libcurl's sharing of connections between
/// threads (CURLSH with CURL_LOCK_DATA_CONNECT) is not safe: https://curl.se/libcurl/c/CURLSHOPT_SHARE.html
class CurlHandle {
 public:
  /// \throws std::bad_alloc
  CurlHandle();

  [[nodiscard]] CURL* easy() const noexcept { return easy_.get(); }
  [[nodiscard]] CURLM* multi() const noexcept { return multi_.get(); }

  /// Where its last request went: that connection is probably open.
  std::string origin;

 private:
  struct CloseMulti {
    void operator()(CURLM* multi) const noexcept { curl_multi_cleanup(multi); }
  };
  struct CloseEasy {
    void operator()(CURL* easy) const noexcept { curl_easy_cleanup(easy); }
  };
  // In this order: an easy handle goes before the multi handle it was used with.
  std::unique_ptr<CURLM, CloseMulti> multi_;
  std::unique_ptr<CURL, CloseEasy> easy_;
};

/// The idle handles of a transport, and all its sockets. Thread-safe.
class HandlePool final : public core::ForkParticipant {
 public:
  HandlePool();
  ~HandlePool() override;

  /// The handle last used for that origin, else the one last used at all, else a new one.
  [[nodiscard]] std::unique_ptr<CurlHandle> take(std::string_view origin) ARS_EXCLUDES(mutex_);
  /// Keeps the handle for the next request; closes the one that was idle longest if there are too many.
  void give_back(std::unique_ptr<CurlHandle> handle) noexcept ARS_EXCLUDES(mutex_);
  /// Makes the handle open and close its sockets through this pool, which must outlive it.
  void watch_sockets(CURL* easy) noexcept;

  void before_fork() noexcept override ARS_NO_THREAD_SAFETY_ANALYSIS;
  void after_fork_in_parent() noexcept override ARS_NO_THREAD_SAFETY_ANALYSIS;
  /// Forgets the handles without closing them: closing would send TLS close-notify on connections that the parent
  /// still uses. Their memory is given up on purpose; the child's copies of the sockets are closed, which the peer
  /// does not see.
  void after_fork_in_child() noexcept override ARS_NO_THREAD_SAFETY_ANALYSIS;

 private:
  static curl_socket_t open_socket(void* pool, curlsocktype purpose, curl_sockaddr* address) noexcept;
  static int close_socket(void* pool, curl_socket_t socket) noexcept;

  core::Mutex mutex_;
  /// Every open socket of every handle, those in use included: `fork` may come while other threads send.
  std::vector<curl_socket_t> sockets_ ARS_GUARDED_BY(mutex_);
  /// The one used last at the end.
  std::vector<std::unique_ptr<CurlHandle>> idle_ ARS_GUARDED_BY(mutex_);
};

}  // namespace aws_refresh_session::transport
