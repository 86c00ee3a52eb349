// usage: with_emulator COMMAND [ARGUMENT]...
//
// Runs COMMAND beside an emulator of its own and exits as it does. COMMAND finds in its environment what points an AWS
// client there (AWS_ENDPOINT_URL_STS, AWS_ACCESS_KEY_ID, ...), and
//   EMULATOR_ROLE_ARN           a role that the user may assume
//   EMULATOR_CHAINED_ROLE_ARN   one that only the first role may assume
//   EMULATOR_MFA_ROLE_ARN, EMULATOR_MFA_SERIAL_NUMBER, EMULATOR_MFA_CODE
//                               one that asks for a code, and a code that is good for half a minute at least

#include "emulator/emulator.hpp"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <cstring>
#include <exception>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

namespace {

namespace emulator = aws_refresh_session::emulator;

constexpr const char* kSerialNumber = "arn:aws:iam::123456789012:mfa/emulator";

emulator::Options account() {
  emulator::Options options;
  options.admin = true;  // for tests that inject faults
  options.roles.push_back({.name = "chained", .trusted_principals = {"arn:aws:iam::123456789012:role/demo"}});
  options.roles.push_back({.name = "guarded", .require_mfa = true});
  options.mfa_devices.push_back({.serial_number = kSerialNumber, .seed = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"});
  return options;
}

/// The process's own environment, less any AWS setting of the person's, plus the emulator's.
std::vector<std::string> environment(const emulator::Emulator& server) {
  std::vector<std::string> variables;
  for (char** each = environ; *each != nullptr; ++each) {
    if (std::strncmp(*each, "AWS_", 4) != 0) {
      variables.emplace_back(*each);
    }
  }
  for (const auto& [name, value] : server.environment()) {
    variables.push_back(name + "=" + value);
  }
  variables.push_back("EMULATOR_ROLE_ARN=" + server.role_arn());
  variables.push_back("EMULATOR_CHAINED_ROLE_ARN=" + server.role_arn("chained"));
  variables.push_back("EMULATOR_MFA_ROLE_ARN=" + server.role_arn("guarded"));
  variables.push_back(std::string{"EMULATOR_MFA_SERIAL_NUMBER="} + kSerialNumber);
  variables.push_back("EMULATOR_MFA_CODE=" + server.mfa_code(kSerialNumber));
  return variables;
}

int run(char* arguments[], std::vector<std::string> variables) {
  std::vector<char*> pointers;
  for (auto& variable : variables) {
    pointers.push_back(variable.data());
  }
  pointers.push_back(nullptr);
  pid_t pid = 0;
  if (const int error = ::posix_spawnp(&pid, arguments[0], nullptr, nullptr, arguments, pointers.data()); error != 0) {
    std::cerr << "with_emulator: cannot run " << arguments[0] << ": " << std::strerror(error) << '\n';
    return 127;
  }
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

int main(int count, char* arguments[]) {
  if (count < 2) {
    std::cerr << "usage: with_emulator COMMAND [ARGUMENT]...\n";
    return 2;
  }
  try {
    const emulator::Emulator server{account()};
    return run(arguments + 1, environment(server));
  } catch (const std::exception& error) {
    std::cerr << "with_emulator: " << error.what() << '\n';
    return 70;
  }
}
