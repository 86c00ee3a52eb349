#include "cli/systemd.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>

namespace aws_refresh_session::cli {
namespace {

/// SD_LISTEN_FDS_START
constexpr int kFirstSocket = 3;

std::optional<long> number(const char* text) {
  if (text == nullptr) {
    return std::nullopt;
  }
  long value = 0;
  const char* end = text + std::strlen(text);
  const auto [rest, error] = std::from_chars(text, end, value);
  return error == std::errc{} && rest == end ? std::optional{value} : std::nullopt;
}

}  // namespace

std::optional<int> take_activation_socket() {
  const bool is_meant = number(std::getenv("LISTEN_PID")) == ::getpid();
  const auto count = number(std::getenv("LISTEN_FDS")).value_or(0);
  for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) {
    static_cast<void>(::unsetenv(name));
  }
  if (!is_meant || count < 1) {
    return std::nullopt;
  }
  if (count > 1) {
    throw ConfigurationError{
        {.message = "The service manager handed over " + std::to_string(count) +
                    " sockets, and this program serves at one. Leave one ListenStream= in the socket unit.",
         .code = "SocketActivation"}};
  }
  return kFirstSocket;
}

void notify_service_manager(std::string_view state) noexcept {
  const char* path = std::getenv("NOTIFY_SOCKET");
  sockaddr_un address{};
  const std::size_t length = path == nullptr ? 0 : std::strlen(path);
  if (length == 0 || length >= sizeof address.sun_path || (path[0] != '/' && path[0] != '@')) {
    return;
  }
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path, length);
  if (path[0] == '@') {
    // The abstract namespace.
    address.sun_path[0] = '\0';
  }
  const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket < 0) {
    return;
  }
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length);
  static_cast<void>(::sendto(socket, state.data(), state.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                             reinterpret_cast<const sockaddr*>(&address), size));
  ::close(socket);
}

}  // namespace aws_refresh_session::cli
