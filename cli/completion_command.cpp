#include "cli/command_tree.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/usage_error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

namespace aws_refresh_session::cli {

ExitCode run_completion(const CommandLine& line) {
  const CommandNode program = command_tree();
  std::vector<std::string> shells;
  for (const CommandNode& command : program.subcommands) {
    for (const OptionNode& option : command.options) {
      if (command.name == "completion" && option.names.empty()) {
        shells = option.choices();
      }
    }
  }
  if (std::find(shells.begin(), shells.end(), line.shell) == shells.end()) {
    throw UsageError{fmt::format("completion: give a shell: {}.", fmt::join(shells, ", "))};
  }
  write_result(completion_script(program, line.shell));
  return ExitCode::ok;
}

}  // namespace aws_refresh_session::cli
