#include "bench/table.hpp"
#include "emulator/emulator.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

namespace aws_refresh_session::bench {
namespace {

struct Run {
  double milliseconds = 0;
  double peak_mib = 0;
};

/// Runs a program to its end, output thrown away.
Run run_once(std::vector<std::string> arguments, std::vector<std::string> environment) {
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
  const auto before = std::chrono::steady_clock::now();
  const int failed = ::posix_spawn(&child, argv[0], &actions, nullptr, argv.data(), envp.data());
  ::posix_spawn_file_actions_destroy(&actions);
  int status = 0;
  ::rusage usage{};
  if (failed != 0 || ::wait4(child, &status, 0, &usage) != child || status != 0) {
    throw std::runtime_error{"could not run " + arguments[0]};
  }
  return {std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - before).count(),
          static_cast<double>(usage.ru_maxrss) / 1024.0};
}

std::string measure(const std::vector<std::string>& arguments, const std::vector<std::string>& environment, int runs) {
  std::vector<double> times;
  double peak = 0;
  run_once(arguments, environment);
  for (int index = 0; index < runs; ++index) {
    const auto run = run_once(arguments, environment);
    times.push_back(run.milliseconds);
    peak = std::max(peak, run.peak_mib);
  }
  std::sort(times.begin(), times.end());
  return fmt::format("{:.1f} ms ({:.1f}-{:.1f}), {:.1f} MiB", times[times.size() / 2], times.front(), times.back(),
                     peak);
}

}  // namespace

Rows cold_process() {
  emulator::Emulator emulator;
  std::vector<std::string> environment{"PATH=/usr/bin:/bin", "HOME=/nonexistent", "AWS_EC2_METADATA_DISABLED=true"};
  for (const auto& [name, value] : emulator.environment()) {
    environment.push_back(fmt::format("{}={}", name, value));
  }
  const std::string endpoint = emulator.endpoint_url();
  const auto ours = measure({BENCH_PROGRAM, "process", "--role-arn", emulator.role_arn(), "--endpoint-url", endpoint,
                             "--region", "us-east-1"},
                            environment, 21);
  std::string peers;
  if (::access("/usr/bin/aws", X_OK) == 0) {
    peers += "awscli " + measure({"/usr/bin/aws", "--endpoint-url", endpoint, "--region", "us-east-1", "sts",
                                  "assume-role", "--role-arn", emulator.role_arn(), "--role-session-name", "bench"},
                                 environment, 3);
  }
  if (::access("/usr/bin/curl", X_OK) == 0) {
    peers +=
        "; bare curl with its own signer " +
        measure({"/usr/bin/curl", "-sSf", "--aws-sigv4", "aws:amz:us-east-1:sts", "-u",
                 fmt::format("{}:{}", emulator::kDefaultAccessKeyId, emulator::kDefaultSecretAccessKey), endpoint + "/",
                 "-d", "Action=AssumeRole&Version=2011-06-15&RoleSessionName=bench&RoleArn=" + emulator.role_arn()},
                environment, 11);
  }
  return {{"cold process to first credentials, loopback http, peak memory", ours, "20 ms, 16 MiB", peers}};
}

}  // namespace aws_refresh_session::bench
