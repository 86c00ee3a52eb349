#include "cli/program.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace {

/// Secrets must reach neither a core file nor another process of the same user (ptrace, /proc/PID/mem).
/// \param runs_program a program that we start would inherit the limit, and keeping us from being dumped is enough
void keep_memory_private(bool runs_program) noexcept {
  static_cast<void>(::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0));
  const rlimit none{0, 0};
  if (!runs_program) {
    static_cast<void>(::setrlimit(RLIMIT_CORE, &none));
  }
}

/// A standard stream that came closed would be given to the first socket, and the secret key written to it. Opened
/// the other way round, every use of it fails as it should.
void occupy_standard_streams() noexcept {
  for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; ++descriptor) {
    if (::fcntl(descriptor, F_GETFD) < 0) {
      static_cast<void>(::open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY));
    }
  }
}

/// Takes the one-time code out of the process list. It could be seen until now.
void hide_token_code(int argc, char** argv) noexcept {
  constexpr std::string_view kOption = "--token-code";
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument{argv[i]};
    char* code = nullptr;
    if (argument == kOption && i + 1 < argc) {
      code = argv[i + 1];
    } else if (argument.size() > kOption.size() && argument.substr(0, kOption.size()) == kOption &&
               argument[kOption.size()] == '=') {
      code = argv[i] + kOption.size() + 1;
    }
    if (code != nullptr) {
      std::fill_n(code, std::strlen(code), '*');
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  keep_memory_private(argc > 1 && std::string_view{argv[1]} == "exec");
  occupy_standard_streams();
  const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  hide_token_code(argc, argv);
  return aws_refresh_session::cli::run_program(arguments);
}
