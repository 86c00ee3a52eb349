#include "cli/child_environment.hpp"
#include "cli/child_program.hpp"
#include "cli/commands.hpp"
#include "cli/default_profile.hpp"
#include "cli/option_values.hpp"
#include "cli/source.hpp"
#include "cli/usage_error.hpp"

#include <aws_refresh_session/credentials_file.hpp>
#include <aws_refresh_session/credentials_server.hpp>
#include <aws_refresh_session/environment.hpp>
#include <aws_refresh_session/exceptions.hpp>
#include <aws_refresh_session/explain.hpp>

#include <fmt/format.h>

#include <unistd.h>

#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

namespace aws_refresh_session::cli {
namespace {

constexpr std::string_view kRole = "exec";

/// The region that the options, the environment or the profile name, for both names that programs read. A variable that
/// is there already stays, unless an option says otherwise.
void set_region(ChildEnvironment& environment, const SourceArguments& arguments, const Source& source) {
  SessionOptions options;
  options.profile = arguments.profile;
  options.region = arguments.region;
  options.transport = source.seams.transport;
  const std::string region = RefreshableSession{source.provider, std::move(options)}.region();
  for (const char* name : {"AWS_REGION", "AWS_DEFAULT_REGION"}) {
    if (!region.empty() && (!arguments.region.empty() || !environment.has(name))) {
      environment.set(name, region);
    }
  }
}

/// What stands in the two shared files for as long as the program runs.
class SharedFiles {
 public:
  /// Lets the program find no credentials in the default profile: SDKs would take them before they ask the endpoint.
  void hide_default_credentials(ChildEnvironment& environment, const Source& source, const std::stop_token& stop) {
    if (auto text = stripped(explain_sts_client(source.client, source.seams, stop).config_file)) {
      config_ = std::make_unique<PrivateCopy>(*text);
      wipe(*text);
      environment.set("AWS_CONFIG_FILE", config_->path());
    }
    if (auto text = stripped(credentials_file_path({}, source.seams))) {
      credentials_ = std::make_unique<PrivateCopy>(*text);
      wipe(*text);
      environment.set("AWS_SHARED_CREDENTIALS_FILE", credentials_->path());
    }
  }

 private:
  static std::optional<std::string> stripped(const std::string& path) {
    if (path.empty() || ::access(path.c_str(), R_OK) != 0) {
      return std::nullopt;
    }
    std::string text = text_or_file("the shared AWS files", "file://" + path);
    auto without = without_default_credentials(text);
    wipe(text);
    return without;
  }

  std::unique_ptr<PrivateCopy> config_;
  std::unique_ptr<PrivateCopy> credentials_;
};

ExitCode run(const CommandLine& line, ChildEnvironment& environment, Messages& messages, const std::stop_token& stop) {
  if (stop.stop_requested()) {
    throw Error{{.message = "The program was not started: it was cancelled.",
                 .code = "Cancelled",
                 .kind = ErrorKind::cancelled}};
  }
  const auto end = run_child_program(line.exec.program, environment);
  if (end.start_error != 0) {
    messages.error(fmt::format("{}: cannot be started: {}.", one_line(line.exec.program.front()),
                               std::generic_category().message(end.start_error)));
  }
  return static_cast<ExitCode>(end.status);
}

ExitCode run_with_keys(const CommandLine& line, ChildEnvironment& environment, Messages& messages,
                       const std::stop_token& stop) {
  const Source source = make_source(line.source, messages);
  const Credentials credentials = source.usable_credentials(stop);
  messages.detail("got " + to_string(credentials));
  environment.set(credential_variables(credentials));
  set_region(environment, line.source, source);
  return run(line, environment, messages, stop);
}

ExitCode run_with_endpoint(const CommandLine& line, ChildEnvironment& environment, Messages& messages,
                           const std::stop_token& stop) {
  const auto refresh = served_refresh_options(refresh_options(line.refresh));
  const Source source = make_source(line.source, messages, refresh);
  const auto engine = source.kept_fresh(refresh);
  // A program is not started for nothing, and its first request finds a set.
  messages.detail("got " + to_string(engine->resolve({.stop = stop, .foreground = true})));

  CredentialsServer server{
      {ServedRole{.name = std::string{kRole}, .provider = engine, .role_arn = line.source.role_arn}}};
  server.start();
  environment.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", server.uri(kRole));
  // Not the _FILE form: older programs do not know it.
  environment.set("AWS_CONTAINER_AUTHORIZATION_TOKEN", server.token().reveal());
  SharedFiles files;
  files.hide_default_credentials(environment, source, stop);
  set_region(environment, line.source, source);
  const ExitCode code = run(line, environment, messages, stop);
  server.stop(std::chrono::milliseconds{0});
  return code;
}

}  // namespace

ExitCode run_exec(const CommandLine& line, Messages& messages, const std::stop_token& stop) {
  if (line.exec.program.empty() || line.exec.program.front().empty()) {
    throw UsageError{"exec: give the program and its arguments after --: exec [OPTION...] -- PROGRAM [ARGUMENT...]."};
  }
  ChildEnvironment environment{::environ};
  return line.exec.plain_keys ? run_with_keys(line, environment, messages, stop)
                              : run_with_endpoint(line, environment, messages, stop);
}

}  // namespace aws_refresh_session::cli
