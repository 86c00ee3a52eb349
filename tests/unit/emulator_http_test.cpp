// The emulator's HTTP server: what is malformed, huge, slow or many at once.

#include "emulator_client.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <random>
#include <system_error>
#include <thread>

namespace aws_refresh_session::emulator::testing {
namespace {

using std::chrono::seconds;

std::string signed_bytes(const Rig& rig, const Call& call = Rig::action("GetCallerIdentity")) {
  return wire(sign(call, {}, rig.clock->now()), rig.emulator.port());
}

struct MalformedCase {
  const char* name;
  std::string bytes;
  int status;
};

class EmulatorMalformed : public ::testing::TestWithParam<MalformedCase> {};

TEST_P(EmulatorMalformed, IsRefusedAndTheServerGoesOn) {
  const Rig rig;
  Wire connection{rig.emulator.port()};
  connection.send(GetParam().bytes);
  connection.finish();
  EXPECT_EQ(connection.receive().status, GetParam().status);
  EXPECT_EQ(rig.call("GetCallerIdentity").status, 200);
}

std::string many_headers(int count) {
  std::string text = "GET / HTTP/1.1\r\n";
  for (int i = 0; i < count; ++i) {
    text += "X: y\r\n";
  }
  return text + "\r\n";
}

INSTANTIATE_TEST_SUITE_P(
    Cases, EmulatorMalformed,
    ::testing::Values(
        MalformedCase{"NoHttp", "hello\r\n\r\n", 400}, MalformedCase{"EmptyHead", "\r\n\r\n", 400},
        MalformedCase{"Http2", "GET / HTTP/2.0\r\n\r\n", 400},
        MalformedCase{"RelativeTarget", "GET x HTTP/1.1\r\n\r\n", 400},
        MalformedCase{"BlankInTarget", "GET /a b HTTP/1.1\r\n\r\n", 400},
        MalformedCase{"HeaderWithoutColon", "GET / HTTP/1.1\r\nHost\r\n\r\n", 400},
        MalformedCase{"BlankBeforeColon", "GET / HTTP/1.1\r\nHost : x\r\n\r\n", 400},
        MalformedCase{"FoldBeforeAnyHeader", "GET / HTTP/1.1\r\n x\r\n\r\n", 400},
        MalformedCase{"ControlCharacter", std::string{"GET / HTTP/1.1\r\nA: b\0c\r\n\r\n", 27}, 400},
        MalformedCase{"BareLineFeed", "GET / HTTP/1.1\r\nA: b\nC: d\r\n\r\n", 400},
        MalformedCase{"TooManyHeaders", many_headers(201), 400},
        MalformedCase{"NegativeLength", "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400},
        MalformedCase{"LengthNoNumber", "POST / HTTP/1.1\r\nContent-Length: 1x\r\n\r\n", 400},
        MalformedCase{"EmptyLength", "POST / HTTP/1.1\r\nContent-Length:\r\n\r\n", 400},
        MalformedCase{"TwoLengths", "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx", 400},
        MalformedCase{"Chunked", "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411},
        MalformedCase{"BodyTooLarge", "POST / HTTP/1.1\r\nContent-Length: 9000000\r\n\r\n", 413},
        MalformedCase{"BodyBeyondNumbers", "POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n", 413},
        MalformedCase{"HeadTooLarge", "GET / HTTP/1.1\r\nA: " + std::string(70'000, 'a') + "\r\n\r\n", 431},
        MalformedCase{"HeadWithoutEnd", "GET / HTTP/1.1\r\nA: " + std::string(100'000, 'a'), 431}),
    [](const auto& each) { return each.param.name; });

TEST(EmulatorHttp, TruncatedRequestsAreDropped) {
  const Rig rig;
  const auto whole = signed_bytes(rig);
  for (const std::size_t length : {std::size_t{0}, std::size_t{1}, whole.size() / 2, whole.size() - 1}) {
    Wire connection{rig.emulator.port()};
    connection.send(std::string_view{whole}.substr(0, length));
    connection.finish();
    EXPECT_TRUE(connection.receive().cut);
  }
  EXPECT_EQ(rig.emulator.counters().requests, 0U);
  EXPECT_EQ(rig.call("GetCallerIdentity").status, 200);
}

// Whatever the bytes are: an answer or an end, and the next client is served.
TEST(EmulatorHttp, MutatedRequestsNeverStopTheServer) {
  const Rig rig;
  std::mt19937 random{7};
  const auto good = signed_bytes(rig, Rig::action("AssumeRole", {{"RoleArn", rig.emulator.role_arn()},
                                                                 {"RoleSessionName", "tester"},
                                                                 {"Tags.member.1.Key", "k"},
                                                                 {"Policy", "{\"Statement\":[]}"}}));
  for (int round = 0; round < 500; ++round) {
    auto bytes = good;
    for (int change = 0; change < 3; ++change) {
      bytes[random() % bytes.size()] = static_cast<char>(random() % 256);
    }
    Wire connection{rig.emulator.port()};
    connection.send(bytes);
    connection.finish();
    const auto answer = connection.receive();
    EXPECT_TRUE(answer.cut || answer.status >= 200) << round;
    EXPECT_NE(answer.status, 500) << round;
  }
  EXPECT_EQ(rig.call("GetCallerIdentity").status, 200);
}

TEST(EmulatorHttp, ConnectionIsKeptAndPipelinedRequestsAreAnsweredInOrder) {
  const Rig rig;
  Wire connection{rig.emulator.port()};
  connection.send(signed_bytes(rig) + signed_bytes(rig, Rig::action("GetSessionToken")));
  EXPECT_TRUE(connection.receive().has_element("GetCallerIdentityResponse"));
  EXPECT_TRUE(connection.receive().has_element("GetSessionTokenResponse"));
  connection.send(signed_bytes(rig));
  EXPECT_EQ(connection.receive().status, 200);
  EXPECT_EQ(rig.emulator.counters().connections, 1U);
}

TEST(EmulatorHttp, ConnectionCloseIsObeyed) {
  const Rig rig;
  auto call = sign(Rig::action("GetCallerIdentity"), {}, rig.clock->now());
  call.headers.emplace_back("Connection", "close");
  Wire connection{rig.emulator.port()};
  connection.send(wire(call, 0));
  EXPECT_EQ(connection.receive().headers.at("connection"), "close");
  EXPECT_TRUE(connection.receive().cut);
}

TEST(EmulatorHttp, RequestInSmallPiecesIsPutTogether) {
  const Rig rig;
  Wire connection{rig.emulator.port()};
  for (const char c : signed_bytes(rig)) {
    connection.send(std::string_view{&c, 1});
  }
  EXPECT_EQ(connection.receive().status, 200);
}

TEST(EmulatorHttp, ExpectedContinueIsSentBeforeTheBody) {
  const Rig rig;
  auto call = sign(Rig::action("GetCallerIdentity"), {}, rig.clock->now());
  call.headers.emplace_back("Expect", "100-continue");
  const auto bytes = wire(call, 0);
  Wire connection{rig.emulator.port()};
  connection.send(bytes.substr(0, bytes.size() - call.body.size()));
  EXPECT_EQ(connection.receive().status, 100);
  connection.send(call.body);
  EXPECT_EQ(connection.receive().status, 200);
}

TEST(EmulatorHttp, FoldedHeaderIsOneValue) {
  const Rig rig;
  auto call = Rig::action("GetCallerIdentity");
  call.headers.emplace_back("X-Note", "a b");
  auto bytes = wire(sign(call, {}, rig.clock->now()), 0);
  bytes.replace(bytes.find("X-Note: a b"), 11, "X-Note: a\r\n\t b");
  Wire connection{rig.emulator.port()};
  connection.send(bytes);
  EXPECT_EQ(connection.receive().status, 200);
}

TEST(EmulatorHttp, ConnectionsBeyondTheLimitAreClosedAndLaterOnesServed) {
  Options options;
  options.max_connections = 2;
  const Rig rig{options};
  {
    Wire first{rig.emulator.port()};
    Wire second{rig.emulator.port()};
    for (auto* each : {&first, &second}) {
      each->send(signed_bytes(rig));
      EXPECT_EQ(each->receive().status, 200);
    }
    EXPECT_TRUE(rig.call("GetCallerIdentity").cut);
  }
  // The server notices the ends a moment later.
  const auto deadline = std::chrono::steady_clock::now() + seconds{10};
  auto status = 0;
  while (status != 200 && std::chrono::steady_clock::now() < deadline) {
    status = rig.call("GetCallerIdentity").status;
  }
  EXPECT_EQ(status, 200);
}

TEST(EmulatorHttp, ManyClientsAreServedAtOnce) {
  const Rig rig;
  const auto keys = Rig::keys_of(rig.assume());
  std::atomic<int> good{0};
  std::vector<std::thread> clients;
  for (int i = 0; i < 16; ++i) {
    clients.emplace_back([&] {
      Wire connection{rig.emulator.port()};
      const auto bytes = wire(sign(Rig::resource(), keys, rig.clock->now()), 0);
      for (int round = 0; round < 50; ++round) {
        connection.send(bytes);
        good += connection.receive().status == 200 ? 1 : 0;
      }
    });
  }
  for (auto& client : clients) {
    client.join();
  }
  EXPECT_EQ(good, 800);
  EXPECT_EQ(rig.emulator.counters().resource_accepted, 800U);
}

TEST(EmulatorHttp, StopIsPromptWithIdleConnections) {
  auto rig = std::make_unique<Rig>();
  std::vector<std::unique_ptr<Wire>> idle;
  for (int i = 0; i < 8; ++i) {
    idle.push_back(std::make_unique<Wire>(rig->emulator.port()));
  }
  const auto start = std::chrono::steady_clock::now();
  rig.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - start, seconds{1});
}

TEST(EmulatorHttp, PortInUseIsAnErrorAndAFreedPortCanBeHadAgain) {
  auto first = std::make_unique<Rig>();
  Options options;
  options.port = first->emulator.port();
  EXPECT_THROW(Emulator{options}, std::system_error);
  first.reset();
  const Emulator second{options};
  EXPECT_EQ(second.port(), options.port);
  EXPECT_EQ(second.endpoint_url(), "http://127.0.0.1:" + std::to_string(options.port));
}

}  // namespace
}  // namespace aws_refresh_session::emulator::testing
