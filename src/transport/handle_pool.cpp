#include "transport/handle_pool.hpp"

#include "core/fork_safe_once.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <sys/socket.h>
#include <unistd.h>
#include <algorithm>
#include <new>
#include <utility>

namespace aws_refresh_session::transport {
namespace {

/// Idle handles: as many as there may be requests at once without a new connection for some of them.
constexpr std::size_t kMaxIdle = 16;
/// Connections that one idle handle may hold: a session's own endpoint and one or two more.
constexpr long kMaxConnectionsPerHandle = 4;

// NOLINTNEXTLINE(cppcoreguidelines-owning-memory): never destroyed, see ForkSafeOnce
core::ForkSafeOnce& initialised = *new core::ForkSafeOnce;

/// libcurl's process-wide state. Never undone: other code of the process may use libcurl, too.
void initialise_curl_once() {
  initialised.run([] {
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
      throw ConfigurationError{{.message =
                                    "libcurl could not be started, so nothing can be asked over the network. Check "
                                    "that libcurl.so.4 is installed (Debian: libcurl4) and that memory is left.",
                                .code = "LibcurlUnavailable"}};
    }
  });
}

}  // namespace

CurlHandle::CurlHandle() {
  initialise_curl_once();
  multi_.reset(curl_multi_init());
  easy_.reset(curl_easy_init());
  if (!multi_ || !easy_) {
    throw std::bad_alloc{};
  }
  curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, kMaxConnectionsPerHandle);
}

HandlePool::HandlePool() {
  idle_.reserve(kMaxIdle + 1);
  join_fork_registry();
}

HandlePool::~HandlePool() {
  leave_fork_registry();
  std::vector<std::unique_ptr<CurlHandle>> idle;
  {
    const core::MutexLock lock{mutex_};
    idle.swap(idle_);
  }
  // Closing them calls `close_socket`, which takes the lock.
  idle.clear();
}

std::unique_ptr<CurlHandle> HandlePool::take(std::string_view origin) {
  {
    const core::MutexLock lock{mutex_};
    if (!idle_.empty()) {
      auto found = std::find_if(idle_.rbegin(), idle_.rend(), [&](const auto& each) { return each->origin == origin; });
      if (found == idle_.rend()) {
        found = idle_.rbegin();
      }
      auto handle = std::move(*found);
      idle_.erase(std::next(found).base());
      return handle;
    }
  }
  return std::make_unique<CurlHandle>();
}

void HandlePool::give_back(std::unique_ptr<CurlHandle> handle) noexcept {
  std::unique_ptr<CurlHandle> surplus;  // destroyed after the lock is released
  const core::MutexLock lock{mutex_};
  idle_.push_back(std::move(handle));  // room was reserved
  if (idle_.size() > kMaxIdle) {
    surplus = std::move(idle_.front());
    idle_.erase(idle_.begin());
  }
}

void HandlePool::watch_sockets(CURL* easy) noexcept {
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &HandlePool::open_socket);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, this);
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, &HandlePool::close_socket);
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, this);
}

// The two callbacks open and close under the lock, so that a fork never finds a socket that is not listed, or a
// number that is listed but already means something else. Neither call blocks.
curl_socket_t HandlePool::open_socket(void* pool, curlsocktype /*purpose*/, curl_sockaddr* address) noexcept {
  auto& self = *static_cast<HandlePool*>(pool);
  const core::MutexLock lock{self.mutex_};
  try {
    self.sockets_.reserve(self.sockets_.size() + 1);
  } catch (const std::bad_alloc&) {
    return CURL_SOCKET_BAD;
  }
  const auto socket = ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  if (socket != CURL_SOCKET_BAD) {
    self.sockets_.push_back(socket);
  }
  return socket;
}

int HandlePool::close_socket(void* pool, curl_socket_t socket) noexcept {
  auto& self = *static_cast<HandlePool*>(pool);
  const core::MutexLock lock{self.mutex_};
  const auto last = std::remove(self.sockets_.begin(), self.sockets_.end(), socket);
  self.sockets_.erase(last, self.sockets_.end());
  return ::close(socket);
}

void HandlePool::before_fork() noexcept {
  mutex_.lock();
}

void HandlePool::after_fork_in_parent() noexcept {
  mutex_.unlock();
}

void HandlePool::after_fork_in_child() noexcept {
  for (const auto socket : sockets_) {
    ::close(socket);
  }
  sockets_.clear();
  for (auto& each : idle_) {
    static_cast<void>(each.release());  // NOLINT(bugprone-unused-return-value): given up on purpose, see the header
  }
  idle_.clear();
  mutex_.unlock();
}

}  // namespace aws_refresh_session::transport
