#include "bench/child_process.hpp"
#include "bench/table.hpp"
#include "emulator/emulator.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <string>
#include <vector>

namespace aws_refresh_session::bench {

namespace {

std::string measured(const std::vector<std::string>& arguments, const std::vector<std::string>& environment, int runs) {
  return to_string(measure_process(arguments, environment, runs));
}

}  // namespace

Rows cold_process() {
  emulator::Emulator emulator;
  std::vector<std::string> environment{"PATH=/usr/bin:/bin", "HOME=/nonexistent", "AWS_EC2_METADATA_DISABLED=true"};
  for (const auto& [name, value] : emulator.environment()) {
    environment.push_back(fmt::format("{}={}", name, value));
  }
  const std::string endpoint = emulator.endpoint_url();
  const auto ours = measured({BENCH_PROGRAM, "process", "--no-cache", "--role-arn", emulator.role_arn(),
                              "--endpoint-url", endpoint, "--region", "us-east-1"},
                             environment, 21);
  std::string peers;
  if (::access("/usr/bin/aws", X_OK) == 0) {
    peers += "awscli " + measured({"/usr/bin/aws", "--endpoint-url", endpoint, "--region", "us-east-1", "sts",
                                   "assume-role", "--role-arn", emulator.role_arn(), "--role-session-name", "bench"},
                                  environment, 3);
  }
  if (::access("/usr/bin/curl", X_OK) == 0) {
    peers += "; bare curl with its own signer " +
             measured({"/usr/bin/curl", "-sSf", "--aws-sigv4", "aws:amz:us-east-1:sts", "-u",
                       fmt::format("{}:{}", emulator::kDefaultAccessKeyId, emulator::kDefaultSecretAccessKey),
                       endpoint + "/", "-d",
                       "Action=AssumeRole&Version=2011-06-15&RoleSessionName=bench&RoleArn=" + emulator.role_arn()},
                      environment, 11);
  }
  return {{"cold process to first credentials, loopback http, peak memory", ours, "20 ms, 16 MiB", peers}};
}

}  // namespace aws_refresh_session::bench
