#include "transport/curl_transport.hpp"

#include "support/aws_home.hpp"
#include "support/loopback_server.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <gmock/gmock.h>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <span>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

namespace aws_refresh_session::transport {
namespace {

using namespace std::chrono_literals;
using test::LoopbackServer;
using test::ServerStream;
using ::testing::EndsWith;
using ::testing::HasSubstr;

/// As many letters as it is told, of which none is in memory.
class LetterSource final : public BodySource {
 public:
  explicit LetterSource(std::uint64_t size, std::uint64_t given) : size_(size), given_(given) {}
  explicit LetterSource(std::uint64_t size) : LetterSource(size, size) {}

  [[nodiscard]] std::uint64_t size() const noexcept override { return size_; }
  void rewind() override {
    ++rewinds;
    at_ = 0;
  }
  [[nodiscard]] std::size_t read(std::span<char> buffer) override {
    if (throw_at != 0 && at_ >= throw_at) {
      throw std::runtime_error{"the source failed"};
    }
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), given_ - at_));
    std::fill_n(buffer.begin(), count, 'x');
    at_ += count;
    return count;
  }

  int rewinds = 0;
  std::uint64_t throw_at = 0;

 private:
  std::uint64_t size_;
  std::uint64_t given_;
  std::uint64_t at_ = 0;
};

class CountingSink final : public BodySink {
 public:
  void begin() override {
    ++begun;
    size = 0;
  }
  void write(std::string_view data) override {
    size += data.size();
    if (throw_at != 0 && size >= throw_at) {
      throw std::runtime_error{"the sink failed"};
    }
  }

  int begun = 0;
  std::uint64_t size = 0;
  std::uint64_t throw_at = 0;
};

HttpRequest put(std::string url, std::shared_ptr<BodySource> source) {
  HttpRequest request{.method = "PUT", .url = std::move(url)};
  request.body_source = std::move(source);
  request.timeout = 30s;
  return request;
}

HttpRequest get(std::string url, std::shared_ptr<BodySink> sink) {
  HttpRequest request{.url = std::move(url)};
  request.body_sink = std::move(sink);
  request.timeout = 30s;
  return request;
}

/// Says how large the request's body was.
void answer_with_size(ServerStream& stream) {
  while (const auto request = stream.read_request()) {
    const auto size = request->size() - (request->find("\r\n\r\n") + 4);
    if (!stream.write(LoopbackServer::answer(std::to_string(size)))) {
      return;
    }
  }
}

TEST(BodyTransfer, ASourceIsSentWithItsLengthByAnyMethod) {
  std::string seen;
  LoopbackServer server{[&](ServerStream& stream) {
    while (const auto request = stream.read_request()) {
      seen = *request;
      stream.write(LoopbackServer::answer("ok"));
    }
  }};
  const auto transport = make_curl_transport();
  for (const auto* method : {"PUT", "POST", "PATCH"}) {
    auto request = put(server.url(), std::make_shared<LetterSource>(5));
    request.method = method;
    EXPECT_EQ(transport->send(request, {}).body, "ok");
    EXPECT_THAT(seen, ::testing::StartsWith(method));
    EXPECT_THAT(seen, HasSubstr("Content-Length: 5\r\n"));
    EXPECT_THAT(seen, ::testing::Not(HasSubstr("Expect:")));
    EXPECT_THAT(seen, EndsWith("\r\n\r\nxxxxx"));
  }
  EXPECT_EQ(transport->send(put(server.url(), std::make_shared<LetterSource>(0)), {}).status, 200);
  EXPECT_THAT(seen, HasSubstr("Content-Length: 0\r\n"));
}

TEST(BodyTransfer, ALargeSourceArrivesWhole) {
  LoopbackServer server{answer_with_size};
  constexpr std::uint64_t kSize = 8U << 20U;
  const auto answer = make_curl_transport()->send(put(server.url(), std::make_shared<LetterSource>(kSize)), {});
  EXPECT_EQ(answer.body, std::to_string(kSize));
}

TEST(BodyTransfer, ASourceIsRewoundWhenAKeptConnectionTurnsOutToBeClosed) {
  std::atomic<int> connections{0};
  LoopbackServer server{[&](ServerStream& stream) {
    const bool is_first = ++connections == 1;
    if (const auto request = stream.read_request()) {
      const auto size = request->size() - (request->find("\r\n\r\n") + 4);
      stream.write(LoopbackServer::answer(std::to_string(size)));
      if (is_first) {
        // The next request is taken and never answered.
        static_cast<void>(stream.read_request());
        return;
      }
      stream.wait_for_close();
    }
  }};
  const auto transport = make_curl_transport();
  EXPECT_EQ(transport->send(put(server.url(), std::make_shared<LetterSource>(10)), {}).body, "10");
  const auto source = std::make_shared<LetterSource>(200'000);
  EXPECT_EQ(transport->send(put(server.url(), source), {}).body, "200000");
  EXPECT_GE(source->rewinds, 2);
  EXPECT_EQ(connections, 2);
}

TEST(BodyTransfer, WhatASourceThrowsReachesTheCallerAndTheTransportGoesOn) {
  LoopbackServer server{answer_with_size};
  const auto transport = make_curl_transport();
  const auto broken = std::make_shared<LetterSource>(1'000'000);
  broken->throw_at = 1;
  EXPECT_THROW(static_cast<void>(transport->send(put(server.url(), broken), {})), std::runtime_error);
  const auto short_one = std::make_shared<LetterSource>(1'000'000, 10);
  try {
    static_cast<void>(transport->send(put(server.url(), short_one), {}));
    ADD_FAILURE() << "a source that gave too little was sent";
  } catch (const ValidationError& error) {
    EXPECT_EQ(error.code(), "InvalidBody");
  }
  EXPECT_EQ(transport->send(put(server.url(), std::make_shared<LetterSource>(5)), {}).body, "5");
}

TEST(BodyTransfer, ASinkTakesSuccessfulBodiesAndOthersStayInMemory) {
  const std::string large(3U << 20U, 'y');
  std::atomic<bool> refuse{false};
  LoopbackServer server{[&](ServerStream& stream) {
    while (stream.read_request()) {
      stream.write(refuse ? LoopbackServer::answer("no", "403 Forbidden") : LoopbackServer::answer(large));
    }
  }};
  const auto transport = make_curl_transport();
  const auto sink = std::make_shared<CountingSink>();
  const auto answer = transport->send(get(server.url(), sink), {});
  EXPECT_EQ(answer.body, "");
  EXPECT_EQ(sink->size, large.size()) << "more than may be in memory";
  EXPECT_EQ(sink->begun, 1);
  refuse = true;
  EXPECT_EQ(transport->send(get(server.url(), sink), {}).body, "no");
  EXPECT_EQ(sink->begun, 1);
}

TEST(BodyTransfer, AnEmptyBodyBegins) {
  LoopbackServer server{LoopbackServer::always(LoopbackServer::answer(""))};
  const auto sink = std::make_shared<CountingSink>();
  EXPECT_EQ(make_curl_transport()->send(get(server.url(), sink), {}).status, 200);
  EXPECT_EQ(sink->begun, 1);
}

TEST(BodyTransfer, WhatASinkThrowsReachesTheCaller) {
  LoopbackServer server{LoopbackServer::always(LoopbackServer::answer(std::string(1U << 20U, 'y')))};
  const auto sink = std::make_shared<CountingSink>();
  sink->throw_at = 10;
  EXPECT_THROW(static_cast<void>(make_curl_transport()->send(get(server.url(), sink), {})), std::runtime_error);
}

TEST(BodyTransfer, ABodyThatBreaksOffIsAnErrorAndLeavesNoFile) {
  LoopbackServer server{[](ServerStream& stream) {
    static_cast<void>(stream.read_request());
    stream.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
  }};
  const support::AwsHome home;
  {
    const auto sink = std::make_shared<FileSink>(home.path("answer"));
    try {
      static_cast<void>(make_curl_transport()->send(get(server.url(), sink), {}));
      ADD_FAILURE() << "half a body was taken for a whole one";
    } catch (const ConnectionError& error) {
      EXPECT_EQ(error.code(), "ConnectionReset");
    }
    EXPECT_EQ(sink->size(), 4U);
  }
  EXPECT_FALSE(std::filesystem::exists(home.path("answer")));
}

TEST(BodyTransfer, AnAnswerInMemoryMayBeAsLargeAsTheRequestSays) {
  LoopbackServer server{LoopbackServer::always(LoopbackServer::answer(std::string(2U << 20U, 'y')))};
  const auto transport = make_curl_transport();
  HttpRequest request{.url = server.url()};
  EXPECT_THROW(static_cast<void>(transport->send(request, {})), ConnectionError);
  request.max_response = 3U << 20U;
  EXPECT_EQ(transport->send(request, {}).body.size(), 2U << 20U);
}

TEST(BodyTransfer, AStalledBodyEndsLongBeforeTheTimeLimit) {
  LoopbackServer server{[](ServerStream& stream) {
    static_cast<void>(stream.read_request());
    stream.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
    stream.wait_for_close();
  }};
  auto request = get(server.url(), std::make_shared<CountingSink>());
  request.timeout = 60s;
  request.stall_timeout = 1s;
  try {
    static_cast<void>(make_curl_transport()->send(request, {}));
    ADD_FAILURE() << "it never ended";
  } catch (const ConnectionError& error) {
    EXPECT_EQ(error.code(), "Timeout");
  }
}

}  // namespace
}  // namespace aws_refresh_session::transport
