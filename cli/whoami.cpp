#include "cli/commands.hpp"
#include "cli/json_text.hpp"
#include "cli/source.hpp"

#include <fmt/format.h>

#include <array>
#include <string>
#include <string_view>

namespace aws_refresh_session::cli {
namespace {

struct Row {
  std::string_view label;
  std::string_view json_name;
  const std::string& value;
};

}  // namespace

ExitCode run_whoami(const CommandLine& line, Messages& messages, const std::stop_token& stop) {
  const Source source = make_source(line.source, messages);
  const Credentials credentials = source.credentials(stop);
  messages.detail("got " + to_string(credentials));
  const Identity identity = get_caller_identity(credentials, source.client, source.seams, stop);

  const std::array rows{Row{"arn", "Arn", identity.arn}, Row{"account", "Account", identity.account},
                        Row{"user_id", "UserId", identity.user_id}};
  std::string text;
  JsonObject json;
  for (const auto& [label, json_name, value] : rows) {
    text += fmt::format("{:<8} {}\n", label, one_line(value));
    json.text(json_name, value);
  }
  write_result(line.output.json ? fmt::format("{}\n", json.str()) : text);
  return ExitCode::ok;
}

}  // namespace aws_refresh_session::cli
