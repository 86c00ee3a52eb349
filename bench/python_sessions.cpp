#include "bench/child_process.hpp"
#include "bench/table.hpp"
#include "emulator/emulator.hpp"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

namespace aws_refresh_session::bench {
namespace {

using namespace std::chrono_literals;
using Figures = std::map<std::string, double>;

/// Longer than it takes us to give up, much shorter than it takes the peer.
constexpr int kPatienceSeconds = 60;

std::vector<std::string> environment_at(const emulator::Emulator& emulator) {
  std::vector<std::string> environment{"PATH=/usr/bin:/bin", "HOME=/nonexistent", "AWS_EC2_METADATA_DISABLED=true",
                                       std::string{"PYTHONPATH="}.append(BENCH_PYTHON_PACKAGE),
                                       "BENCH_ROLE_ARN=" + emulator.role_arn()};
  for (const auto& [name, value] : emulator.environment()) {
    environment.push_back(fmt::format("{}={}", name, value));
  }
  return environment;
}

/// The lines `name value` that the program prints; none if it had to be stopped.
Figures run(const emulator::Emulator& emulator, const std::string& side, const std::string& scenario) {
  std::string command = "env -i";
  for (const auto& each : environment_at(emulator)) {
    command += " '" + each + "'";
  }
  command += fmt::format(" timeout {} /usr/bin/python3 '{}' {} {} 2>/dev/null", kPatienceSeconds, BENCH_PYTHON_SESSIONS,
                         side, scenario);
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe{::popen(command.c_str(), "r"), ::pclose};
  Figures figures;
  std::array<char, 256> line{};
  while (pipe && std::fgets(line.data(), line.size(), pipe.get()) != nullptr) {
    std::istringstream words{line.data()};
    std::string name;
    double value = 0;
    if (words >> name >> value) {
      figures[name] = value;
    }
  }
  return figures;
}

std::string frozen_read(const std::string& side) {
  const emulator::Emulator emulator;
  const auto figures = run(emulator, side, "read");
  return figures.contains("ns") ? fmt::format("{:.0f} ns", figures.at("ns")) : "failed";
}

std::string refused(const std::string& side) {
  emulator::Emulator emulator;
  emulator.add_fault({.kind = emulator::FaultKind::latency, .delay = 500ms});
  emulator.add_fault({.kind = emulator::FaultKind::forbidden});
  const auto figures = run(emulator, side, "refused");
  const auto calls = emulator.arrived(emulator::Action::assume_role);
  return figures.contains("ms") ? fmt::format("{} call{}, last reader released after {:.0f} ms", calls,
                                              calls == 1 ? "" : "s", figures.at("ms"))
                                : fmt::format("{} calls, not done after {} s", calls, kPatienceSeconds);
}

std::string hung(const std::string& side) {
  emulator::Emulator emulator;
  emulator.add_fault({.kind = emulator::FaultKind::hang});
  const auto figures = run(emulator, side, "hung");
  return figures.contains("s") ? fmt::format("error after {:.1f} s", figures.at("s"))
                               : fmt::format("no answer within {} s", kPatienceSeconds);
}

std::string cold(const std::string& side) {
  const emulator::Emulator emulator;
  return to_string(
      measure_process({"/usr/bin/python3", BENCH_PYTHON_SESSIONS, side, "cold"}, environment_at(emulator), 7));
}

std::string many(const std::string& side, const std::string& scenario) {
  const emulator::Emulator emulator;
  const auto figures = run(emulator, side, scenario);
  return figures.contains("mib") ? fmt::format("{:.2f} s, {:.0f} MiB", figures.at("s"), figures.at("mib"))
                                 : fmt::format("not done after {} s", kPatienceSeconds);
}

}  // namespace

Rows python_sessions() {
  if (!std::filesystem::exists(BENCH_PYTHON_PACKAGE "/aws_refresh_session/__init__.py")) {
    return {};  // built without AWS_REFRESH_SESSION_BUILD_PYTHON
  }
  const auto row = [](const std::string& figure, const std::string& goal, const auto& measure) {
    return Row{"boto3 session: " + figure, measure("ours"), goal,
               "botocore's RefreshableCredentials " + measure("botocore")};
  };
  const auto sessions = [](const std::string& scenario) {
    return [scenario](const std::string& side) { return many(side, scenario); };
  };
  Rows rows;
  rows.push_back(row("a frozen read", "a tenth of botocore's", frozen_read));
  rows.push_back(row("32 threads, nothing cached, STS answers 403 after 500 ms", "1 call", refused));
  rows.push_back(row("one read, STS hangs", "", hung));
  rows.push_back(row("cold process to first credentials, peak memory", "", cold));
  rows.push_back(row("200 STS sessions made, time and memory", "", sessions("made 200")));
  rows.push_back(row("200 STS sessions, each with credentials", "", sessions("fetched 200")));
  rows.push_back(row("1,000 STS sessions made", "1 s, 100 MiB", sessions("made 1000")));
  rows.push_back(row("1,000 STS sessions, each with credentials", "", sessions("fetched 1000")));
  return rows;
}

}  // namespace aws_refresh_session::bench
