#include "cli/commands.hpp"
#include "cli/explain.hpp"
#include "cli/json_text.hpp"
#include "cli/source.hpp"

#include <fmt/format.h>

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace aws_refresh_session::cli {
namespace {

struct Row {
  std::string_view label;
  std::string_view json_name;
  const std::string& value;
};

/// What was found out, as far as it went: with --explain a person wants to see it above all when nothing worked.
void write_answer(const CommandLine& line, const Source& source, const std::optional<Identity>& identity,
                  const std::stop_token& stop) {
  std::string text;
  JsonObject json;
  if (line.output.explain && line.output.json) {
    explain(source, json, stop);
  } else if (line.output.explain) {
    text = explanation(source, stop);
  }
  if (identity) {
    for (const auto& [label, json_name, value] :
         std::array{Row{"arn", "Arn", identity->arn}, Row{"account", "Account", identity->account},
                    Row{"user_id", "UserId", identity->user_id}}) {
      text += fmt::format("{:<{}} {}\n", label, line.output.explain ? 12 : 8, one_line(value));
      json.text(json_name, value);
    }
  }
  write_result(line.output.json ? fmt::format("{}\n", json.str()) : text);
}

}  // namespace

ExitCode run_whoami(const CommandLine& line, Messages& messages, const std::stop_token& stop) {
  // Who asks who they are wants to see the source at work.
  auto arguments = line.source;
  arguments.no_cache = true;
  const Source source = make_source(arguments, messages);
  try {
    const Credentials credentials = source.credentials(stop);
    messages.detail("got " + to_string(credentials));
    write_answer(line, source, get_caller_identity(credentials, source.client, source.seams, stop), stop);
  } catch (const Error&) {
    if (line.output.explain) {
      write_answer(line, source, std::nullopt, stop);
    }
    throw;
  }
  return ExitCode::ok;
}

}  // namespace aws_refresh_session::cli
