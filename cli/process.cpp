#include "cli/process.hpp"

#include "cli/commands.hpp"
#include "cli/source.hpp"
#include "cli/time_text.hpp"

#include <unistd.h>

#include <string>

namespace aws_refresh_session::cli {

void describe_for_sdk(const Credentials& credentials, JsonObject& json) {
  json.number("Version", std::uint64_t{1});
  json.text("AccessKeyId", credentials.access_key_id());
  json.secret("SecretAccessKey", credentials.secret_access_key());
  if (!credentials.session_token().empty()) {
    json.secret("SessionToken", credentials.session_token());
  }
  if (credentials.expiration()) {
    json.text("Expiration", utc_text(*credentials.expiration()));
  }
  if (!credentials.account_id().empty()) {
    json.text("AccountId", credentials.account_id());
  }
}

ExitCode run_process(const CommandLine& line, Messages& messages, const std::stop_token& stop) {
  if (::isatty(STDOUT_FILENO) == 1) {
    messages.warning(
        "the secret key goes to this terminal. `process` is for credential_process in an AWS config file.");
  }
  const Source source = make_source(line.source, messages);
  const Credentials credentials = source.usable_credentials(stop);
  messages.detail("got " + to_string(credentials));

  JsonObject json;
  describe_for_sdk(credentials, json);
  // Two writes rather than a copy of the secret with a line end.
  write_result(json.str());
  write_result("\n");
  return ExitCode::ok;
}

}  // namespace aws_refresh_session::cli
