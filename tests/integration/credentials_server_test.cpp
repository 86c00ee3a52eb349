#include <aws_refresh_session/credentials_server.hpp>
#include <aws_refresh_session/exceptions.hpp>

#include "secret_registry.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>
#include <filesystem>
#include <latch>
#include <memory>
#include <thread>
#include <vector>

namespace aws_refresh_session {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using Now = std::chrono::steady_clock;

class Source final : public CredentialsProvider {
 public:
  explicit Source(std::string id, std::shared_ptr<std::latch> door = {}) : id_(std::move(id)), door_(std::move(door)) {}
  Credentials resolve(const ResolveContext& context) override {
    while (door_ && !door_->try_wait() && !context.stop.stop_requested()) {
      std::this_thread::sleep_for(1ms);
    }
    return {id_, "secret-SECRETCANARY", "token-SECRETCANARY", std::chrono::system_clock::now() + 1h};
  }
  [[nodiscard]] std::string_view name() const noexcept override { return "test"; }

 private:
  std::string id_;
  std::shared_ptr<std::latch> door_;
};

std::vector<ServedRole> role(std::shared_ptr<std::latch> door = {}) {
  return {{.name = "build",
           .provider = std::make_shared<RefreshingCredentialsProvider>(std::make_shared<Source>("ASIABUILD", door))}};
}

/// A client that sends what it is told, byte for byte.
class Raw {
 public:
  explicit Raw(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  explicit Raw(const std::string& path) : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    connected_ = ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  Raw(Raw&& other) noexcept : socket_(std::exchange(other.socket_, -1)), connected_(other.connected_) {}
  ~Raw() {
    if (socket_ >= 0) {
      ::close(socket_);
    }
  }
  [[nodiscard]] bool connected() const { return connected_; }

  bool send(std::string_view text) {
    while (!text.empty()) {
      const auto sent = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) {
        return false;
      }
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  void end() { ::shutdown(socket_, SHUT_WR); }

  /// One answer; what there is when the server closes first.
  std::string answer(std::chrono::milliseconds limit = 10s) {
    const auto until = Now::now() + limit;
    for (;;) {
      const auto head = pending_.find("\r\n\r\n");
      if (head != std::string::npos) {
        const auto field = pending_.find("Content-Length: ");
        const auto size = field < head ? std::stoul(pending_.substr(field + 16)) : 0;
        if (pending_.size() >= head + 4 + size) {
          auto whole = pending_.substr(0, head + 4 + size);
          pending_.erase(0, whole.size());
          return whole;
        }
      }
      if (!read_some(until)) {
        return std::exchange(pending_, {});
      }
    }
  }
  /// True if the server closes within the limit.
  bool closed_within(std::chrono::milliseconds limit) {
    const auto until = Now::now() + limit;
    while (read_some(until)) {
    }
    return closed_;
  }

 private:
  bool read_some(Now::time_point until) {
    pollfd readable{socket_, POLLIN, 0};
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Now::now()).count();
    char buffer[4096];
    if (left <= 0 || ::poll(&readable, 1, static_cast<int>(left)) <= 0) {
      return false;
    }
    const auto got = ::recv(socket_, buffer, sizeof buffer, 0);
    if (got <= 0) {
      closed_ = true;
      return false;
    }
    pending_.append(buffer, static_cast<std::size_t>(got));
    return true;
  }

  int socket_;
  bool connected_ = false;
  bool closed_ = false;
  std::string pending_;
};

class CredentialsServerIntegration : public ::testing::Test {
 protected:
  void start(CredentialsServerOptions options = {}, std::vector<ServedRole> roles = role()) {
    server.emplace(std::move(roles), std::move(options));
    testing::register_secret(server->token().reveal());
    server->start();
    const auto url = server->endpoint();
    if (url.rfind(':') > 5) {
      port = static_cast<std::uint16_t>(std::stoul(url.substr(url.rfind(':') + 1)));
    }
  }
  [[nodiscard]] std::string get(std::string_view target = "/role/build", std::string_view more = "") const {
    return "GET " + std::string{target} +
           " HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: " + std::string{server->token().reveal()} + "\r\n" +
           std::string{more} + "\r\n";
  }
  [[nodiscard]] std::string ask(std::string_view request) const {
    Raw client{port};
    EXPECT_TRUE(client.send(request));
    return client.answer();
  }
  void expect_good() const { EXPECT_THAT(ask(get()), StartsWith("HTTP/1.1 200 OK\r\n")); }

  std::optional<CredentialsServer> server;
  std::uint16_t port = 0;
};

TEST_F(CredentialsServerIntegration, UriNamesWhereTheRoleIsServed) {
  start();
  EXPECT_EQ(server->uri("build"), "http://127.0.0.1:" + std::to_string(port) + "/role/build");
  EXPECT_THROW(static_cast<void>(server->uri("nobody")), ValidationError);
  const auto answer = ask(get());
  EXPECT_THAT(answer, HasSubstr("{\"AccessKeyId\":\"ASIABUILD\""));
  EXPECT_THAT(answer, HasSubstr("Cache-Control: no-store\r\n"));
}

TEST_F(CredentialsServerIntegration, ConnectionIsKept) {
  start();
  Raw client{port};
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(client.send(get()));
    ASSERT_THAT(client.answer(), StartsWith("HTTP/1.1 200"));
  }
}

TEST_F(CredentialsServerIntegration, PipelinedRequestsAreAnsweredInOrder) {
  start();
  Raw client{port};
  client.send(get() + get("/nothing") + get() + "GET / HTTP/1.1\r\n\r\n");
  EXPECT_THAT(client.answer(), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(client.answer(), StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(client.answer(), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(client.answer(), StartsWith("HTTP/1.1 400"));
}

TEST_F(CredentialsServerIntegration, HeadHasTheLengthAndNoBody) {
  start();
  Raw client{port};
  client.send("HEAD /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  std::this_thread::sleep_for(50ms);
  const auto answer = client.answer(500ms);
  EXPECT_THAT(answer, HasSubstr("Content-Length: "));
  EXPECT_THAT(answer, ::testing::EndsWith("\r\n\r\n"));
}

TEST_F(CredentialsServerIntegration, OldHttpIsAnsweredAndClosed) {
  start();
  Raw client{port};
  client.send("GET /role/build HTTP/1.0\r\nHost: 127.0.0.1\r\nAuthorization: " + std::string{server->token().reveal()} +
              "\r\n\r\n");
  EXPECT_THAT(client.answer(), StartsWith("HTTP/1.0 200"));
  EXPECT_TRUE(client.closed_within(5s));
}

TEST_F(CredentialsServerIntegration, NonsenseIsRefusedAndTheServerGoesOn) {
  start();
  const auto token = std::string{server->token().reveal()};
  const std::vector<std::pair<std::string, std::string>> cases{
      {"\r\n\r\n\r\n", ""},
      {"nonsense\r\n\r\n", "400"},
      {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "400"},
      {"GET /role/build HTTP/2.0\r\nHost: 127.0.0.1\r\n\r\n", "400"},
      {"GET /role/build\r\n\r\n", "400"},
      {"GET  /role/build HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", "400"},
      {"GET /role/build HTTP/1.1\nHost: 127.0.0.1\n\n", "400"},
      {"GET /role/build HTTP/1.1\r\nHost : 127.0.0.1\r\n\r\n", "400"},
      {"GET /role/build HTTP/1.1\r\n Host: 127.0.0.1\r\n\r\n", "400"},
      {"GET /role/build HTTP/1.1\r\nAuthorization: " + token + "\r\n\r\n", "400"},
      {"GET /role/build HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil\r\nAuthorization: " + token + "\r\n\r\n", "400"},
      {"GET /role/build HTTP/1.1\r\nHost: evil.example\r\nAuthorization: " + token + "\r\n\r\n", "403"},
      {"GET /role/build HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", "401"},
      {"GET /role/build HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: " + token + "x\r\n\r\n", "401"},
      {"GET /role/build HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: " + token + "\r\nAuthorization: " + token +
           "\r\n\r\n",
       "401"},
      {"POST /role/build HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: " + token + "\r\nContent-Length: 0\r\n\r\n",
       "405"},
      {"BREW /role/build HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: " + token + "\r\n\r\n", "405"},
      {"OPTIONS * HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: " + token + "\r\n\r\n", "405"},
      {get("/role/build", "Content-Length: 5\r\n") + "hello", "413"},
      {get("/role/build", "Transfer-Encoding: chunked\r\n") + "0\r\n\r\n", "413"},
      {get("/role/build", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), "400"},
      {get("/role/build", "Content-Length: 99999999999999999999999\r\n"), "400"},
      {get("/role/build", "Content-Length: -1\r\n"), "400"},
      {get("/role/build/"), "404"},
      {get("//role/build"), "404"},
      {get("/./role/build"), "404"},
      {get("/x/../role/build"), "404"},
      {get("/%72ole/build"), "404"},
      {get("/role/build#x"), "404"},
      {get("/role/build", "X-Forwarded-For: 1.2.3.4\r\n"), "403"},
      {get("/role/build", "Origin: https://evil.example\r\n"), "403"},
      {get("/" + std::string(7'000, 'a')), "404"},
      {get("/" + std::string(9'000, 'a')), "431"},
  };
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const auto& [request, status] = cases[i];
    Raw client{port};
    client.send(request);
    client.end();
    const auto answer = client.answer();
    const auto shown = answer.substr(0, 30);
    EXPECT_TRUE(status.empty() ? answer.empty() || answer.substr(9, 1) == "4" : answer.substr(9, 3) == status)
        << "case " << i << " wants " << status << ": " << shown;
    EXPECT_TRUE(answer.find("SECRETCANARY") == std::string::npos) << "case " << i;
  }
  expect_good();
}

TEST_F(CredentialsServerIntegration, MegabyteOfHeadersIsRefused) {
  start();
  Raw client{port};
  client.send("GET /role/build HTTP/1.1\r\nHost: 127.0.0.1\r\n");
  const std::string line = "X-Filler: " + std::string(1'000, 'x') + "\r\n";
  for (int i = 0; i < 1'024 && client.send(line); ++i) {
  }
  EXPECT_THAT(client.answer(), StartsWith("HTTP/1.1 431"));
  EXPECT_TRUE(client.closed_within(5s));
  expect_good();
}

TEST_F(CredentialsServerIntegration, LimitOfARequestIsTheOptions) {
  for (const auto& [limit, bytes, status] :
       {std::tuple{2'048, 3'000, "431"}, std::tuple{16'384, 12'000, "200"}, std::tuple{16'384, 17'000, "431"}}) {
    CredentialsServerOptions options;
    options.limits.max_request_bytes = static_cast<std::size_t>(limit);
    start(std::move(options));
    EXPECT_THAT(ask(get("/role/build", "X-Filler: " + std::string(static_cast<std::size_t>(bytes), 'x') + "\r\n")),
                StartsWith(std::string{"HTTP/1.1 "} + status))
        << limit << " " << bytes;
  }
}

TEST_F(CredentialsServerIntegration, SlowLorisIsCutOff) {
  CredentialsServerOptions options;
  options.limits.request_timeout = 300ms;
  start(std::move(options));
  const auto begun = Now::now();
  Raw client{port};
  const auto request = get();
  std::size_t sent = 0;
  while (sent < request.size() && !client.closed_within(20ms) && client.send(request.substr(sent, 1))) {
    ++sent;
  }
  EXPECT_LT(sent, request.size());
  EXPECT_LT(Now::now() - begun, 5s);
  Raw silent{port};
  EXPECT_TRUE(silent.closed_within(5s));
  expect_good();
}

TEST_F(CredentialsServerIntegration, HalfRequestsAndVanishingClientsHurtNobody) {
  start();
  const auto request = get();
  for (std::size_t cut = 0; cut < request.size(); ++cut) {
    Raw client{port};
    client.send(std::string_view{request}.substr(0, cut));
  }
  for (int i = 0; i < 50; ++i) {
    Raw client{port};
    client.send(request + request + request);
  }
  expect_good();
}

TEST_F(CredentialsServerIntegration, TenThousandConnectionsAreBoundedAndAnotherIsServed) {
  CredentialsServerOptions options;
  options.limits.max_connections = 100;
  start(std::move(options));
  ::rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const auto held_at_once = std::min<std::size_t>(limit.rlim_cur / 2, 5'000);
  std::deque<Raw> held;
  for (int i = 0; i < 10'000; ++i) {
    if (held.size() >= held_at_once) {
      held.pop_front();
    }
    held.emplace_back(port);
    if (i % 500 == 0) {
      const auto begun = Now::now();
      expect_good();
      EXPECT_LT(Now::now() - begun, 1s) << i;
    }
  }
  const auto metrics = ask(get("/metrics"));
  const auto open = metrics.find("\naws_refresh_session_connections ");
  ASSERT_NE(open, std::string::npos);
  EXPECT_LE(std::stoi(metrics.substr(open + 33)), 101);
}

TEST_F(CredentialsServerIntegration, FirstSetIsWaitedForButNotForLong) {
  const auto door = std::make_shared<std::latch>(1);
  start({}, role(door));
  const auto begun = Now::now();
  EXPECT_THAT(ask(get()), StartsWith("HTTP/1.1 503"));
  EXPECT_GE(Now::now() - begun, 850ms);
  EXPECT_LT(Now::now() - begun, 1'500ms);

  std::thread opener{[&] {
    std::this_thread::sleep_for(100ms);
    door->count_down();
  }};
  EXPECT_THAT(ask(get()), StartsWith("HTTP/1.1 200"));
  opener.join();
}

TEST_F(CredentialsServerIntegration, StopLetsARequestThatCameBeAnswered) {
  const auto door = std::make_shared<std::latch>(1);
  start({}, role(door));
  Raw client{port};
  Raw idle{port};
  client.send(get());
  std::this_thread::sleep_for(100ms);
  std::thread opener{[&] {
    std::this_thread::sleep_for(200ms);
    door->count_down();
  }};
  const auto begun = Now::now();
  server->stop(5s);
  EXPECT_LT(Now::now() - begun, 4s);
  const auto answer = client.answer();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(answer, HasSubstr("Connection: close"));
  EXPECT_TRUE(idle.closed_within(1s));
  EXPECT_FALSE(Raw{port}.connected());
  opener.join();
}

TEST_F(CredentialsServerIntegration, StopDoesNotWaitLongerThanItsGrace) {
  const auto door = std::make_shared<std::latch>(1);
  start({}, role(door));
  Raw client{port};
  client.send(get());
  std::this_thread::sleep_for(50ms);
  const auto begun = Now::now();
  server->stop(100ms);
  EXPECT_LT(Now::now() - begun, 700ms);
  EXPECT_TRUE(client.answer().empty());
  door->count_down();
}

TEST_F(CredentialsServerIntegration, UnixSocketIsForItsOwnerAndGoesAtTheEnd) {
  std::string name = ::testing::TempDir() + "ars-unix-XXXXXX";
  const std::filesystem::path directory = ::mkdtemp(name.data());
  const auto path = (directory / "socket").string();
  CredentialsServerOptions options;
  options.unix_socket = path;
  start(std::move(options));
  struct ::stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  EXPECT_EQ(server->uri("build"), "http://localhost/role/build");
  {
    Raw client{path};
    client.send(get());
    EXPECT_THAT(client.answer(), StartsWith("HTTP/1.1 200"));
  }
  // A second server does not take the place of one that lives.
  CredentialsServerOptions second;
  second.unix_socket = path;
  CredentialsServer other{role(), std::move(second)};
  EXPECT_THROW(other.start(), ConfigurationError);
  const auto token_file = (directory / "token").string();
  server->write_token_file(token_file);
  EXPECT_TRUE(std::filesystem::exists(token_file));
  server->stop();
  EXPECT_TRUE(std::filesystem::is_empty(directory));
  // One that died does.
  {
    const int dead = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    ASSERT_EQ(::bind(dead, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    ::close(dead);
  }
  CredentialsServerOptions third;
  third.unix_socket = path;
  start(std::move(third));
  server->stop();
  std::filesystem::remove_all(directory);
}

TEST_F(CredentialsServerIntegration, InheritedSocketIsTakenOver) {
  const int listening = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::bind(listening, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  CredentialsServerOptions deaf;
  deaf.listening_descriptor = listening;
  CredentialsServer not_yet{role(), std::move(deaf)};
  EXPECT_THROW(not_yet.start(), ConfigurationError);
  ASSERT_EQ(::listen(listening, 5), 0);
  CredentialsServerOptions options;
  options.listening_descriptor = listening;
  start(std::move(options));
  expect_good();
}

TEST_F(CredentialsServerIntegration, PortThatIsTakenIsNamed) {
  start();
  CredentialsServerOptions options;
  options.port = port;
  CredentialsServer second{role(), std::move(options)};
  try {
    second.start();
    FAIL();
  } catch (const ConfigurationError& error) {
    EXPECT_EQ(error.code(), "CannotListen");
    EXPECT_THAT(error.what(), HasSubstr("127.0.0.1 port " + std::to_string(port) + ": Address already in use"));
  }
}

TEST_F(CredentialsServerIntegration, DescriptorsAreNotInherited) {
  start();
  Raw client{port};
  client.send(get());
  static_cast<void>(client.answer());
  for (const auto& each : std::filesystem::directory_iterator{"/proc/self/fd"}) {
    const int descriptor = std::stoi(each.path().filename());
    std::error_code gone;
    const auto target = std::filesystem::read_symlink(each.path(), gone);
    if (!gone && (target.string().rfind("socket:", 0) == 0 || target.string().rfind("anon_inode:", 0) == 0)) {
      EXPECT_NE(::fcntl(descriptor, F_GETFD) & FD_CLOEXEC, 0) << descriptor << " " << target;
    }
  }
}

TEST_F(CredentialsServerIntegration, ManyClientsWhileItRefreshesAndStops) {
  start();
  std::atomic<int> served{0};
  std::vector<std::thread> clients;
  for (int i = 0; i < 4; ++i) {
    clients.emplace_back([&] {
      for (int n = 0; n < 100; ++n) {
        Raw client{port};
        client.send(get());
        served += client.answer().rfind("HTTP/1.1 200", 0) == 0 ? 1 : 0;
      }
    });
  }
  for (auto& each : clients) {
    each.join();
  }
  EXPECT_EQ(served, 400);
  server->stop();
}

}  // namespace
}  // namespace aws_refresh_session
