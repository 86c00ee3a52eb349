#include "cli/commands.hpp"
#include "cli/option_values.hpp"
#include "cli/source.hpp"
#include "cli/usage_error.hpp"

#include <aws_refresh_session/console.hpp>
#include <aws_refresh_session/exceptions.hpp>

#include <fmt/format.h>

#include <unistd.h>

namespace aws_refresh_session::cli {
namespace {

ConsoleOptions console_options(const CommandLine& line) {
  ConsoleOptions options;
  options.destination = line.console.destination;
  options.issuer = line.console.issuer;
  options.signin_endpoint_url = line.console.signin_endpoint_url;
  if (!line.console.session_duration.empty()) {
    options.session_duration = parse_seconds("--session-duration", line.console.session_duration);
  }
  options.client = client_options(line.source);
  return options;
}

}  // namespace

ExitCode run_console(const CommandLine& line, Messages& messages, const std::stop_token& stop) {
  const ConsoleOptions options = console_options(line);
  if (::isatty(STDOUT_FILENO) == 1) {
    messages.warning(
        "the URL goes to this terminal. For 15 minutes it signs in anybody who has it: do not share or keep it.");
  }
  const Source source = make_source(line.source, messages);
  const Credentials credentials = source.usable_credentials(stop);
  messages.detail("got " + to_string(credentials));
  try {
    const SecretString url = console_signin_url(credentials, options, source.seams, stop);
    // Two writes rather than a copy of the secret with a line end.
    write_result(url.reveal());
    write_result("\n");
  } catch (const ValidationError& error) {
    if (error.code() == "LastingKeys") {
      throw CredentialError{error.fields()};
    }
    throw;
  }
  return ExitCode::ok;
}

}  // namespace aws_refresh_session::cli
