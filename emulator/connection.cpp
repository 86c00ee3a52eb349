#include "emulator/connection.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <exception>

namespace aws_refresh_session::emulator {
namespace {

/// A client that says nothing for so long is dropped.
constexpr timeval kPatience{.tv_sec = 60, .tv_usec = 0};
constexpr int kDrainMilliseconds = 200;
constexpr int kDrainReads = 1'024;
constexpr std::size_t kChunk = 16'384;

}  // namespace

Connection::Connection(Socket socket, Limits limits)
    : socket_(std::move(socket)), limits_(limits), open_(socket_.get()) {
  const int on = 1;
  ::setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience);
}

void Connection::serve(const Handler& handler) noexcept {
  try {
    HttpRequest request;
    while (!interrupted_ && receive(request) == Received::request && answer(request, handler)) {
    }
  } catch (const std::exception&) {
    // Out of memory, at worst: this client loses its connection, the others do not.
    arm_reset();
  }
  open_.with([this](int& descriptor) {
    descriptor = -1;
    socket_.reset();
  });
}

void Connection::interrupt(bool reset) noexcept {
  interrupted_ = true;
  open_.with([reset](const int& descriptor) {
    if (descriptor < 0) {
      return;
    }
    if (reset) {
      const linger at_once{.l_onoff = 1, .l_linger = 0};
      ::setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }
    // Wakes the thread that reads. Closing for writing would send an orderly end before the reset.
    ::shutdown(descriptor, reset ? SHUT_RD : SHUT_RDWR);
  });
}

bool Connection::gone() const noexcept {
  if (interrupted_) {
    return true;
  }
  pollfd watched{.fd = socket_.get(), .events = POLLRDHUP, .revents = 0};
  return ::poll(&watched, 1, 0) > 0 && (watched.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

bool Connection::fill() {
  std::array<char, kChunk> chunk{};
  ssize_t count = 0;
  do {
    count = ::recv(socket_.get(), chunk.data(), chunk.size(), 0);
  } while (count < 0 && errno == EINTR);
  if (count <= 0) {
    return false;
  }
  buffer_.append(chunk.data(), static_cast<std::size_t>(count));
  return true;
}

bool Connection::send_all(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count <= 0) {
      return false;
    }
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

void Connection::refuse(int status) {
  if (send_all(serialize({.status = status, .headers = {}, .body = {}}, false, true))) {
    drain();
  }
}

/// Closing with unread bytes resets the connection, and the client would lose the answer: read some of them first.
void Connection::drain() noexcept {
  ::shutdown(socket_.get(), SHUT_WR);
  std::array<char, kChunk> chunk{};
  for (int reads = 0; reads < kDrainReads; ++reads) {
    pollfd watched{.fd = socket_.get(), .events = POLLIN, .revents = 0};
    if (::poll(&watched, 1, kDrainMilliseconds) <= 0 || ::recv(socket_.get(), chunk.data(), chunk.size(), 0) <= 0) {
      return;
    }
  }
}

Connection::Received Connection::receive(HttpRequest& request) {
  std::size_t end = std::string::npos;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (buffer_.size() > limits_.head) {
      refuse(431);
      return Received::refused;
    }
    if (!fill()) {
      return Received::closed;
    }
  }
  if (end > limits_.head) {
    refuse(431);
    return Received::refused;
  }
  auto parsed = parse_head(std::string_view{buffer_}.substr(0, end));
  buffer_.erase(0, end + 4);
  if (!parsed) {
    refuse(400);
    return Received::refused;
  }
  request = std::move(*parsed);
  if (request.header("Transfer-Encoding")) {
    refuse(411);
    return Received::refused;
  }
  std::size_t length = 0;
  const auto lengths = request.all("Content-Length");
  if (!lengths.empty()) {
    const auto text = lengths.front();
    const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), length);
    if (lengths.size() > 1 || rest != text.data() + text.size() ||
        (error != std::errc{} && error != std::errc::result_out_of_range)) {
      refuse(400);
      return Received::refused;
    }
    if (error == std::errc::result_out_of_range || length > limits_.body) {
      refuse(413);
      return Received::refused;
    }
  }
  if (buffer_.size() < length && lower(request.header("Expect").value_or("")) == "100-continue" &&
      !send_all("HTTP/1.1 100 Continue\r\n\r\n")) {
    return Received::closed;
  }
  while (buffer_.size() < length) {
    if (!fill()) {
      return Received::closed;
    }
  }
  request.body = buffer_.substr(0, length);
  buffer_.erase(0, length);
  return Received::request;
}

bool Connection::answer(const HttpRequest& request, const Handler& handler) {
  Reply reply;
  try {
    reply = handler(request, *this);
  } catch (const std::exception&) {
    reply.response = {.status = 500, .headers = {}, .body = {}};
  }
  if (interrupted_) {
    return false;
  }
  const std::string wish = lower(request.header("Connection").value_or(""));
  const bool close = request.http_1_0 ? wish != "keep-alive" : wish == "close";
  const bool head_only = request.method == "HEAD";
  switch (reply.ending) {
    case Ending::drop:
      return false;
    case Ending::reset:
      arm_reset();
      return false;
    case Ending::reset_mid_body: {
      const std::string whole = serialize(reply.response, head_only, close);
      send_all(std::string_view{whole}.substr(0, whole.size() - (reply.response.body.size() + 1) / 2));
      arm_reset();
      return false;
    }
    case Ending::keep:
      break;
  }
  return send_all(serialize(reply.response, head_only, close)) && !close;
}

void Connection::arm_reset() noexcept {
  // With nothing to linger for, close() discards what is unsent and sends RST (socket(7)).
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

}  // namespace aws_refresh_session::emulator
