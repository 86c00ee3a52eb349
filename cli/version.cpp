#include "cli/commands.hpp"
#include "cli/json_text.hpp"

#include <aws_refresh_session/version.hpp>

#include <fmt/format.h>

namespace aws_refresh_session::cli {

ExitCode run_version(const CommandLine& line) {
  JsonObject json;
  json.text("version", kVersion);
  write_result(line.output.json ? fmt::format("{}\n", json.str()) : fmt::format("aws-refresh-session {}\n", kVersion));
  return ExitCode::ok;
}

}  // namespace aws_refresh_session::cli
