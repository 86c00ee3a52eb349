#include "cli/process.hpp"

#include "cli/cached_source.hpp"
#include "cli/commands.hpp"
#include "cli/source.hpp"
#include "cli/time_text.hpp"

#include <unistd.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

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

namespace {

void write(const Credentials& credentials) {
  JsonObject json;
  describe_for_sdk(credentials, json);
  // Two writes rather than a copy of the secret with a line end.
  write_result(json.str());
  write_result("\n");
}

}  // namespace

ExitCode run_process(const CommandLine& line, Messages& messages, const std::stop_token& stop) {
  if (::isatty(STDOUT_FILENO) == 1) {
    messages.warning(
        "the secret key goes to this terminal. `process` is for credential_process in an AWS config file.");
  }
  // With a role, making the source may need a terminal, which a cached set does without.
  std::optional<Source> source;
  std::shared_ptr<const CachedSource> cached;
  if (line.source.role_arn.empty()) {
    source = make_source(line.source, messages);
    cached = source->cached;
  } else if (auto opened = CachedSource::open(line.source)) {
    cached = std::make_shared<const CachedSource>(std::move(*opened));
  }
  if (cached) {
    if (const auto found = cached->find()) {
      messages.detail("from the cache: " + to_string(found->credentials));
      write(found->credentials);
      if (found->refresh_due) {
        cached->refresh_in_background();
      }
      return ExitCode::ok;
    }
  }
  if (!source) {
    source = make_source(line.source, messages);
  }
  const Credentials credentials = source->usable_credentials(stop);
  messages.detail("got " + to_string(credentials));
  write(credentials);
  return ExitCode::ok;
}

}  // namespace aws_refresh_session::cli
