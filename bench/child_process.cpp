#include "bench/child_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <stdexcept>
#include <thread>

namespace aws_refresh_session::bench {
namespace {

/// Starts a program, output thrown away.
::pid_t start(std::vector<std::string> arguments, std::vector<std::string> environment) {
  const auto pointers = [](std::vector<std::string>& texts) {
    std::vector<char*> result;
    result.reserve(texts.size() + 1);
    for (auto& each : texts) {
      result.push_back(each.data());
    }
    result.push_back(nullptr);
    return result;
  };
  auto argv = pointers(arguments);
  auto envp = pointers(environment);
  ::posix_spawn_file_actions_t actions{};
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  ::pid_t child = 0;
  const int failed = ::posix_spawn(&child, argv[0], &actions, nullptr, argv.data(), envp.data());
  ::posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) {
    throw std::runtime_error{"could not run " + arguments[0]};
  }
  return child;
}

void wait_for(::pid_t child, const std::string& program) {
  int status = 0;
  if (::waitpid(child, &status, 0) != child || status != 0) {
    throw std::runtime_error{"failed: " + program};
  }
}

double milliseconds_of_run(const std::vector<std::string>& arguments, const std::vector<std::string>& environment) {
  const auto before = std::chrono::steady_clock::now();
  wait_for(start(arguments, environment), arguments[0]);
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - before).count();
}

/// The largest resident set so far, of a process that has not ended; 0 for one that has.
double high_water_mib(::pid_t child) {
  std::ifstream status{fmt::format("/proc/{}/status", child)};
  for (std::string word; status >> word;) {
    if (word == "VmHWM:") {
      double kib = 0;
      status >> kib;
      return kib / 1024.0;
    }
  }
  return 0;
}

/// Looks on while it runs: what wait4 tells would count the bench's own memory, which the child has until exec.
double peak_mib_of_run(const std::vector<std::string>& arguments, const std::vector<std::string>& environment) {
  const auto child = start(arguments, environment);
  double peak = 0;
  while (true) {
    const double now = high_water_mib(child);
    if (now <= 0) {
      break;
    }
    peak = std::max(peak, now);
    std::this_thread::sleep_for(std::chrono::microseconds{100});
  }
  wait_for(child, arguments[0]);
  return peak;
}

}  // namespace

ProcessCost measure_process(const std::vector<std::string>& arguments, const std::vector<std::string>& environment,
                            int runs) {
  std::vector<double> times;
  ProcessCost cost;
  for (int run = 0; run < 3; ++run) {
    cost.peak_mib = std::max(cost.peak_mib, peak_mib_of_run(arguments, environment));
  }
  for (int run = 0; run < runs; ++run) {
    times.push_back(milliseconds_of_run(arguments, environment));
    cost.fastest = run == 0 ? times.back() : std::min(cost.fastest, times.back());
    cost.slowest = std::max(cost.slowest, times.back());
  }
  std::sort(times.begin(), times.end());
  cost.median = times.at(times.size() / 2);
  return cost;
}

std::string to_string(const ProcessCost& cost) {
  return fmt::format("{:.1f} ms ({:.1f}-{:.1f}), {:.1f} MiB", cost.median, cost.fastest, cost.slowest, cost.peak_mib);
}

}  // namespace aws_refresh_session::bench
