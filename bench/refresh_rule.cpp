// The rule on a virtual clock: weeks in a second, one thread, no network.

#include "bench/table.hpp"

#include <aws_refresh_session/aws_refresh_session.hpp>
#include <aws_refresh_session/testing/fake_clock.hpp>
#include <aws_refresh_session/testing/fake_scheduler.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace aws_refresh_session::bench {
namespace {

using namespace std::chrono_literals;

/// A source of one-hour sets that can be down, and a session on it.
struct World {
  explicit World(const RefreshOptions& rule, std::uint64_t seed)
      : session(make_provider([this]() -> Credentials {
                  if (down) {
                    throw RequestError{{.message = "down", .status_code = 503, .kind = ErrorKind::recoverable}};
                  }
                  return Credentials{"ASIA", "secret", "token", clock->now() + 1h};
                }),
                rule, EngineSeams{.clock = clock, .scheduler = scheduler, .seed = seed}) {}

  /// One read. False if it failed or gave a set that is past its expiration.
  [[nodiscard]] bool read() {
    try {
      return !session.credentials()->expired(clock->now());
    } catch (const Error&) {
      return false;
    }
  }

  bool down = false;
  std::shared_ptr<testing::FakeClock> clock = std::make_shared<testing::FakeClock>();
  std::shared_ptr<testing::FakeScheduler> scheduler =
      std::make_shared<testing::FakeScheduler>(clock, testing::FakeScheduler::Mode::immediate);
  RefreshingCredentialsProvider session;
};

struct Recovery {
  int bad_reads = 0;
  std::chrono::seconds until_fresh{0};
};

/// The machine sleeps until `left` remains; the first call after that fails, all later ones succeed.
Recovery one_failed_call(const RefreshOptions& rule, std::chrono::seconds left, std::uint64_t seed) {
  World world{rule, seed};
  static_cast<void>(world.session.credentials());
  world.clock->suspend(1h - left);
  world.down = true;
  Recovery recovery;
  recovery.bad_reads += world.read() ? 0 : 1;
  world.scheduler->run_ready();
  world.down = false;
  while (world.session.state() != Freshness::fresh && recovery.until_fresh < 1h) {
    world.scheduler->advance(1s);
    recovery.until_fresh += 1s;
    recovery.bad_reads += world.read() ? 0 : 1;
  }
  return recovery;
}

template <typename Number>
Number median(std::vector<Number> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

std::string recoveries(const RefreshOptions& rule, std::chrono::seconds left) {
  std::vector<int> bad;
  std::vector<std::chrono::seconds> fresh;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    const auto recovery = one_failed_call(rule, left, seed * 2'654'435'761);
    bad.push_back(recovery.bad_reads);
    fresh.push_back(recovery.until_fresh);
  }
  return fmt::format("bad reads {} (median), {} (worst); fresh after {} s (median), {} s (worst)", median(bad),
                     *std::max_element(bad.begin(), bad.end()), median(fresh).count(),
                     std::max_element(fresh.begin(), fresh.end())->count());
}

std::string outages(const RefreshOptions& rule, std::chrono::seconds length, std::chrono::seconds between_reads) {
  constexpr int kStarts = 400;
  int with_bad_reads = 0;
  for (int start = 0; start < kStarts; ++start) {
    World world{rule, static_cast<std::uint64_t>(start) * 7'919 + 1};
    static_cast<void>(world.session.credentials());
    const auto outage = 1h + start * 9s;  // spread over an hour, after the first refreshes
    bool bad = false;
    for (auto time = 0s; time < outage + length + 1h; time += 5s) {
      world.down = time >= outage && time < outage + length;
      world.scheduler->advance(5s);
      if (time % between_reads == 0s) {
        bad = !world.read() || bad;
      }
    }
    with_bad_reads += bad ? 1 : 0;
  }
  return fmt::format("{} of {} outages", with_bad_reads, kStarts);
}

}  // namespace

Rows refresh_rule() {
  const RefreshOptions ours;
  const auto sdk = RefreshOptions::aws_sdk_2026();
  Rows rows;
  for (const auto left : {30s, 90s, 240s}) {
    rows.push_back(
        {fmt::format("one failed call with {} s left, then a healthy source, a read a second, 200 seeds", left.count()),
         recoveries(ours, left), "0 bad reads, fresh within 30 s",
         "AWS SDKs' 2026 rule on this engine: " + recoveries(sdk, left)});
  }
  for (const auto length : {20min, 29min}) {
    for (const auto& [load, between] :
         {std::pair{"busy (a read in 5 s)", 5s}, std::pair{"idle (a read in 10 min)", 600s}}) {
      rows.push_back({fmt::format("{} min outage, 1 h credentials, {}: outages with a bad read", length.count(), load),
                      outages(ours, length, between), "0",
                      "AWS SDKs' 2026 rule on this engine: " + outages(sdk, length, between)});
    }
  }
  return rows;
}

}  // namespace aws_refresh_session::bench
