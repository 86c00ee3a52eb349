#include "transport/curl_transport.hpp"

#include "support/loopback_server.hpp"
#include "support/sanitizers.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace aws_refresh_session::transport {
namespace {

using namespace std::chrono_literals;
using test::LoopbackServer;
using test::ServerStream;
using ::testing::HasSubstr;
using ::testing::Not;

HttpRequest get(std::string url) {
  HttpRequest request;
  request.url = std::move(url);
  return request;
}

HttpRequest post(std::string url, std::string body) {
  auto request = get(std::move(url));
  request.method = "POST";
  request.body = std::move(body);
  return request;
}

/// What `send` throws; fails the test if it does not.
ConnectionError failure(HttpTransport& transport, const HttpRequest& request, const std::stop_token& stop = {}) {
  try {
    const auto response = transport.send(request, stop);
    ADD_FAILURE() << "answered with status " << response.status;
  } catch (const ConnectionError& error) {
    return error;
  }
  return ConnectionError{ErrorFields{}};
}

/// This process's descriptors that `counted` accepts.
std::ptrdiff_t count_descriptors(const std::function<bool(int)>& counted) {
  const std::filesystem::directory_iterator all{"/proc/self/fd"};
  return std::count_if(begin(all), end(all),
                       [&](const auto& each) { return counted(std::stoi(each.path().filename().string())); });
}

/// The client's ends of connections to a port. The server closes its own when it notices, which is its own business.
std::ptrdiff_t sockets_to(std::uint16_t port) {
  return count_descriptors([port](int descriptor) {
    sockaddr_in peer{};
    socklen_t size = sizeof(peer);
    return ::getpeername(descriptor, static_cast<sockaddr*>(static_cast<void*>(&peer)), &size) == 0 &&
           peer.sin_family == AF_INET && ntohs(peer.sin_port) == port;
  });
}

/// Everything that is not a TCP socket, such as what a multi handle wakes its thread with.
std::ptrdiff_t multi_handle_descriptors() {
  return count_descriptors([](int descriptor) {
    int domain = 0;
    socklen_t size = sizeof(domain);
    return ::getsockopt(descriptor, SOL_SOCKET, SO_DOMAIN, &domain, &size) != 0 || domain != AF_INET;
  });
}

/// A port where nothing listens: bound, so that nobody else gets it, and never listened at.
class ClosedPort {
 public:
  ClosedPort() : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* const generic = static_cast<sockaddr*>(static_cast<void*>(&address));
    ::bind(socket_, generic, size);
    ::getsockname(socket_, generic, &size);
    port_ = ntohs(address.sin_port);
  }
  ~ClosedPort() { ::close(socket_); }
  ClosedPort(const ClosedPort&) = delete;
  ClosedPort& operator=(const ClosedPort&) = delete;
  [[nodiscard]] std::string url(std::string_view path = "/") const {
    return "http://127.0.0.1:" + std::to_string(port_) + std::string{path};
  }

 private:
  int socket_;
  std::uint16_t port_ = 0;
};

class CurlTransportTest : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* const name : {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}) {
      ::unsetenv(name);
    }
  }

  std::shared_ptr<HttpTransport> transport_ = make_curl_transport();
};

TEST_F(CurlTransportTest, AnswersWithStatusLowerCaseHeadersAndBody) {
  LoopbackServer server{LoopbackServer::always(
      LoopbackServer::answer("hello", "418 I'm a teapot", "X-Amzn-RequestId:  abc \r\nX-Empty:\r\n"))};
  const auto response = transport_->send(get(server.url()), {});
  EXPECT_EQ(response.status, 418);
  EXPECT_EQ(response.body, "hello");
  ASSERT_NE(response.header("x-amzn-requestid"), nullptr);
  EXPECT_EQ(*response.header("x-amzn-requestid"), "abc");
  ASSERT_NE(response.header("x-empty"), nullptr);
  EXPECT_EQ(*response.header("x-empty"), "");
}

TEST_F(CurlTransportTest, TheRequestIsSentAsItStands) {
  std::promise<std::string> received;
  LoopbackServer server{[&](ServerStream& stream) {
    received.set_value(stream.read_request().value_or(""));
    stream.write(LoopbackServer::answer(""));
  }};
  auto request = post(server.url("/a//b/../c%2F?d=%20&e"), std::string{"x=1\0y", 5});
  request.headers = {{"Host", "sts.example"}, {"X-Empty", ""}, {"X-Amz-Date", "20260101T000000Z"}};
  static_cast<void>(transport_->send(request, {}));
  const auto text = received.get_future().get();
  EXPECT_THAT(text, ::testing::StartsWith("POST /a//b/../c%2F?d=%20&e HTTP/1.1\r\n"));
  EXPECT_THAT(text, HasSubstr("\r\nHost: sts.example\r\n"));
  EXPECT_THAT(text, HasSubstr("\r\nX-Empty:\r\n"));
  EXPECT_THAT(text, HasSubstr("\r\nX-Amz-Date: 20260101T000000Z\r\n"));
  EXPECT_THAT(text, HasSubstr("\r\nContent-Length: 5\r\n"));
  EXPECT_THAT(text, HasSubstr("\r\nUser-Agent: aws-refresh-session/0."));
  EXPECT_THAT(text, Not(HasSubstr("Expect")));
  EXPECT_THAT(text, Not(HasSubstr("Content-Type")));
  EXPECT_TRUE(text.ends_with(std::string("\r\n\r\nx=1\0y", 9)));
}

TEST_F(CurlTransportTest, EveryMethodCarriesItsBodyLength) {
  const std::vector<std::pair<std::string, bool>> cases = {
      {"GET", false}, {"HEAD", false}, {"DELETE", false}, {"PUT", true}, {"POST", true}};
  for (const auto& [method, has_length] : cases) {
    std::promise<std::string> received;
    LoopbackServer server{[&](ServerStream& stream) {
      received.set_value(stream.read_request().value_or(""));
      stream.write("HTTP/1.1 204 No Content\r\n\r\n");
    }};
    auto request = get(server.url());
    request.method = method;
    EXPECT_EQ(transport_->send(request, {}).status, 204) << method;
    const auto text = received.get_future().get();
    EXPECT_TRUE(text.starts_with(method + " / HTTP/1.1\r\n")) << text;
    EXPECT_EQ(text.find("Content-Length: 0\r\n") != std::string::npos, has_length) << text;
  }
}

TEST_F(CurlTransportTest, ABodyOfOneMebibyteMinusItsHeadersArrivesWhole) {
  const std::string body(900'000, 'x');
  LoopbackServer server{LoopbackServer::always(LoopbackServer::answer(body))};
  EXPECT_EQ(transport_->send(get(server.url()), {}).body, body);
}

TEST_F(CurlTransportTest, AnInterimAnswerLeavesNoHeaders) {
  LoopbackServer server{LoopbackServer::always("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" +
                                               LoopbackServer::answer("ok", "200 OK", "Date: now\r\n"))};
  const auto response = transport_->send(get(server.url()), {});
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.header("link"), nullptr);
  EXPECT_NE(response.header("date"), nullptr);
}

TEST_F(CurlTransportTest, RedirectsAreHandedBack) {
  LoopbackServer server{
      LoopbackServer::always(LoopbackServer::answer("", "302 Found", "Location: http://127.0.0.1:1/\r\n"))};
  EXPECT_EQ(transport_->send(get(server.url()), {}).status, 302);
}

TEST_F(CurlTransportTest, AProxyOfTheEnvironmentIsBypassedForRequestsThatSaySo) {
  LoopbackServer server{LoopbackServer::always(LoopbackServer::answer("direct"))};
  const ClosedPort proxy;
  ::setenv("http_proxy", proxy.url().c_str(), 1);
  ::unsetenv("no_proxy");
  ::unsetenv("NO_PROXY");
  auto request = get(server.url());
  EXPECT_EQ(failure(*transport_, request).code(), "ConnectionRefused") << "the proxy is used";
  request.bypass_proxy = true;
  EXPECT_EQ(transport_->send(request, {}).body, "direct");
  ::unsetenv("http_proxy");
}

TEST_F(CurlTransportTest, OneConnectionServesManyRequests) {
  LoopbackServer server{LoopbackServer::always(LoopbackServer::answer("ok"))};
  for (int index = 0; index < 20; ++index) {
    EXPECT_EQ(transport_->send(post(server.url(), "a=b"), {}).body, "ok");
  }
  EXPECT_EQ(server.accepted(), 1);
}

TEST_F(CurlTransportTest, TwoHostsInTurnKeepOneConnectionEach) {
  LoopbackServer first{LoopbackServer::always(LoopbackServer::answer("1"))};
  LoopbackServer second{LoopbackServer::always(LoopbackServer::answer("2"))};
  for (int index = 0; index < 10; ++index) {
    EXPECT_EQ(transport_->send(get(first.url()), {}).body, "1");
    EXPECT_EQ(transport_->send(get(second.url()), {}).body, "2");
  }
  EXPECT_EQ(first.accepted(), 1);
  EXPECT_EQ(second.accepted(), 1);
}

TEST_F(CurlTransportTest, AKeptConnectionThatTheServerClosedIsReplacedUnnoticed) {
  LoopbackServer server{[](ServerStream& stream) {
    if (stream.read_request()) {
      stream.write(LoopbackServer::answer("once"));  // and closes, though it promised to keep the connection
    }
  }};
  for (int index = 0; index < 5; ++index) {
    EXPECT_EQ(transport_->send(post(server.url(), "a=b"), {}).body, "once");
  }
  EXPECT_EQ(server.accepted(), 5);
}

TEST_F(CurlTransportTest, ARequestThatMustNotBeResentUsesANewConnection) {
  std::atomic<int> received{0};
  LoopbackServer server{[&](ServerStream& stream) {
    while (stream.read_request()) {
      if (++received > 1) {
        return;  // takes the second request and closes without a word
      }
      stream.write(LoopbackServer::answer("ok"));
    }
  }};
  auto request = post(server.url(), "TokenCode=");
  request.never_resend = true;
  EXPECT_EQ(transport_->send(request, {}).status, 200);
  EXPECT_EQ(failure(*transport_, request).code(), "ConnectionReset");
  EXPECT_EQ(received, 2);
  EXPECT_EQ(server.accepted(), 2);
}

// Each failure: what the server does, and what comes out of it.
struct FailureCase {
  std::string name;
  LoopbackServer::Handler handler;
  std::string code;
};

TEST_F(CurlTransportTest, EveryBrokenAnswerIsATypedRecoverableError) {
  const std::vector<FailureCase> cases = {
      {"closed at once", [](ServerStream&) {}, "ConnectionReset"},
      {"closed after the request", [](ServerStream& stream) { static_cast<void>(stream.read_request()); },
       "ConnectionReset"},
      {"closed within the body",
       [](ServerStream& stream) {
         static_cast<void>(stream.read_request());
         stream.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
       },
       "ConnectionReset"},
      {"reset within the body",
       [](ServerStream& stream) {
         static_cast<void>(stream.read_request());
         stream.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
         stream.reset_on_close();
       },
       "ConnectionReset"},
      {"not HTTP", LoopbackServer::always("SSH-2.0-OpenSSH_9.2\r\n\r\n"), "Network"},
      {"HTTP with a broken status", LoopbackServer::always("HTTP/1.1 abc\r\n\r\n"), "Network"},
      {"body past the limit", LoopbackServer::always(LoopbackServer::answer(std::string(1'100'000, 'x'))),
       "ResponseTooLarge"},
      {"endless body without a length",
       [](ServerStream& stream) {
         static_cast<void>(stream.read_request());
         stream.write("HTTP/1.1 200 OK\r\n\r\n");
         while (stream.write(std::string(65'536, 'x'))) {
         }
       },
       "ResponseTooLarge"},
  };
  for (const auto& each : cases) {
    LoopbackServer server{each.handler};
    auto request = get(server.url("/?X-Amz-Signature=hidden"));
    request.timeout = 5s;
    const auto error = failure(*transport_, request);
    EXPECT_EQ(error.code(), each.code) << each.name << ": " << error.what();
    EXPECT_EQ(error.kind(), ErrorKind::recoverable) << each.name;
    EXPECT_THAT(error.details(), HasSubstr("127.0.0.1:" + std::to_string(server.port()))) << each.name;
    EXPECT_THAT(error.what(), Not(HasSubstr("hidden"))) << each.name;
  }
}

TEST_F(CurlTransportTest, EndlessHeadersAreCutOff) {
  LoopbackServer server{[](ServerStream& stream) {
    static_cast<void>(stream.read_request());
    stream.write("HTTP/1.1 200 OK\r\n");
    while (stream.write("X-More: " + std::string(1'000, 'x') + "\r\n")) {
    }
  }};
  auto request = get(server.url());
  request.timeout = 5s;
  const auto error = failure(*transport_, request);
  // libcurl has a limit of its own, which may come first.
  EXPECT_THAT(error.code(), ::testing::AnyOf("ResponseTooLarge", "Network", "ConnectionReset")) << error.what();
}

TEST_F(CurlTransportTest, ASilentServerTimesOut) {
  LoopbackServer server{[](ServerStream& stream) { stream.wait_for_close(); }};
  auto request = get(server.url());
  request.timeout = 100ms;
  const auto error = failure(*transport_, request);
  EXPECT_EQ(error.code(), "Timeout");
  EXPECT_EQ(error.kind(), ErrorKind::recoverable);
}

TEST_F(CurlTransportTest, AServerThatNeverShakesHandsIsAConnectTimeout) {
  LoopbackServer server{[](ServerStream& stream) { stream.wait_for_close(); }};
  auto request = get("https" + server.url().substr(4));
  request.connect_timeout = 100ms;
  const auto error = failure(*transport_, request);
  EXPECT_EQ(error.code(), "ConnectTimeout");
  EXPECT_EQ(error.kind(), ErrorKind::recoverable);
}

TEST_F(CurlTransportTest, NothingListeningIsConnectionRefused) {
  const ClosedPort port;
  const auto error = failure(*transport_, get(port.url("/?secret=hidden")));
  EXPECT_EQ(error.code(), "ConnectionRefused");
  EXPECT_EQ(error.kind(), ErrorKind::recoverable);
  EXPECT_THAT(error.what(), Not(HasSubstr("hidden")));
}

TEST_F(CurlTransportTest, ANameThatCannotExistIsNameResolution) {
  // A label of 64 characters is refused by the resolver itself (RFC 1035, 2.3.4): no packet leaves the machine.
  const auto error = failure(*transport_, get("http://" + std::string(64, 'a') + "/"));
  EXPECT_EQ(error.code(), "NameResolution");
  EXPECT_EQ(error.kind(), ErrorKind::recoverable);
}

TEST_F(CurlTransportTest, AUrlThatCannotBeUsedIsRefusedWithoutShowingIt) {
  for (const auto* const url : {"", "sts.amazonaws.com", "ftp://h/", "file:///etc/passwd", "http://h/ hidden",
                                "http://h:0/", "http://user:hidden@h/", "http://h/\r\nX: hidden"}) {
    const auto error = failure(*transport_, get(url));
    EXPECT_EQ(error.code(), "InvalidUrl") << url;
    EXPECT_EQ(error.kind(), ErrorKind::non_recoverable) << url;
    EXPECT_THAT(error.what(), Not(HasSubstr("hidden"))) << url;
  }
}

TEST_F(CurlTransportTest, AMessageThatWouldSmuggleIsRefusedBeforeAnythingIsSent) {
  LoopbackServer server{LoopbackServer::always(LoopbackServer::answer("ok"))};
  const std::vector<std::pair<std::string, std::string>> headers = {
      {"Authorization", "hidden\r\nX-Evil: 1"},
      {"Authorization", "hidden\n"},
      {"Authorization", std::string{"hidden\0", 7}},
      {"X: 1\r\nY", "hidden"},
      {"", "hidden"},
      {"A B", "hidden"},
  };
  for (const auto& each : headers) {
    auto request = get(server.url());
    request.headers = {each};
    try {
      static_cast<void>(transport_->send(request, {}));
      ADD_FAILURE() << "sent";
    } catch (const ValidationError& error) {
      EXPECT_EQ(error.code(), "InvalidHeader");
      EXPECT_THAT(error.what(), Not(HasSubstr("hidden")));
    }
  }
  auto request = get(server.url());
  request.method = "GET / HTTP/1.1\r\nX: 1\r\n\r\nGET";
  EXPECT_THROW(static_cast<void>(transport_->send(request, {})), ValidationError);
  EXPECT_EQ(server.accepted(), 0);
}

TEST_F(CurlTransportTest, StoppingEndsAHangingRequestPromptly) {
  std::promise<void> arrived;
  LoopbackServer server{[&](ServerStream& stream) {
    static_cast<void>(stream.read_request());
    stream.write(LoopbackServer::answer("ok"));
    static_cast<void>(stream.read_request());
    arrived.set_value();
    stream.wait_for_close();
  }};
  // On a kept connection: a new one has timers of its own, one of which might end the wait by chance.
  EXPECT_EQ(transport_->send(get(server.url()), {}).body, "ok");
  std::stop_source stop;
  auto error = std::async(std::launch::async, [&] {
    auto request = get(server.url());
    request.timeout = 60s;
    return failure(*transport_, request, stop.get_token());
  });
  arrived.get_future().wait();
  const auto before = std::chrono::steady_clock::now();
  stop.request_stop();
  const auto cancelled = error.get();
  EXPECT_LT(std::chrono::steady_clock::now() - before, 200ms);
  EXPECT_EQ(cancelled.code(), "Cancelled");
  EXPECT_EQ(cancelled.kind(), ErrorKind::cancelled);
}

TEST_F(CurlTransportTest, ARequestStoppedBeforeItBeganSendsNothing) {
  LoopbackServer server{LoopbackServer::always(LoopbackServer::answer("ok"))};
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(failure(*transport_, get(server.url()), stop.get_token()).code(), "Cancelled");
  EXPECT_EQ(server.accepted(), 0);
}

TEST_F(CurlTransportTest, AHandleServesOnAfterEveryKindOfFailure) {
  LoopbackServer hanging{[](ServerStream& stream) { stream.wait_for_close(); }};
  LoopbackServer good{LoopbackServer::always(LoopbackServer::answer("ok"))};
  const ClosedPort closed;
  for (int index = 0; index < 3; ++index) {
    auto slow = get(hanging.url());
    slow.timeout = 20ms;
    EXPECT_EQ(failure(*transport_, slow).code(), "Timeout");
    EXPECT_EQ(failure(*transport_, get(closed.url())).code(), "ConnectionRefused");
    EXPECT_EQ(transport_->send(get(good.url()), {}).body, "ok");
  }
  EXPECT_EQ(good.accepted(), 1);
}

TEST_F(CurlTransportTest, ManyThreadsShareOneTransport) {
  constexpr int kThreads = 24;
  constexpr int kRequests = 40;
  LoopbackServer server{LoopbackServer::always(LoopbackServer::answer("ok"))};
  std::atomic<int> answered{0};
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([&] {
        for (int index = 0; index < kRequests; ++index) {
          answered += transport_->send(post(server.url(), "a=b"), {}).body == "ok" ? 1 : 0;
        }
      });
    }
  }
  EXPECT_EQ(answered, kThreads * kRequests);
  EXPECT_LT(server.accepted(), kThreads * kRequests / 4);
}

TEST_F(CurlTransportTest, DestructionLeavesNoDescriptorOpen) {
  LoopbackServer server{LoopbackServer::always(LoopbackServer::answer("ok"))};
  static_cast<void>(transport_->send(get(server.url()), {}));
  transport_.reset();
  const auto before = multi_handle_descriptors();
  for (int index = 0; index < 20; ++index) {
    const auto transport = make_curl_transport();
    static_cast<void>(transport->send(get(server.url()), {}));
    const ClosedPort closed;
    static_cast<void>(failure(*transport, get(closed.url())));
  }
  EXPECT_EQ(sockets_to(server.port()), 0);
  EXPECT_LE(multi_handle_descriptors(), before);
}

// ---- TLS

class CurlTransportTlsTest : public CurlTransportTest {
 protected:
  void SetUp() override {
    CurlTransportTest::SetUp();
    bundle_ = std::filesystem::path{::testing::TempDir()} / ("ca-" + std::to_string(::getpid()) + ".pem");
    write_bundle(certificate_.certificate_pem);
  }
  void TearDown() override { std::filesystem::remove(bundle_); }

  void write_bundle(const std::string& text) const { std::ofstream{bundle_} << text; }

  test::TestCertificate certificate_ = test::make_test_certificate();
  std::filesystem::path bundle_;
  LoopbackServer server_{LoopbackServer::always(LoopbackServer::answer("ok")), certificate_.certificate_pem,
                         certificate_.key_pem};
};

TEST_F(CurlTransportTlsTest, ACertificateFromTheBundleIsTrustedAndTheConnectionKept) {
  auto request = get(server_.url());
  request.ca_bundle = bundle_;
  for (int index = 0; index < 5; ++index) {
    EXPECT_EQ(transport_->send(request, {}).body, "ok");
  }
  EXPECT_EQ(server_.accepted(), 1);
}

TEST_F(CurlTransportTlsTest, ACertificateNobodySignedIsRefused) {
  const auto error = failure(*transport_, get(server_.url("/?secret=hidden")));
  EXPECT_EQ(error.code(), "TlsVerification");
  EXPECT_EQ(error.kind(), ErrorKind::non_recoverable);
  EXPECT_THAT(error.details(), HasSubstr("certificate"));
  EXPECT_THAT(error.what(), Not(HasSubstr("hidden")));
}

TEST_F(CurlTransportTlsTest, ATrustedCertificateForAnotherHostIsRefused) {
  const auto other = test::make_test_certificate("DNS:other.example");
  LoopbackServer server{LoopbackServer::always(LoopbackServer::answer("ok")), other.certificate_pem, other.key_pem};
  write_bundle(other.certificate_pem);
  auto request = get(server.url());
  request.ca_bundle = bundle_;
  EXPECT_EQ(failure(*transport_, request).code(), "TlsVerification");
}

TEST_F(CurlTransportTlsTest, WithoutVerificationAnyCertificateIsAccepted) {
  auto request = get(server_.url());
  request.verify_tls = false;
  EXPECT_EQ(transport_->send(request, {}).body, "ok");
}

TEST_F(CurlTransportTlsTest, AnUnverifiedConnectionIsNotReusedForAVerifiedRequest) {
  auto request = get(server_.url());
  request.verify_tls = false;
  EXPECT_EQ(transport_->send(request, {}).body, "ok");
  EXPECT_EQ(failure(*transport_, get(server_.url())).code(), "TlsVerification");
}

TEST_F(CurlTransportTlsTest, ABundleThatCannotBeReadIsNamed) {
  auto request = get(server_.url());
  request.ca_bundle = "/nonexistent/bundle.pem";
  const auto error = failure(*transport_, request);
  EXPECT_EQ(error.code(), "TlsVerification");
  EXPECT_EQ(error.kind(), ErrorKind::non_recoverable);
  EXPECT_EQ(error.param(), "ca_bundle");
  EXPECT_EQ(error.value(), "/nonexistent/bundle.pem");
}

TEST_F(CurlTransportTlsTest, TheBundleIsNotParsedAgainForANewConnection) {
  LoopbackServer server{[](ServerStream& stream) {
                          static_cast<void>(stream.read_request());
                          stream.write(LoopbackServer::answer("ok", "200 OK", "Connection: close\r\n"));
                        },
                        certificate_.certificate_pem, certificate_.key_pem};
  auto request = get(server.url());
  request.ca_bundle = bundle_;
  EXPECT_EQ(transport_->send(request, {}).body, "ok");
  write_bundle("no certificate any more");
  EXPECT_EQ(transport_->send(request, {}).body, "ok");
  EXPECT_EQ(server.accepted(), 2);
}

TEST_F(CurlTransportTlsTest, ABundleThatWasPutRightIsReadAgainAtOnce) {
  write_bundle(test::make_test_certificate().certificate_pem);
  auto request = get(server_.url());
  request.ca_bundle = bundle_;
  EXPECT_EQ(failure(*transport_, request).code(), "TlsVerification");
  write_bundle(certificate_.certificate_pem);
  EXPECT_EQ(transport_->send(request, {}).body, "ok");
}

TEST_F(CurlTransportTlsTest, PlainHttpAtATlsPortAndTheReverseAreTypedErrors) {
  LoopbackServer plain{[](ServerStream& stream) { stream.write(LoopbackServer::answer("", "400 Bad Request")); }};
  const auto no_tls = failure(*transport_, get("https" + plain.url().substr(4)));
  EXPECT_EQ(no_tls.code(), "Network");
  EXPECT_EQ(no_tls.kind(), ErrorKind::recoverable);
  EXPECT_THAT(no_tls.message(), HasSubstr("TLS"));
  EXPECT_EQ(failure(*transport_, get("http" + server_.url().substr(5))).kind(), ErrorKind::recoverable);
}

// ---- fork

/// Runs `body` in a forked child and returns its exit status, or -1 if it did not end normally.
int in_child(const std::function<bool()>& body) {
  const auto child = ::fork();
  if (child == 0) {
    ::alarm(20);
    ::_exit(body() ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST_F(CurlTransportTlsTest, AForkedChildSendsOnItsOwnConnectionAndTheParentKeepsIts) {
  if (!support::kAllocatorSurvivesFork) {
    GTEST_SKIP() << support::kWhyNoForkBesideThreads;
  }
  auto request = get(server_.url());
  request.ca_bundle = bundle_;
  EXPECT_EQ(transport_->send(request, {}).body, "ok");
  EXPECT_EQ(in_child([&] {
              const bool answered = transport_->send(request, {}).body == "ok";
              transport_.reset();
              return answered;
            }),
            0);
  EXPECT_EQ(server_.accepted(), 2);
  EXPECT_EQ(transport_->send(request, {}).body, "ok");
  EXPECT_EQ(server_.accepted(), 2) << "the child must not have closed the parent's connection";
}

TEST_F(CurlTransportTest, ForkingWhileThreadsSendLeavesBothSidesWorking) {
  if (!support::kAllocatorSurvivesFork) {
    GTEST_SKIP() << support::kWhyNoForkBesideThreads;
  }
  LoopbackServer server{LoopbackServer::always(LoopbackServer::answer("ok"))};
  std::atomic<bool> stop{false};
  std::atomic<int> failed{0};
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 4; ++thread) {
      threads.emplace_back([&] {
        while (!stop) {
          failed += transport_->send(get(server.url()), {}).body == "ok" ? 0 : 1;
        }
      });
    }
    for (int index = 0; index < 20; ++index) {
      EXPECT_EQ(in_child([&] { return transport_->send(get(server.url()), {}).body == "ok"; }), 0);
    }
    stop = true;
  }
  EXPECT_EQ(failed, 0);
}

TEST_F(CurlTransportTest, AForkedChildHoldsNoneOfTheParentsSockets) {
  std::promise<void> closed;
  LoopbackServer server{[&](ServerStream& stream) {
    static_cast<void>(stream.read_request());
    stream.write(LoopbackServer::answer("ok"));
    stream.wait_for_close();
    closed.set_value();
  }};
  static_cast<void>(transport_->send(get(server.url()), {}));
  std::array<int, 2> gate{};
  ASSERT_EQ(::pipe(gate.data()), 0);
  const auto child = ::fork();
  if (child == 0) {
    ::close(gate[1]);
    char byte = 0;
    static_cast<void>(::read(gate[0], &byte, 1));
    ::_exit(0);
  }
  ::close(gate[0]);
  transport_.reset();
  // With a copy of the socket in the child, the server would not see the end before the child has gone.
  EXPECT_EQ(closed.get_future().wait_for(5s), std::future_status::ready);
  ::close(gate[1]);
  ::waitpid(child, nullptr, 0);
}

}  // namespace
}  // namespace aws_refresh_session::transport
