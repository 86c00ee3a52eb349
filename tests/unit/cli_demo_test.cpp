#include "cli/demo_events.hpp"
#include "cli/demo_faults.hpp"
#include "cli/demo_options.hpp"
#include "cli/demo_report.hpp"
#include "cli/demo_view.hpp"
#include "cli/usage_error.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace aws_refresh_session::cli {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string refusal(const DemoArguments& demo, const RefreshArguments& refresh = {}) {
  try {
    static_cast<void>(demo_options(demo, refresh));
  } catch (const UsageError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(DemoOptions, DefaultsScaleToTheLifetime) {
  const DemoOptions options = demo_options({}, {});
  EXPECT_EQ(options.run, 20s);
  EXPECT_EQ(options.lifetime, 4s);
  EXPECT_EQ(options.advisory_window(4s), 2s);
  EXPECT_EQ(options.attempt_timeout(), 500ms);
  EXPECT_EQ(options.refresh.backoff_max, 400ms);
  EXPECT_EQ(demo_options({.seconds = "", .lifetime = "60"}, {}).run, 300s);
}

TEST(DemoOptions, RunsThatWouldShowNothingAreRefused) {
  EXPECT_EQ(refusal({.seconds = "7", .lifetime = "4"}),
            "--seconds: 7 is too short to see anything. Give at least 8, twice the lifetime.");
  EXPECT_EQ(refusal({.seconds = "8", .lifetime = "4"}), "accepted");
  EXPECT_EQ(refusal({.seconds = "x"}), "--seconds: 'x' will not do. Give a whole number from 1 to 86400.");
  EXPECT_EQ(refusal({.readers = "0"}), "--readers: '0' will not do. Give a whole number from 1 to 256.");
  EXPECT_THAT(refusal({}, {.advisory_window = "3.9s"}), HasSubstr("--advisory-window: "));
}

struct Played {
  int begun = 0;
  /// Of the set in use when a failure ended, as a part of the life it had.
  double least_left = 1;
  bool active_at_end = false;
};

/// Plays a run whose sets live up to a second less than asked for, and are refreshed at the advisory window unless a
/// failure is on.
Played play(const DemoOptions& options) {
  FaultPlan plan{options};
  Played played;
  std::chrono::milliseconds received{0};
  std::chrono::milliseconds life{options.lifetime};
  for (std::chrono::milliseconds now{0}; now < options.run; now += 20ms) {
    const auto remaining = received + life - now;
    if (plan.next(now, remaining, life) == FaultPlan::Step::end) {
      played.least_left =
          std::min(played.least_left, static_cast<double>(remaining.count()) / static_cast<double>(life.count()));
    }
    if (remaining <= options.advisory_window(life) && !plan.active()) {
      received = now;
      life = options.lifetime - now % 1s;
    }
  }
  played.begun = plan.begun();
  played.active_at_end = plan.active();
  return played;
}

TEST(FaultPlan, EveryRunHasAFailureThatEndsWhileTheSetLives) {
  for (const int lifetime : {3, 4, 10, 60}) {
    for (const int factor : {2, 3, 5, 10, 50}) {
      DemoOptions options;
      options.lifetime = std::chrono::seconds{lifetime};
      options.run = factor * options.lifetime;
      const Played played = play(options);
      EXPECT_GE(played.begun, 1) << lifetime << " " << factor;
      EXPECT_FALSE(played.active_at_end) << lifetime << " " << factor;
      // Room for a call that hangs (an eighth) begun just before the end, and the pause after it (a tenth).
      EXPECT_GE(played.least_left, 0.28) << lifetime << " " << factor;
    }
  }
  EXPECT_GE(play(demo_options({}, {})).begun, 3);
}

TEST(FaultInjector, EmulatorFailsOnlyBetweenBeginAndEnd) {
  emulator::Emulator emulator;
  const DemoOptions options;
  FaultInjector faults{emulator, options};
  EXPECT_EQ(faults.update(0s, 4s, 4s, "A"), "");
  EXPECT_EQ(faults.update(6s, 2200ms, 4s, "A"), "failure 1 begins: STS answers 503");
  EXPECT_EQ(faults.active(), "STS answers 503");
  EXPECT_EQ(faults.update(6500ms, 1700ms, 4s, "A"), "");
  EXPECT_EQ(faults.update(7100ms, 1100ms, 4s, "A"), "failure 1 ends");
  EXPECT_EQ(faults.recovered(), 0);
  EXPECT_EQ(faults.update(7300ms, 900ms, 4s, "A"), "");
  EXPECT_EQ(faults.update(7600ms, 4s, 4s, "B"), "recovered from failure 1, 0.5 s after its end");
  EXPECT_EQ(faults.recovered(), 1);
  EXPECT_EQ(faults.active(), "");
}

DemoReport good_report() {
  DemoReport report;
  report.ran = 20s;
  report.reads = {1'234'567, 0, 0, 1'500us};
  report.requests = {400, 0, 0};
  report.refreshes = 9;
  report.failed_attempts = 5;
  report.failures_injected = 3;
  report.failures_recovered = 3;
  report.requests_hit = 5;
  return report;
}

TEST(DemoReport, GoodRunPasses) {
  EXPECT_THAT(good_report().complaints(), IsEmpty());
  const std::string text = summary_text(good_report());
  EXPECT_THAT(text, HasSubstr("1,234,567, 61,728 a second\n  slowest read  1.50 ms,"));
  EXPECT_THAT(text, HasSubstr("PASS"));
  JsonObject json;
  describe(good_report(), json);
  EXPECT_THAT(std::string{json.str()}, HasSubstr("\"passed\": true"));
  EXPECT_THAT(std::string{json.str()}, HasSubstr("\"slowest_read_ms\": 1.500"));
}

TEST(DemoReport, EachFaultOfARunFailsItByName) {
  struct Case {
    std::function<void(DemoReport&)> change;
    std::string complaint;
  };
  const std::vector<Case> cases{
      {[](auto& r) { r.reads.reads = 0; }, "Nothing was read."},
      {[](auto& r) { r.reads.failed = 2, r.first_read_error = "why"; }, "2 reads failed: why"},
      {[](auto& r) { r.reads.expired = 1; }, "1 reads gave an expired set."},
      {[](auto& r) { r.requests.accepted = 0; }, "No request was accepted."},
      {[](auto& r) { r.requests.refused = 1; }, "1 requests were refused."},
      {[](auto& r) { r.requests.unanswered = 1; }, "1 requests got no answer."},
      {[](auto& r) { r.requests_with_expired_sets = 1; }, "The emulator got 1 requests signed with an expired set."},
      {[](auto& r) { r.refreshes = 0; }, "No refresh happened."},
      {[](auto& r) { r.requests_hit = 0; }, "No failure was injected, so nothing was proven."},
      {[](auto& r) { r.failures_recovered = 2; }, "It recovered from 2 of 3 failures."},
  };
  for (const Case& each : cases) {
    DemoReport report = good_report();
    each.change(report);
    EXPECT_THAT(report.complaints(), ElementsAre(each.complaint));
    EXPECT_THAT(summary_text(report), HasSubstr("FAIL"));
  }
}

TEST(DemoReport, InterruptedRunIsJudgedByWhatItReadOnly) {
  DemoReport report = good_report();
  report.interrupted = true;
  report.failures_recovered = 0;
  report.refreshes = 0;
  EXPECT_THAT(report.complaints(), IsEmpty());
  report.reads.failed = 1;
  EXPECT_EQ(report.complaints().size(), 1U);
}

TEST(DemoReport, NumbersAreWrittenForPeople) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1'000), "1,000");
  EXPECT_EQ(grouped(1'002'003), "1,002,003");
  EXPECT_EQ(span_text(850ns), "850 ns");
  EXPECT_EQ(span_text(12'300ns), "12.3 us");
  EXPECT_EQ(span_text(1'500us), "1.50 ms");
  EXPECT_EQ(span_text(2'100ms), "2.10 s");
}

DemoFrame busy_frame() {
  DemoFrame frame;
  frame.elapsed = 12'300ms;
  frame.run = 20s;
  frame.lifetime = 4s;
  frame.key_id = "ASIAEXAMPLEEXAMPLE01";
  frame.state = Freshness::advisory;
  frame.remaining = 1s;
  frame.reads = {123'456'789'012U, 1, 2, 3ms};
  frame.reads_per_second = 12'345'678;
  frame.requests = {400, 1, 2};
  frame.refreshes = 7;
  frame.failed_attempts = 3;
  frame.next_attempt = 400ms;
  frame.failing = "STS answers 503";
  frame.failures_injected = 2;
  frame.failures_recovered = 1;
  for (int i = 0; i < 40; ++i) {
    frame.events.push_back("event " + std::to_string(i) + std::string(100, '.'));
  }
  return frame;
}

TEST(DemoView, FrameNeverLeavesItsTerminal) {
  for (const std::size_t columns : {1U, 2U, 10U, 20U, 60U, 80U, 200U}) {
    for (const std::size_t rows : {1U, 2U, 8U, 10U, 24U, 60U}) {
      const auto lines = live_lines(busy_frame(), columns, rows, false);
      EXPECT_LE(lines.size(), std::max<std::size_t>(rows - 1, 1));
      for (const std::string& line : lines) {
        EXPECT_LE(line.size(), std::max<std::size_t>(columns - 1, 1)) << line;
      }
    }
  }
}

TEST(DemoView, SixtyColumnsShowAllThatMatters) {
  std::string all;
  for (const std::string& line : live_lines(busy_frame(), 60, 24, false)) {
    all += line + "\n";
  }
  for (const char* text : {"12.3 s of 20 s", "ASIAEXAMPLEEXAMPLE01  advisory", "1.0 s of 4.0 s", "12,345,678 a second",
                           "failed 1  expired 2", "400 accepted, 3 refused or lost", "7, 3 attempts failed",
                           "next in 0.4 s", "2 injected, 1 recovered; now: STS answers 503", "event 39"}) {
    EXPECT_THAT(all, HasSubstr(text));
  }
  EXPECT_THAT(all, HasSubstr("[########-----------------------]")) << all;
}

TEST(DemoView, ColoursChangeNoText) {
  const auto plain = live_lines(busy_frame(), 80, 24, false);
  auto coloured = live_lines(busy_frame(), 80, 24, true);
  ASSERT_EQ(plain.size(), coloured.size());
  bool any = false;
  for (std::size_t i = 0; i < plain.size(); ++i) {
    std::string& line = coloured[i];
    for (auto at = line.find('\x1b'); at != std::string::npos; at = line.find('\x1b')) {
      line.erase(at, line.find('m', at) - at + 1);
      any = true;
    }
    EXPECT_EQ(line, plain[i]);
  }
  EXPECT_TRUE(any);
}

TEST(DemoView, PlainLineIsOneLine) {
  const std::string line = plain_line(busy_frame());
  EXPECT_EQ(line.find('\n'), std::string::npos);
  EXPECT_THAT(line, HasSubstr("STS answers 503"));
}

TEST(DemoEvents, CountsAndKeepsTheNewest) {
  DemoEvents events;
  RefreshEvent event;
  event.type = RefreshEvent::Type::success;
  event.access_key_id = "A";
  event.latency = 3ms;
  events.record(event);
  event.type = RefreshEvent::Type::failure;
  event.next_attempt = 10s;
  event.error = std::make_shared<const Error>(
      ErrorFields{.message = "No.", .code = "ServiceUnavailable", .kind = ErrorKind::recoverable});
  events.record(event);
  const DemoEvents::State state = events.state();
  EXPECT_EQ(state.successes, 1U);
  EXPECT_EQ(state.refreshes(), 0U);
  EXPECT_EQ(state.failures, 1U);
  ASSERT_TRUE(state.next_attempt);
  EXPECT_GT(*state.next_attempt, 9s);
  ASSERT_EQ(state.lines.size(), 2U);
  EXPECT_THAT(state.lines[0], HasSubstr("refreshed in 3 ms: A"));
  EXPECT_THAT(state.lines[1], HasSubstr("attempt failed after 3 ms: ServiceUnavailable; next attempt in 10.0 s"));
  EXPECT_EQ(events.take_new().size(), 2U);
  EXPECT_THAT(events.take_new(), IsEmpty());
}

}  // namespace
}  // namespace aws_refresh_session::cli
