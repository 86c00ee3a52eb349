// What goes wrong on demand.

#include "emulator_client.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <thread>

namespace aws_refresh_session::emulator::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Real = std::chrono::steady_clock;

struct ErrorCase {
  FaultKind kind;
  int status_asked;
  int status;
  const char* code;
};

class EmulatorErrorFault : public ::testing::TestWithParam<ErrorCase> {};

TEST_P(EmulatorErrorFault, AnswersInAwsWordsOnceThenAsUsual) {
  Rig rig;
  const auto& [kind, asked, status, code] = GetParam();
  rig.emulator.add_fault({.kind = kind, .count = 1, .status = asked});
  const auto answer = rig.assume();
  EXPECT_EQ(answer.status, status);
  EXPECT_EQ(answer.code(), code);
  EXPECT_EQ(rig.assume().status, 200);
  EXPECT_EQ(rig.emulator.counters().by_fault.at(kind), 1U);
  EXPECT_EQ(rig.emulator.counters().credentials_issued, 1U);
}

INSTANTIATE_TEST_SUITE_P(Cases, EmulatorErrorFault,
                         ::testing::Values(ErrorCase{FaultKind::server_error, 0, 500, "InternalFailure"},
                                           ErrorCase{FaultKind::server_error, 503, 503, "ServiceUnavailable"},
                                           ErrorCase{FaultKind::server_error, 502, 502, ""},
                                           ErrorCase{FaultKind::server_error, 504, 504, ""},
                                           ErrorCase{FaultKind::throttling, 0, 400, "Throttling"},
                                           ErrorCase{FaultKind::throttling, 429, 429, "TooManyRequestsException"},
                                           ErrorCase{FaultKind::throttling, 503, 503, "SlowDown"},
                                           ErrorCase{FaultKind::forbidden, 0, 403, "AccessDenied"}));

TEST(EmulatorFault, LatencyDelaysTheAnswerAndCombines) {
  Rig rig;
  rig.emulator.add_fault({.kind = FaultKind::latency, .delay = milliseconds{60}});
  rig.emulator.add_fault({.kind = FaultKind::forbidden});
  const auto start = Real::now();
  EXPECT_EQ(rig.assume().code(), "AccessDenied");
  EXPECT_GE(Real::now() - start, milliseconds{60});
  EXPECT_EQ(rig.emulator.log().back().faults, (std::vector{FaultKind::latency, FaultKind::forbidden}));
}

TEST(EmulatorFault, HangAnswersNobodyUntilReleased) {
  Rig rig;
  rig.emulator.add_fault({.kind = FaultKind::hang, .count = 1});
  Answer answer;
  std::thread caller{[&] { answer = rig.assume(); }};
  ASSERT_TRUE(rig.emulator.wait_for_arrivals(Action::assume_role, 1, seconds{10}));
  EXPECT_EQ(rig.assume().status, 200) << "others are served";
  EXPECT_EQ(rig.emulator.counters().requests, 1U) << "the hanging one has not ended";
  // Released again until it got there: arriving and beginning to wait are two moments.
  while (rig.emulator.counters().requests < 2) {
    rig.emulator.release_hanging();
    std::this_thread::yield();
  }
  caller.join();
  EXPECT_EQ(answer.status, 200);
}

TEST(EmulatorFault, HangWithALimitClosesTheConnection) {
  Rig rig;
  rig.emulator.add_fault({.kind = FaultKind::hang, .delay = milliseconds{30}});
  const auto answer = rig.assume();
  EXPECT_EQ(answer.status, 0);
  EXPECT_TRUE(answer.cut);
  EXPECT_EQ(rig.emulator.counters().by_status.at(0), 1U);
}

TEST(EmulatorFault, HangEndsWhenTheClientGoesAway) {
  Rig rig;
  rig.emulator.add_fault({.kind = FaultKind::hang});
  {
    const Wire connection{rig.emulator.port()};
    connection.send(wire(sign(Rig::action("GetCallerIdentity"), {}, rig.clock->now()), rig.emulator.port()));
    ASSERT_TRUE(rig.emulator.wait_for_arrivals(Action::get_caller_identity, 1, seconds{10}));
  }
  const auto deadline = Real::now() + seconds{10};
  while (rig.emulator.counters().requests == 0 && Real::now() < deadline) {
    std::this_thread::yield();
  }
  EXPECT_EQ(rig.emulator.counters().requests, 1U);
}

TEST(EmulatorFault, StopIsPromptThoughRequestsHang) {
  std::vector<std::thread> callers;
  Real::time_point start;
  {
    Rig rig;
    rig.emulator.add_fault({.kind = FaultKind::hang});
    for (int i = 0; i < 8; ++i) {
      callers.emplace_back([&rig] {
        Wire connection{rig.emulator.port()};
        connection.send(wire(sign(Rig::action("GetCallerIdentity"), {}, WallTime{}), 0));
        static_cast<void>(connection.receive());
      });
    }
    ASSERT_TRUE(rig.emulator.wait_for_arrivals(Action::get_caller_identity, 8, seconds{10}));
    start = Real::now();
  }
  EXPECT_LT(Real::now() - start, seconds{1});
  for (auto& caller : callers) {
    caller.join();
  }
}

TEST(EmulatorFault, ResetSendsNoAnswer) {
  Rig rig;
  rig.emulator.add_fault({.kind = FaultKind::reset, .count = 1});
  const auto answer = rig.assume();
  EXPECT_EQ(answer.status, 0);
  EXPECT_TRUE(answer.reset);
  EXPECT_EQ(rig.assume().status, 200);
}

TEST(EmulatorFault, ResetMidBodySendsHalfAnAnswer) {
  Rig rig;
  rig.emulator.add_fault({.kind = FaultKind::reset_mid_body});
  const auto answer = rig.assume();
  EXPECT_TRUE(answer.cut);
  // What was sent may be lost with the reset; if it is there, it is not whole.
  EXPECT_FALSE(answer.body.ends_with("</AssumeRoleResponse>\n"));
}

TEST(EmulatorFault, GarbageIs200WithoutMeaning) {
  Rig rig;
  rig.emulator.add_fault({.kind = FaultKind::not_xml, .count = 1});
  rig.emulator.add_fault({.kind = FaultKind::truncated_xml, .count = 1});
  rig.emulator.add_fault({.kind = FaultKind::empty_body, .count = 1});
  const auto text = rig.assume();
  EXPECT_EQ(text.status, 200);
  EXPECT_EQ(text.body.find("AssumeRole"), std::string::npos);
  const auto half = rig.assume();
  EXPECT_EQ(half.status, 200);
  EXPECT_TRUE(half.body.starts_with("<AssumeRoleResponse"));
  EXPECT_FALSE(half.has_element("/AssumeRoleResponse"));
  EXPECT_FALSE(half.cut);
  const auto empty = rig.assume();
  EXPECT_EQ(empty.status, 200);
  EXPECT_TRUE(empty.body.empty());
  EXPECT_EQ(rig.assume().status, 200);
}

TEST(EmulatorFault, BadAnswersHaveOneThingWrong) {
  Rig rig;
  for (const auto kind :
       {FaultKind::expired_answer, FaultKind::no_expiration, FaultKind::no_zone, FaultKind::empty_keys}) {
    rig.emulator.add_fault({.kind = kind, .count = 1});
  }
  EXPECT_EQ(rig.call("GetCallerIdentity").status, 200) << "not for actions without credentials";
  const auto expired = rig.assume();
  EXPECT_EQ(expired.element("Expiration"), "2025-12-31T23:00:00Z");
  EXPECT_EQ(rig.get_resource(Rig::keys_of(expired)).code(), "ExpiredToken");
  const auto none = rig.assume();
  EXPECT_FALSE(none.has_element("Expiration"));
  EXPECT_FALSE(none.element("SessionToken").empty());
  EXPECT_EQ(rig.call("GetSessionToken").element("Expiration"), "2026-01-01T12:00:00");
  const auto empty = rig.assume();
  EXPECT_EQ(empty.status, 200);
  EXPECT_TRUE(empty.element("AccessKeyId").empty());
  EXPECT_TRUE(empty.element("SecretAccessKey").empty());
  EXPECT_FALSE(empty.element("SessionToken").empty());
  EXPECT_TRUE(rig.emulator.active_faults().empty());
}

TEST(EmulatorFault, SkewedDateMovesTheHeaderOnly) {
  Rig rig;
  rig.emulator.add_fault({.kind = FaultKind::skewed_date, .skew = seconds{3'600}});
  const auto answer = rig.assume({{"DurationSeconds", "60"}});
  EXPECT_EQ(answer.headers.at("date"), "Thu, 01 Jan 2026 01:00:00 GMT");
  EXPECT_EQ(answer.element("Expiration"), "2026-01-01T00:01:00Z");
}

TEST(EmulatorFault, SkewedClockRefusesLocalTimeAndTellsItsOwn) {
  Rig rig;
  rig.emulator.add_fault({.kind = FaultKind::skewed_clock, .skew = -seconds{3'600}});
  const auto answer = rig.assume();
  EXPECT_EQ(answer.status, 403);
  EXPECT_EQ(answer.code(), "RequestTimeTooSkewed");
  EXPECT_EQ(answer.headers.at("date"), "Wed, 31 Dec 2025 23:00:00 GMT");
  auto corrected = Rig::action("GetCallerIdentity");
  corrected.time_offset = -seconds{3'600};
  EXPECT_EQ(rig.send_signed(corrected).status, 200);
}

TEST(EmulatorFault, ClockOffsetLastsUntilItIsSetBack) {
  Rig rig;
  rig.emulator.set_clock_offset(std::chrono::hours{1});
  EXPECT_EQ(rig.call("GetCallerIdentity").code(), "RequestTimeTooSkewed");
  auto corrected = Rig::action("GetSessionToken", {{"DurationSeconds", "60"}});
  corrected.time_offset = std::chrono::hours{1};
  EXPECT_EQ(rig.send_signed(corrected).element("Expiration"), "2026-01-01T01:01:00Z");
  rig.emulator.set_clock_offset(milliseconds{0});
  EXPECT_EQ(rig.call("GetCallerIdentity").status, 200);
}

TEST(EmulatorFault, AppliesToItsActionOnlyAndAsOftenAsAsked) {
  Rig rig;
  rig.emulator.add_fault({.kind = FaultKind::forbidden, .action = Action::assume_role, .count = 2});
  EXPECT_EQ(rig.call("GetCallerIdentity").status, 200);
  EXPECT_EQ(rig.assume().status, 403);
  EXPECT_EQ(rig.emulator.active_faults().front().second.count, 1U);
  EXPECT_EQ(rig.assume().status, 403);
  EXPECT_EQ(rig.assume().status, 200);
  const auto keys = Rig::keys_of(rig.assume());
  rig.emulator.add_fault({.kind = FaultKind::server_error, .action = Action::resource, .status = 503});
  EXPECT_EQ(rig.get_resource(keys).status, 503);
  EXPECT_EQ(rig.call("GetCallerIdentity").status, 200);
}

TEST(EmulatorFault, LaterFaultsWaitForTheFirstToBeUsedUp) {
  Rig rig;
  rig.emulator.add_fault({.kind = FaultKind::forbidden, .count = 1});
  rig.emulator.add_fault({.kind = FaultKind::server_error, .count = 1});
  EXPECT_EQ(rig.assume().status, 403);
  EXPECT_EQ(rig.assume().status, 500);
  EXPECT_EQ(rig.assume().status, 200);
}

TEST(EmulatorFault, CanBeRemoved) {
  Rig rig;
  const auto id = rig.emulator.add_fault({.kind = FaultKind::forbidden});
  rig.emulator.add_fault({.kind = FaultKind::server_error});
  EXPECT_TRUE(rig.emulator.remove_fault(id));
  EXPECT_FALSE(rig.emulator.remove_fault(id));
  EXPECT_EQ(rig.assume().status, 500);
  rig.emulator.clear_faults();
  EXPECT_EQ(rig.assume().status, 200);
}

TEST(EmulatorFault, SameSeedHitsTheSameRequests) {
  const auto pattern = [](std::uint64_t seed) {
    Rig rig;
    rig.emulator.add_fault({.kind = FaultKind::forbidden, .probability = 0.5, .seed = seed});
    std::string hits;
    for (int i = 0; i < 40; ++i) {
      hits += rig.call("GetCallerIdentity").status == 403 ? 'x' : '.';
    }
    return hits;
  };
  const auto one = pattern(1);
  EXPECT_EQ(one, pattern(1));
  EXPECT_NE(one, pattern(2));
  const auto count = std::ranges::count(one, 'x');
  EXPECT_GT(count, 5);
  EXPECT_LT(count, 35);
}

TEST(EmulatorFault, SenselessOnesAreRefused) {
  Rig rig;
  const auto nan = std::numeric_limits<double>::quiet_NaN();
  for (const Fault& fault :
       {Fault{.kind = FaultKind::forbidden, .probability = 1.5},
        Fault{.kind = FaultKind::forbidden, .probability = nan},
        Fault{.kind = FaultKind::latency, .delay = milliseconds{-1}},
        Fault{.kind = FaultKind::hang, .delay = milliseconds::max()},
        Fault{.kind = FaultKind::skewed_clock, .skew = seconds::max()},
        Fault{.kind = FaultKind::skewed_date, .skew = seconds::min()},
        Fault{.kind = FaultKind::server_error, .status = 404}, Fault{.kind = FaultKind::throttling, .status = 500}}) {
    EXPECT_THROW(rig.emulator.add_fault(fault), std::invalid_argument);
  }
  EXPECT_TRUE(rig.emulator.active_faults().empty());
  EXPECT_THROW(rig.emulator.set_clock_offset(milliseconds::max()), std::invalid_argument);
  EXPECT_EQ(rig.call("GetCallerIdentity").status, 200);
}

TEST(EmulatorFault, DownResetsOpenAndNewConnectionsUntilUp) {
  Rig rig;
  Wire open{rig.emulator.port()};
  const auto request = wire(sign(Rig::action("GetCallerIdentity"), {}, rig.clock->now()), rig.emulator.port());
  open.send(request);
  EXPECT_EQ(open.receive().status, 200);
  rig.emulator.set_down(true);
  open.send(request);
  EXPECT_TRUE(open.receive().cut);
  EXPECT_TRUE(rig.call("GetCallerIdentity").cut);
  rig.emulator.set_down(false);
  EXPECT_EQ(rig.call("GetCallerIdentity").status, 200);
}

}  // namespace
}  // namespace aws_refresh_session::emulator::testing
