// Prints the project's figures as a Markdown table, beside the peers' from the same run. ./scripts/bench builds it.

#include "bench/table.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>

namespace aws_refresh_session::bench {

std::vector<std::pair<std::string, double>> python_peers(const std::string& figure) {
  std::vector<std::pair<std::string, double>> peers;
  const auto command = fmt::format("/usr/bin/python3 '{}' {} 2>/dev/null", BENCH_PEERS, figure);
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe{::popen(command.c_str(), "r"), ::pclose};
  std::array<char, 256> line{};
  while (pipe && std::fgets(line.data(), line.size(), pipe.get()) != nullptr) {
    std::istringstream words{line.data()};
    std::string name;
    double value = 0;
    if (words >> name >> value) {
      peers.emplace_back(name, value);
    }
  }
  return peers;
}

namespace {

std::string processor() {
  std::ifstream info{"/proc/cpuinfo"};
  for (std::string line; std::getline(info, line);) {
    if (line.starts_with("model name")) {
      return line.substr(line.find(':') + 2);
    }
  }
  return "unknown processor";
}

struct Section {
  std::string_view name;
  Rows (*run)();
};

int run(std::string_view wanted) {
  const std::array<Section, 8> sections{{{"read", read_path},
                                         {"refusing", refusing_source},
                                         {"rule", refresh_rule},
                                         {"signing", signing},
                                         {"cold", cold_process},
                                         {"profiles", profiles},
                                         {"served", served},
                                         {"python", python_sessions}}};
  fmt::print("{:%Y-%m-%d}, {} x {}\n\n| figure | measured | goal | peers, same run |\n|---|---|---|---|\n",
             fmt::gmtime(std::time(nullptr)), std::thread::hardware_concurrency(), processor());
  for (const auto& section : sections) {
    if (!wanted.empty() && wanted != section.name) {
      continue;
    }
    fmt::print(stderr, "measuring: {}\n", section.name);
    for (const auto& row : section.run()) {
      fmt::print("| {} | {} | {} | {} |\n", row.figure, row.ours, row.goal, row.peers);
    }
    static_cast<void>(std::fflush(stdout));
  }
  return 0;
}

}  // namespace
}  // namespace aws_refresh_session::bench

int main(int argc, char** argv) {
  const std::string_view wanted = argc > 1 ? argv[1] : "";
  if (argc > 2 || wanted.starts_with('-')) {
    fmt::print(stderr, "usage: aws_refresh_session_bench [read|refusing|rule|signing|cold|profiles|served|python]\n");
    return 2;
  }
  // The sources here fail by design, thousands of times.
  ::setenv("AWS_REFRESH_SESSION_LOG", "off", 0);
  try {
    return aws_refresh_session::bench::run(wanted);
  } catch (const std::exception& error) {
    fmt::print(stderr, "aws_refresh_session_bench: {}\n", error.what());
    return 1;
  }
}
