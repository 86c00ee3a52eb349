#include "server/listening_socket.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace aws_refresh_session::server {
namespace {

[[noreturn]] void refuse(std::string_view place, std::string_view why, std::string_view cure) {
  throw ConfigurationError{
      {.message = "Cannot listen at " + std::string{place} + ": " + std::string{why} + ". " + std::string{cure},
       .code = "CannotListen"}};
}

[[noreturn]] void refuse_by_system(std::string_view place, int error) {
  const bool taken = error == EADDRINUSE;
  refuse(place, std::strerror(error), taken ? "Choose another, or port 0 for a free one." : "Choose another place.");
}

union AnyAddress {
  sockaddr generic;
  sockaddr_in v4;
  sockaddr_in6 v6;
  sockaddr_un local;
};

/// The numeric address, and its family; 0 if it is none.
sa_family_t parse_address(const std::string& text, AnyAddress& address) {
  address = {};
  if (::inet_pton(AF_INET, text.c_str(), &address.v4.sin_addr) == 1) {
    return address.v4.sin_family = AF_INET;
  }
  if (::inet_pton(AF_INET6, text.c_str(), &address.v6.sin6_addr) == 1) {
    return address.v6.sin6_family = AF_INET6;
  }
  return 0;
}

std::string address_text(const AnyAddress& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const bool v4 = address.generic.sa_family == AF_INET;
  const void* bytes = v4 ? static_cast<const void*>(&address.v4.sin_addr) : &address.v6.sin6_addr;
  return ::inet_ntop(address.generic.sa_family, bytes, text.data(), text.size()) == nullptr ? "" : text.data();
}

core::FileDescriptor stream_socket(int family, std::string_view place) {
  core::FileDescriptor made{::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (!made) {
    refuse_by_system(place, errno);
  }
  return made;
}

void bind_and_listen(const core::FileDescriptor& socket, const AnyAddress& address, socklen_t size,
                     std::string_view place) {
  // As many as the kernel allows: who finds the queue full waits a whole second for TCP's next try.
  if (::bind(socket.get(), &address.generic, size) != 0 || ::listen(socket.get(), SOMAXCONN) != 0) {
    refuse_by_system(place, errno);
  }
}

/// A socket file whose owner is gone would be in the way for ever.
void remove_dead_socket(const std::string& path, const AnyAddress& address) {
  struct ::stat status {};
  if (::lstat(path.c_str(), &status) != 0 || !S_ISSOCK(status.st_mode)) {
    return;
  }
  const auto probe = stream_socket(AF_UNIX, path);
  if (::connect(probe.get(), &address.generic, sizeof address.local) != 0 && errno == ECONNREFUSED) {
    static_cast<void>(::unlink(path.c_str()));
  }
}

ListeningSocket open_unix_socket(const std::string& path) {
  AnyAddress address{};
  address.local.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.local.sun_path) {
    refuse(path, "the path of a unix socket is at most 107 bytes long", "Choose a shorter one.");
  }
  path.copy(address.local.sun_path, path.size());
  remove_dead_socket(path, address);
  ListeningSocket made{stream_socket(AF_UNIX, path), AF_UNIX, "localhost", 0, {}};
  // Before it has a name: Linux gives the file the socket's own mode, so that nobody else can connect at any moment.
  if (::fchmod(made.descriptor.get(), S_IRUSR | S_IWUSR) != 0) {
    refuse_by_system(path, errno);
  }
  bind_and_listen(made.descriptor, address, sizeof address.local, path);
  made.made_path = path;
  return made;
}

/// What a bound socket is bound to.
void describe(ListeningSocket& socket, std::string_view place) {
  AnyAddress address{};
  socklen_t size = sizeof address;
  if (::getsockname(socket.descriptor.get(), &address.generic, &size) != 0) {
    refuse_by_system(place, errno);
  }
  socket.family = address.generic.sa_family;
  if (socket.family == AF_UNIX) {
    socket.host = "localhost";
    return;
  }
  if (socket.family != AF_INET && socket.family != AF_INET6) {
    refuse(place, "it is neither a TCP nor a unix socket", "Hand over one of these.");
  }
  const auto text = address_text(address);
  if (!may_serve_at(text)) {
    refuse(place, "it is bound to " + text + ", where credentials would cross a network in the clear",
           "Bind it to 127.0.0.1, ::1 or a unix socket.");
  }
  const bool v4 = socket.family == AF_INET;
  socket.host = v4 ? text : "[" + text + "]";
  socket.port = ntohs(v4 ? address.v4.sin_port : address.v6.sin6_port);
}

ListeningSocket adopt(int descriptor) {
  const auto place = "the inherited descriptor " + std::to_string(descriptor);
  int listens = 0;
  int type = 0;
  socklen_t size = sizeof listens;
  if (::getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0 ||
      ::getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &size) != 0 || listens == 0 || type != SOCK_STREAM) {
    refuse(place, "it is no stream socket that listens", "Check the socket unit: ListenStream=, Accept=no.");
  }
  ListeningSocket adopted;
  adopted.descriptor = core::FileDescriptor{descriptor};
  const int flags = ::fcntl(descriptor, F_GETFL);
  if (flags < 0 || ::fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) < 0 ||
      ::fcntl(descriptor, F_SETFD, FD_CLOEXEC) < 0) {
    refuse_by_system(place, errno);
  }
  describe(adopted, place);
  return adopted;
}

ListeningSocket open_tcp_socket(const std::string& text, std::uint16_t port) {
  const auto place = text + " port " + std::to_string(port);
  AnyAddress address{};
  ListeningSocket made;
  made.family = parse_address(text, address);
  made.descriptor = stream_socket(made.family, place);
  const int on = 1;
  // Connections of a server that has just ended would keep a fixed port for a minute.
  static_cast<void>(::setsockopt(made.descriptor.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on));
  const bool v4 = made.family == AF_INET;
  (v4 ? address.v4.sin_port : address.v6.sin6_port) = htons(port);
  bind_and_listen(made.descriptor, address, v4 ? sizeof address.v4 : sizeof address.v6, place);
  describe(made, place);
  return made;
}

/// Accepted sockets inherit it.
void limit_hops(const ListeningSocket& socket) {
  const int one = 1;
  if (socket.family == AF_INET) {
    static_cast<void>(::setsockopt(socket.descriptor.get(), IPPROTO_IP, IP_TTL, &one, sizeof one));
  } else if (socket.family == AF_INET6) {
    static_cast<void>(::setsockopt(socket.descriptor.get(), IPPROTO_IPV6, IPV6_UNICAST_HOPS, &one, sizeof one));
  }
}

}  // namespace

bool may_serve_at(std::string_view address) {
  constexpr std::uint32_t kLoopbackNetwork = 127;
  constexpr unsigned kToFirstByte = 24;
  AnyAddress parsed{};
  const auto family = parse_address(std::string{address}, parsed);
  if (family == AF_INET) {
    const bool loopback = ntohl(parsed.v4.sin_addr.s_addr) >> kToFirstByte == kLoopbackNetwork;
    return loopback || address == "169.254.170.2" || address == "169.254.170.23";
  }
  return family == AF_INET6 && (address_text(parsed) == "::1" || address_text(parsed) == "fd00:ec2::23");
}

ListeningSocket open_listening_socket(const CredentialsServerOptions& options) {
  auto socket = options.listening_descriptor   ? adopt(*options.listening_descriptor)
                : !options.unix_socket.empty() ? open_unix_socket(options.unix_socket)
                                               : open_tcp_socket(options.address, options.port);
  if (options.imds) {
    limit_hops(socket);
  }
  return socket;
}

}  // namespace aws_refresh_session::server
