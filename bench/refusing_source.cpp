#include "bench/table.hpp"
#include "emulator/emulator.hpp"

#include <aws_refresh_session/aws_refresh_session.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <latch>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace aws_refresh_session::bench {
namespace {

using namespace std::chrono_literals;

AssumeRoleOptions role_of(const emulator::Emulator& emulator) {
  AssumeRoleOptions options{.role_arn = emulator.role_arn()};
  options.client.region = "us-east-1";
  options.client.endpoint_url = emulator.endpoint_url();
  options.client.credentials = Credentials{emulator::kDefaultAccessKeyId, emulator::kDefaultSecretAccessKey};
  return options;
}

Row thirty_two_refused_readers() {
  constexpr int kReaders = 32;
  emulator::Emulator emulator;
  emulator.add_fault({.kind = emulator::FaultKind::latency, .delay = 500ms});
  emulator.add_fault({.kind = emulator::FaultKind::forbidden});
  RefreshableSession session{role_of(emulator)};
  std::latch start{kReaders};
  std::mutex mutex;
  std::vector<std::chrono::nanoseconds> waits;
  std::set<std::string> errors;
  {
    std::vector<std::jthread> readers;
    readers.reserve(kReaders);
    for (int reader = 0; reader < kReaders; ++reader) {
      readers.emplace_back([&] {
        start.arrive_and_wait();
        const auto before = std::chrono::steady_clock::now();
        std::string text = "no error";
        try {
          static_cast<void>(session.credentials());
        } catch (const Error& error) {
          text = error.what() + error.request_id();
        }
        const auto waited = std::chrono::steady_clock::now() - before;
        const std::lock_guard lock{mutex};
        waits.push_back(waited);
        errors.insert(text);
      });
    }
  }
  const auto slowest =
      std::chrono::duration_cast<std::chrono::milliseconds>(*std::max_element(waits.begin(), waits.end()));
  return {fmt::format("{} readers, nothing cached, STS answers 403 after 500 ms", kReaders),
          fmt::format("{} call, last reader released after {} ms, {} different error{}",
                      emulator.arrived(emulator::Action::assume_role), slowest.count(), errors.size(),
                      errors.size() == 1 ? "" : "s"),
          "1 call, 550 ms, 1 error", ""};
}

Row readers_during_a_slow_refresh() {
  constexpr int kReaders = 64;
  emulator::Emulator emulator;
  SessionOptions options;
  options.refresh.advisory_window = 2h;  // due at once, so that the slow call is in flight all the time
  RefreshableSession session{role_of(emulator), options};
  static_cast<void>(session.credentials());
  emulator.add_fault({.kind = emulator::FaultKind::latency, .delay = 5s});
  std::thread refresher{[&] {
    try {
      session.refresh_now();
    } catch (const Error&) {
      // Only the readers count here.
    }
  }};
  while (emulator.arrived(emulator::Action::assume_role) < 2) {
    std::this_thread::sleep_for(1ms);
  }
  std::mutex mutex;
  std::chrono::nanoseconds slowest{0};
  std::uint64_t reads = 0;
  {
    std::vector<std::jthread> readers;
    readers.reserve(kReaders);
    for (int reader = 0; reader < kReaders; ++reader) {
      readers.emplace_back([&] {
        std::chrono::nanoseconds own_slowest{0};
        std::uint64_t own_reads = 0;
        const auto end = std::chrono::steady_clock::now() + 3s;
        for (auto now = std::chrono::steady_clock::now(); now < end;) {
          static_cast<void>(session.credentials());
          const auto after = std::chrono::steady_clock::now();
          own_slowest = std::max<std::chrono::nanoseconds>(own_slowest, after - now);
          now = after;
          // A breath, so that 64 threads on few cores measure reads and not each other's time slices.
          if (++own_reads % 1000 == 0) {
            std::this_thread::sleep_for(1ms);
            now = std::chrono::steady_clock::now();
          }
        }
        const std::lock_guard lock{mutex};
        slowest = std::max(slowest, own_slowest);
        reads += own_reads;
      });
    }
  }
  refresher.join();
  return {fmt::format("{} readers while a refresh takes 5 s, slowest read of {:.1f} million", kReaders,
                      static_cast<double>(reads) / 1e6),
          fmt::format("{:.1f} ms", std::chrono::duration<double, std::milli>(slowest).count()), "a scheduling hiccup",
          ""};
}

}  // namespace

Rows refusing_source() {
  return {thirty_two_refused_readers(), readers_during_a_slow_refresh()};
}

}  // namespace aws_refresh_session::bench
