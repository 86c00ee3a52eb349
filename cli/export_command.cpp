#include "cli/commands.hpp"
#include "cli/credentials_file_watch.hpp"
#include "cli/export_text.hpp"
#include "cli/source.hpp"
#include "cli/usage_error.hpp"

#include <aws_refresh_session/credentials_file.hpp>
#include <aws_refresh_session/exceptions.hpp>
#include <aws_refresh_session/explain.hpp>

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <string_view>
#include <vector>

namespace aws_refresh_session::cli {
namespace {

/// Options that mean nothing for the format: most likely the format was forgotten.
void refuse_misplaced(const ExportArguments& arguments, ExportFormat format) {
  const auto refuse = [](std::string_view option, std::string_view needs) {
    throw UsageError{fmt::format("{}: needs {}.", option, needs)};
  };
  if (format != ExportFormat::credentials_file) {
    constexpr std::string_view kNeeded = "--format credentials-file";
    if (!arguments.write_profile.empty()) {
      refuse("--write-profile", kNeeded);
    }
    if (!arguments.credentials_file.empty()) {
      refuse("--credentials-file", kNeeded);
    }
    if (arguments.replace_lasting_keys) {
      refuse("--replace-lasting-keys", kNeeded);
    }
    if (arguments.watch) {
      refuse("--watch", kNeeded);
    }
  }
}

CredentialsFileOptions file_options(const ExportArguments& arguments) {
  CredentialsFileOptions options;
  options.path = arguments.credentials_file;
  if (!arguments.write_profile.empty()) {
    options.profile = arguments.write_profile;
  }
  options.replace_lasting_keys = arguments.replace_lasting_keys;
  return options;
}

/// The profile that is written is the one that is in use, in the same file.
bool writes_profile_in_use(const Source& source, const CredentialsFileOptions& options, const std::stop_token& stop) {
  const auto client = explain_sts_client(source.client, source.seams, stop);
  CredentialsFileOptions read;
  read.path = client.credentials_file;
  return client.profile.value == options.profile &&
         credentials_file_path(read, source.seams) == credentials_file_path(options, source.seams);
}

/// A profile that is read from what it is written to would never get another set.
void refuse_circle(const SourceArguments& arguments, const Source& source, const CredentialsFileOptions& options,
                   const std::stop_token& stop) {
  const auto of_profile = [](const SourceReport& report) {
    return report.outcome == SourceReport::Outcome::answered &&
           (report.source == "profile" || report.source == "role_profile");
  };
  const auto reports = source.chain ? source.chain->report() : std::vector<SourceReport>{};
  if (arguments.method != "profile" && std::none_of(reports.begin(), reports.end(), of_profile)) {
    return;
  }
  if (writes_profile_in_use(source, options, stop)) {
    throw UsageError{
        fmt::format("--write-profile: '{}' is the profile that the credentials come from. Give another name.",
                    one_line(options.profile))};
  }
}

ExitCode write_file(const CommandLine& line, Messages& messages, const std::stop_token& stop) {
  const auto refresh = refresh_options(line.refresh);
  const auto& rule = line.export_to.watch ? refresh : read_once();
  const auto options = file_options(line.export_to);
  Source source = make_source(line.source, messages, rule);
  if (source.cached && writes_profile_in_use(source, options, stop)) {
    // Whether the credentials come from that profile shows where the source is asked, not in the cache.
    auto arguments = line.source;
    arguments.no_cache = true;
    source = make_source(arguments, messages, rule);
  }
  const auto engine = line.export_to.watch ? source.kept_fresh(refresh) : nullptr;
  const Credentials credentials =
      engine ? engine->resolve({.stop = stop, .foreground = true}) : source.usable_credentials(stop);
  messages.detail("got " + to_string(credentials));
  refuse_circle(line.source, source, options, stop);
  try {
    write_credentials_file(credentials, options, source.seams, stop);
  } catch (const ValidationError& error) {
    if (error.code() == "LastingKeys") {
      throw UsageError{fmt::format("--write-profile: {} (--replace-lasting-keys)", error.message())};
    }
    if (error.param() == "profile") {
      throw UsageError{fmt::format("--write-profile: {}", error.message())};
    }
    throw CredentialError{error.fields()};
  }
  messages.detail(fmt::format("wrote profile {} of {}", options.profile, credentials_file_path(options, source.seams)));
  if (engine) {
    watch_credentials_file(*engine, source.seams, credentials.access_key_id(), options, messages, stop);
  }
  return ExitCode::ok;
}

}  // namespace

ExitCode run_export(const CommandLine& line, Messages& messages, const std::stop_token& stop) {
  const ExportFormat format = line.export_to.format.empty() ? ExportFormat::sh : export_format(line.export_to.format);
  refuse_misplaced(line.export_to, format);
  if (format == ExportFormat::credentials_file) {
    return write_file(line, messages, stop);
  }

  if (::isatty(STDOUT_FILENO) == 1) {
    messages.warning("the secret key goes to this terminal. `export` is for a shell's eval, for a program or a file.");
  }
  const Source source = make_source(line.source, messages);
  const Credentials credentials = source.usable_credentials(stop);
  messages.detail("got " + to_string(credentials));
  SecretText text;
  append_variables(text, credential_variables(credentials), format);
  write_result(text.str());
  return ExitCode::ok;
}

}  // namespace aws_refresh_session::cli
