#include "bench/allocations.hpp"
#include "bench/table.hpp"

#include <aws_refresh_session/aws_refresh_session.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <barrier>
#include <chrono>
#include <ctime>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace aws_refresh_session::bench {
namespace {

constexpr int kReads = 2'000'000;
constexpr int kRounds = 9;

Credentials long_lived() {
  return Credentials{"ASIAIOSFODNN7EXAMPLE", std::string(40, 's'), std::string(350, 't'),
                     std::chrono::system_clock::now() + std::chrono::hours{1}};
}

double cpu_nanoseconds() {
  std::timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

struct Cost {
  /// The median thread's CPU time, in ns per read. Wall time says little with more threads than cores.
  double cpu = 0;
  double allocations = 0;
};

template <typename Read>
Cost measure(int threads, Read read) {
  std::vector<double> costs;
  std::uint64_t allocated = 0;
  std::mutex mutex;
  const int reads = kReads / threads;
  for (int round = 0; round < kRounds; ++round) {
    std::barrier start{threads};
    std::vector<std::jthread> running;
    running.reserve(static_cast<std::size_t>(threads));
    for (int thread = 0; thread < threads; ++thread) {
      running.emplace_back([&] {
        for (int warm_up = 0; warm_up < 1000; ++warm_up) {
          read();
        }
        start.arrive_and_wait();
        const auto allocations_before = allocations();
        const auto before = cpu_nanoseconds();
        for (int index = 0; index < reads; ++index) {
          read();
        }
        const auto cost = (cpu_nanoseconds() - before) / reads;
        const auto made = allocations() - allocations_before;
        const std::lock_guard lock{mutex};
        costs.push_back(cost);
        allocated += made;
      });
    }
  }
  std::sort(costs.begin(), costs.end());
  return {costs[costs.size() / 2], static_cast<double>(allocated) / kRounds / kReads};
}

/// What every peer in C++ does: a lock, a look at the exact clock, a copy.
class UnderOneLock {
 public:
  explicit UnderOneLock(const Credentials& credentials) : current_(std::make_shared<const Credentials>(credentials)) {}
  std::shared_ptr<const Credentials> read() {
    const std::lock_guard lock{mutex_};
    return current_->expired(std::chrono::system_clock::now()) ? nullptr : current_;
  }

 private:
  std::mutex mutex_;
  std::shared_ptr<const Credentials> current_;
};

template <typename Value>
void keep(const Value& value) {
  asm volatile("" : : "g"(&value) : "memory");
}

}  // namespace

Rows read_path() {
  RefreshingCredentialsProvider provider{make_static_provider(long_lived())};
  static_cast<void>(provider.credentials());
  UnderOneLock locked{long_lived()};
  const auto shared = std::make_shared<const Credentials>(long_lived());
  const auto value = long_lived();
  std::string python;
  for (const auto& [name, nanoseconds] : python_peers("read")) {
    python += fmt::format("; {} {:.0f} ns", name, nanoseconds);
  }
  Rows rows;
  for (const int threads : {1, 2, 4}) {
    const auto ours = measure(threads, [&] { keep(provider.credentials()); });
    const auto mutex = measure(threads, [&] { keep(locked.read()); });
    const auto plain = measure(threads, [&] {
      const auto copy = shared;  // NOLINT(performance-unnecessary-copy-initialization): the copy is what is measured
      keep(copy);
    });
    const auto copied = measure(threads, [&] {
      const auto copy = value;  // NOLINT(performance-unnecessary-copy-initialization): the copy is what is measured
      keep(copy);
    });
    rows.push_back(
        {fmt::format("fresh read that owns its snapshot, {} thread{}, CPU per read", threads, threads == 1 ? "" : "s"),
         fmt::format("{:.1f} ns, {:.2g} allocations", ours.cpu, ours.allocations),
         threads == 1 ? "25 ns, 0 allocations" : "as with 1 thread",
         fmt::format("mutex and shared_ptr {:.1f} ns; bare shared_ptr copy, no expiry {:.1f} ns; owning copy "
                     "{:.1f} ns{}",
                     mutex.cpu, plain.cpu, copied.cpu, threads == 1 ? python : "")});
  }
  return rows;
}

}  // namespace aws_refresh_session::bench
