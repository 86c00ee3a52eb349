#include "cli/command_line.hpp"

#include "cli/command_tree.hpp"
#include "cli/help_topics.hpp"
#include "cli/suggestion.hpp"
#include "cli/usage_error.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>
#include <utility>

namespace aws_refresh_session::cli {
namespace {

/// Whose options are left out when another of them was chosen.
constexpr std::array kCommands{Command::demo,    Command::whoami,     Command::process, Command::export_credentials,
                               Command::console, Command::exec,       Command::serve,   Command::status,
                               Command::doctor,  Command::completion, Command::version};

constexpr auto kMany = CLI::detail::expected_max_vector_size;

/// Declares options whose text is kept as it came: CLI11's own conversions read brackets and braces in values.
class OptionsOf {
 public:
  OptionsOf(CLI::App& app, std::string group) : app_(app), group_(std::move(group)) {}

  void text(const char* name, std::string& target, const char* value_name, const char* help) {
    add(name, value_name, help, [&target](const CLI::results_t& results) {
      target = results.back();
      return true;
    })->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  }

  void texts(const char* name, std::vector<std::string>& target, const char* value_name, const char* help) {
    add(name, value_name, help,
        [&target](const CLI::results_t& results) {
          target = results;
          return true;
        })
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
        ->expected(1, kMany)
        ->allow_extra_args(false);
  }

  void flag(const char* names, bool& target, const char* help) {
    app_.add_flag_function(
            names, [&target](std::int64_t) { target = true; }, help)
        ->group(group_)
        ->disable_flag_override();
  }

 private:
  CLI::Option* add(const char* name, const char* value_name, const char* help, CLI::callback_t callback) {
    return app_.add_option(name, std::move(callback), help)->type_name(value_name)->group(group_);
  }

  CLI::App& app_;
  std::string group_;
};

void add_source_options(CLI::App& app, SourceArguments& source) {
  OptionsOf where{app, "Where credentials come from"};
  where.text("--profile", source.profile, "NAME",
             "A profile of ~/.aws/config and ~/.aws/credentials (default: AWS_PROFILE, AWS_DEFAULT_PROFILE, default)");
  where.text("--role-arn", source.role_arn, "ARN",
             "The role to assume with them. Without it: the profile's or the default chain's credentials themselves");
  where.text("--method", source.method, "NAME",
             "One source instead of the chain: env, profile, web_identity, sso, login, process, container, imds, or a "
             "registered method");
  where.text("--role-session-name", source.role_session_name, "NAME",
             "Names the session in logs and in the assumed ARN (default: aws-refresh-session)");
  where.text("--duration-seconds", source.duration_seconds, "SECONDS",
             "How long the credentials shall live (AWS: 900 to 43200; default: the role's)");
  where.text("--external-id", source.external_id, "ID", "What the role's trust policy asks for");
  where.text("--policy", source.policy, "JSON", "A session policy that narrows the role: its text, or file://PATH");
  where.texts("--policy-arn", source.policy_arns, "ARN", "A managed policy that narrows the role");
  where.texts("--tag", source.tags, "KEY=VALUE", "A session tag");
  where.texts("--transitive-tag-key", source.transitive_tag_keys, "KEY",
              "A tag that is handed on when the role assumes another");
  where.text("--source-identity", source.source_identity, "NAME", "Who is behind the session, for the audit log");
  where.texts("--provided-context", source.provided_contexts, "ARN=ASSERTION",
              "A context assertion of a trusted provider");

  OptionsOf mfa{app, "One-time codes (MFA)"};
  mfa.text("--serial-number", source.serial_number, "SERIAL",
           "The MFA device. Without a code or a command it asks on the terminal, without echo");
  mfa.text("--mfa-command", source.mfa_command, "COMMAND",
           "Prints the code: the last six-digit number counts. Split into words as a shell does, run without one");
  mfa.text("--totp-seed-file", source.totp_seed_file, "FILE",
           "Makes the codes from the device's secret key, base 32, in a file that only its owner can read");
  mfa.text("--token-code", source.token_code, "CODE",
           "The code itself. Other users of this machine can see it in the process list: prefer --mfa-command or the "
           "prompt");

  OptionsOf reach{app, "How to reach the service"};
  reach.text("--region", source.region, "REGION",
             "The region of STS (default: AWS_REGION, AWS_DEFAULT_REGION, the profile's, the instance's, us-east-1)");
  reach.text("--endpoint-url", source.endpoint_url, "URL",
             "Another STS (default: AWS_ENDPOINT_URL_STS, AWS_ENDPOINT_URL, the profile's, the region's own)");
  reach.flag("--use-fips-endpoint", source.use_fips_endpoint, "The region's FIPS endpoint");
  reach.flag("--use-dualstack-endpoint", source.use_dualstack_endpoint, "The region's endpoint with IPv4 and IPv6");
  reach.text("--ca-bundle", source.ca_bundle, "FILE",
             "PEM certificates to trust (default: AWS_CA_BUNDLE, the profile's ca_bundle, else the system's)");
  reach.flag("--no-verify-tls", source.no_verify_tls, "Accept any certificate. Whoever is in between sees everything");
  reach.text("--connect-timeout", source.connect_timeout, "TIME", "For name lookup, TCP and TLS (default: 3s)");
  reach.text("--attempt-timeout", source.attempt_timeout, "TIME",
             "For one attempt, connection included (default: 10s)");
  reach.text("--max-attempts", source.max_attempts, "N", "Attempts per call, the first included: 1 to 10 (default: 3)");
}

void add_cache_options(CLI::App& app, SourceArguments& source) {
  OptionsOf{app, "Where credentials come from"}.flag(
      "--no-cache", source.no_cache, "Neither read nor fill the cache that all runs of this program share");
}

void add_refresh_options(CLI::App& app, RefreshArguments& refresh) {
  OptionsOf rule{app, "When to refresh"};
  rule.text("--advisory-window", refresh.advisory_window, "TIME",
            "Refresh in the background from this long before the end (default: half the lifetime)");
  rule.text("--mandatory-window", refresh.mandatory_window, "TIME",
            "Count as running out from this long before the end (default: a tenth of the lifetime, at most 60s)");
  rule.text("--mandatory-wait", refresh.mandatory_wait, "TIME",
            "How long a reader waits for the refresh while a set is running out (default: not at all)");
  rule.text("--backoff-initial", refresh.backoff_initial, "TIME",
            "The first pause after a failure, at most (default: 1s; demo: a twentieth of the lifetime)");
  rule.text("--backoff-max", refresh.backoff_max, "TIME",
            "The longest pause after failures (default: 30s; demo: a tenth of the lifetime)");
  rule.text("--read-timeout", refresh.read_timeout, "TIME",
            "How long a reader waits when there is no usable set (default: 60s)");
  rule.flag("--no-background-refresh", refresh.no_background_refresh, "Refresh only when somebody reads");
}

void add_serve_options(CLI::App& app, ServeArguments& serve) {
  OptionsOf what{app, "What is served, and where"};
  what.texts(
      "--role", serve.roles, "NAME=SOURCE",
      "A role to serve at /role/NAME: a profile's credentials, or a role (an ARN) assumed with the options below. "
      "Without one, what the options below name, as /role/default");
  what.text("--address", serve.address, "ADDRESS",
            "A loopback address, 169.254.170.2, 169.254.170.23 or fd00:ec2::23 (default: 127.0.0.1)");
  what.text("--port", serve.port, "N", "0 for a free one (default: 0)");
  what.text("--unix-socket", serve.unix_socket, "FILE", "Serve at a unix socket of mode 0600 instead");
  what.texts("--allowed-host", serve.allowed_hosts, "HOST",
             "A host that requests may name besides the address and localhost");
  what.flag("--imds", serve.imds,
            "Also answer as the instance metadata service (IMDSv2) does, without the token. Any program of this "
            "machine can then have the credentials");
  what.flag("--ui", serve.ui, "Also give a page for people at /ui/");
  OptionsOf token{app, "The token that clients show"};
  token.text("--token-file", serve.token_file, "FILE",
             "Write it there, with mode 0600, as long as the server runs (default: a file in RUNTIME_DIRECTORY, "
             "XDG_RUNTIME_DIR, TMPDIR or /tmp)");
  token.text("--token-from", serve.token_from, "FILE", "Read it from there (default: made at the start)");
  token.flag(
      "--print-token", serve.print_token,
      "Print the token itself for clients that read no token file: AWS CLI 2.9, botocore 1.29, the SDK for Go v1");
}

void add_export_options(CLI::App& app, ExportArguments& arguments) {
  OptionsOf form{app, "What to write"};
  form.text("--format", arguments.format, "sh|fish|powershell|env-file|json|credentials-file",
            "Commands for a shell, lines NAME=VALUE, an object, or a profile of a credentials file (default: sh)");
  form.text("--write-profile", arguments.write_profile, "NAME",
            "The profile to write into the credentials file (default: default)");
  form.text("--credentials-file", arguments.credentials_file, "FILE",
            "The file (default: AWS_SHARED_CREDENTIALS_FILE, ~/.aws/credentials)");
  form.flag("--replace-lasting-keys", arguments.replace_lasting_keys,
            "Let a profile's keys without a session token be replaced, which cannot be had again");
  form.flag("--watch", arguments.watch, "Go on, and write the profile again after each refresh");
}

void add_console_options(CLI::App& app, ConsoleArguments& arguments) {
  OptionsOf session{app, "The console session"};
  session.text("--destination", arguments.destination, "URL",
               "The page to open (default: the console's start page of the region)");
  session.text("--issuer", arguments.issuer, "URL", "The page to go to when the session has ended");
  session.text("--session-duration", arguments.session_duration, "SECONDS",
               "How long it may last, 900 to 43200 (default: as long as the credentials). Only for a role that "
               "long-term keys have assumed");
  session.text("--signin-endpoint-url", arguments.signin_endpoint_url, "URL",
               "Another federation endpoint (default: that of the region's partition)");
}

void add_output_options(CLI::App& app, OutputArguments& output, bool json) {
  OptionsOf options{app, "Output"};
  if (json) {
    options.flag("--json", output.json, "Print JSON");
  }
  options.flag("-v,--verbose", output.verbose, "Say on standard error what happens. Never a secret");
  options.flag("-q,--quiet", output.quiet, "Say nothing on standard error but errors");
}

/// The parser and where it writes to. Not movable: the parser points into `result`.
struct Parser {
  CommandLine result;
  CLI::App app{std::string{kProgramSummary}, "aws-refresh-session"};
  bool version_flag = false;
  bool json_unused = false;
  std::string_view first_argument;

  /// \param first the first argument: if it names a subcommand, the others' options are left out, which no such command
  ///   line can use and which take longer to make than all else in here
  explicit Parser(std::string_view first = {}) : first_argument(first) {
    app.set_help_flag("-h,--help", "Print this help, or a subcommand's");
    app.get_help_ptr()->group("Options");
    OptionsOf{app, "Options"}.flag("--version", version_flag, "Print the version");
    app.allow_extras();

    if (CLI::App& demo = add(Command::demo); is_wanted(Command::demo)) {
      OptionsOf run{demo, "The run"};
      run.text("--seconds", result.demo.seconds, "N", "How long to run: at least twice the lifetime (default: 20)");
      run.text("--lifetime", result.demo.lifetime, "N", "How many seconds each set of credentials lives (default: 4)");
      run.text("--readers", result.demo.readers, "N", "Threads that read credentials without pause (default: 2)");
      run.text("--requests-per-second", result.demo.requests_per_second, "N",
               "Signed requests, sent at a steady rate (default: 20)");
      run.flag("--plain", result.demo.plain, "Plain lines, even on a terminal");
      add_refresh_options(demo, result.refresh);
      add_output_options(demo, result.output, true);
    }

    if (CLI::App& whoami = add(Command::whoami); is_wanted(Command::whoami)) {
      add_source_options(whoami, result.source);
      OptionsOf{whoami, "Output"}.flag(
          "--explain", result.output.explain,
          "Show which source was used and why not the others, the region and the endpoint");
      add_output_options(whoami, result.output, true);
    }

    if (CLI::App& process = add(Command::process); is_wanted(Command::process)) {
      add_source_options(process, result.source);
      add_cache_options(process, result.source);
      // Its output is JSON anyway; the flag is taken so that it can be given everywhere.
      add_output_options(process, result.output, true);
    }

    if (CLI::App& export_app = add(Command::export_credentials); is_wanted(Command::export_credentials)) {
      add_export_options(export_app, result.export_to);
      add_source_options(export_app, result.source);
      add_cache_options(export_app, result.source);
      add_refresh_options(export_app, result.refresh);
      add_output_options(export_app, result.output, false);
    }

    if (CLI::App& console = add(Command::console); is_wanted(Command::console)) {
      add_console_options(console, result.console);
      add_source_options(console, result.source);
      add_cache_options(console, result.source);
      add_output_options(console, result.output, false);
    }

    if (CLI::App& exec = add(Command::exec); is_wanted(Command::exec)) {
      OptionsOf{exec, "How the program gets credentials"}.flag(
          "--static", result.exec.plain_keys,
          "As variables with the keys themselves, which end (default: by an endpoint that gives it new ones)");
      add_source_options(exec, result.source);
      add_cache_options(exec, result.source);
      add_refresh_options(exec, result.refresh);
      add_output_options(exec, result.output, false);
    }

    if (CLI::App& serve = add(Command::serve); is_wanted(Command::serve)) {
      add_serve_options(serve, result.serve);
      add_source_options(serve, result.source);
      add_cache_options(serve, result.source);
      add_refresh_options(serve, result.refresh);
      add_output_options(serve, result.output, true);
    }

    if (CLI::App& status = add(Command::status); is_wanted(Command::status)) {
      OptionsOf what{status, "What to do"};
      what.flag("--watch", result.status.watch, "Show it on the terminal, anew every second, until it is interrupted");
      what.flag("--clear", result.status.clear, "Remove all entries instead");
      add_output_options(status, result.output, true);
    }

    if (CLI::App& doctor = add(Command::doctor); is_wanted(Command::doctor)) {
      add_source_options(doctor, result.source);
      add_output_options(doctor, result.output, true);
    }

    CLI::App& completion = add(Command::completion);
    completion
        .add_option(
            "shell",
            [this](const CLI::results_t& results) {
              result.shell = results.back();
              return true;
            },
            "The shell to print a script for")
        ->type_name("bash|zsh|fish");

    add_output_options(add(Command::version), result.output, true);
  }

  [[nodiscard]] bool is_wanted(Command command) const {
    const auto is_name = [this](Command each) { return help_topic(each).name == first_argument; };
    return is_name(command) || std::none_of(kCommands.begin(), kCommands.end(), is_name);
  }

  CLI::App& add(Command command) {
    const HelpTopic& topic = help_topic(command);
    CLI::App* subcommand = app.add_subcommand(std::string{topic.name}, std::string{topic.summary});
    subcommand->allow_extras();
    subcommand->set_help_flag("-h,--help", "Print this help");
    subcommand->get_help_ptr()->group("Output");
    subcommand->footer(std::string{topic.description});
    subcommand->callback([this, command] { result.command = command; });
    return *subcommand;
  }
};

OptionNode describe(const CLI::Option& option) {
  OptionNode node;
  for (const std::string& name : option.get_snames()) {
    node.names.push_back("-" + name);
  }
  for (const std::string& name : option.get_lnames()) {
    node.names.push_back("--" + name);
  }
  node.value_name = option.get_items_expected_max() == 0 ? "" : option.get_type_name();
  node.help = option.get_description();
  node.group = option.get_group();
  node.repeatable = option.get_items_expected_max() == kMany;
  return node;
}

CommandNode describe(const CLI::App& app) {
  CommandNode node{app.get_name(), app.get_description(), app.get_footer(), {}, {}};
  for (const CLI::Option* option : app.get_options()) {
    node.options.push_back(describe(*option));
  }
  for (const CLI::App* subcommand : app.get_subcommands([](const CLI::App*) { return true; })) {
    node.subcommands.push_back(describe(*subcommand));
  }
  return node;
}

/// The names a person could have meant.
std::vector<std::string> names_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* subcommand : app.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(subcommand->get_name());
  }
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) {
      names.push_back("--" + name);
    }
  }
  return names;
}

/// A word that may be repeated on the screen: everything else could be a secret that lost its option.
bool looks_like_a_name(std::string_view word) {
  constexpr std::size_t kMost = 32;
  return word.size() <= kMost && word.find_first_not_of("abcdefghijklmnopqrstuvwxyz-") == std::string_view::npos;
}

[[noreturn]] void refuse_extra(const CLI::App& app, const std::string& extra) {
  const std::string word = extra.substr(0, extra.find('='));
  const bool is_option = word.size() > 1 && word.front() == '-';
  const bool top = app.get_parent() == nullptr;
  std::string text;
  if (!looks_like_a_name(word)) {
    text = is_option ? "an option that does not exist was given." : "an argument too many was given.";
  } else {
    text = fmt::format("{} '{}'.",
                       is_option ? "unknown option"
                       : top     ? "unknown command"
                                 : "unexpected argument",
                       word);
  }
  const std::string close = closest(word, names_of(app));
  if (!close.empty()) {
    text += fmt::format(" Did you mean '{}'?", close);
  }
  throw UsageError{fmt::format("{} See aws-refresh-session {}--help.", text, top ? "" : app.get_name() + " ")};
}

/// `--name=` would make the parser take the next argument as the value.
void refuse_empty_values(std::span<const std::string> arguments) {
  for (const std::string& argument : arguments) {
    if (argument == "--") {
      return;
    }
    if (argument.size() > 3 && argument.compare(0, 2, "--") == 0 && argument.find('=') == argument.size() - 1) {
      throw UsageError{fmt::format("{}: needs a value.", argument.substr(0, argument.size() - 1))};
    }
  }
}

/// An empty value would silently count as an option that was not given; one that is an option's name means that the
/// value was forgotten.
void refuse_unusable_values(const CLI::App& app) {
  const auto names = names_of(app);
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_items_expected_max() == 0) {
      continue;
    }
    for (const std::string& value : option->results()) {
      if (value.empty() || std::find(names.begin(), names.end(), value) != names.end()) {
        throw UsageError{fmt::format("{}: needs a value.", option->get_name())};
      }
    }
  }
}

/// CLI11's own texts repeat values; only the option's name is taken from them.
[[noreturn]] void rethrow(const CLI::ParseError& error) {
  const std::string text = error.what();
  const std::string name = text.substr(0, text.find_first_of(": "));
  if (text.find(" disallowed flag override") != std::string::npos) {
    throw UsageError{fmt::format("--{}: takes no value.", name)};
  }
  if (name.compare(0, 1, "-") != 0) {
    throw UsageError{"the command line cannot be read. See aws-refresh-session --help."};
  }
  throw UsageError{name + ": needs a value."};
}

}  // namespace

CommandNode command_tree() {
  const Parser parser;
  return describe(parser.app);
}

CommandLine parse_command_line(std::span<const std::string> arguments) {
  // What `exec` is to run is the person's own, whatever it looks like.
  std::vector<std::string> program;
  if (!arguments.empty() && arguments.front() == help_topic(Command::exec).name) {
    const auto divider = std::find(arguments.begin(), arguments.end(), "--");
    if (divider != arguments.end()) {
      program.assign(divider + 1, arguments.end());
      arguments = arguments.first(static_cast<std::size_t>(divider - arguments.begin()));
    }
  }
  refuse_empty_values(arguments);

  Parser parser{arguments.empty() ? std::string_view{} : std::string_view{arguments.front()}};
  const auto chosen = [&parser]() -> const CLI::App* {
    const auto parsed = parser.app.get_subcommands();
    return parsed.empty() ? nullptr : parsed.front();
  };
  try {
    // The parser takes its arguments last first.
    parser.app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::CallForHelp&) {
    parser.result.command = Command::help;
    parser.result.help_for = chosen() == nullptr ? "" : chosen()->get_name();
    return parser.result;
  } catch (const CLI::ParseError& error) {
    rethrow(error);
  }

  if (const auto extras = parser.app.remaining(false); !extras.empty()) {
    refuse_extra(parser.app, extras.front());
  }
  if (parser.version_flag) {
    parser.result.command = Command::version;
    return parser.result;
  }
  if (chosen() == nullptr) {
    std::vector<std::string> names;
    for (const CommandNode& command : describe(parser.app).subcommands) {
      names.push_back(command.name);
    }
    throw UsageError{fmt::format("give a command: {}. See aws-refresh-session --help.", fmt::join(names, ", "))};
  }
  if (parser.app.get_subcommands().size() > 1) {
    throw UsageError{"give one command only. See aws-refresh-session --help."};
  }
  refuse_unusable_values(*chosen());
  if (const auto extras = chosen()->remaining(false); !extras.empty()) {
    refuse_extra(*chosen(), extras.front());
  }
  parser.result.exec.program = std::move(program);
  if (parser.result.output.verbose && parser.result.output.quiet) {
    throw UsageError{"--quiet: cannot be combined with --verbose."};
  }
  return parser.result;
}

}  // namespace aws_refresh_session::cli
