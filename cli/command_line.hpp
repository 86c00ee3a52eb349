#pragma once

/// \file
/// What was asked for on the command line, still as text: source.hpp and demo_options.hpp make values of it.

#include <span>
#include <string>
#include <vector>

namespace aws_refresh_session::cli {

/// Where credentials come from and how to reach it. Empty: not given.
struct SourceArguments {
  std::string method{};
  std::string profile{};
  std::string region{};
  std::string endpoint_url{};
  std::string role_arn{};
  std::string role_session_name{};
  std::string duration_seconds{};
  std::string external_id{};
  std::string serial_number{};
  std::string token_code{};
  std::string mfa_command{};
  std::string totp_seed_file{};
  std::string policy{};
  std::vector<std::string> policy_arns{};
  std::vector<std::string> tags{};
  std::vector<std::string> transitive_tag_keys{};
  std::string source_identity{};
  std::vector<std::string> provided_contexts{};
  std::string ca_bundle{};
  bool no_verify_tls = false;
  bool use_fips_endpoint = false;
  bool use_dualstack_endpoint = false;
  std::string connect_timeout{};
  std::string attempt_timeout{};
  std::string max_attempts{};
  /// Neither reads nor fills the cache.
  bool no_cache = false;
};

/// The refresh rule's numbers, for commands that keep credentials. Empty: not given.
struct RefreshArguments {
  std::string advisory_window{};
  std::string mandatory_window{};
  std::string mandatory_wait{};
  std::string backoff_initial{};
  std::string backoff_max{};
  std::string read_timeout{};
  bool no_background_refresh = false;
};

struct DemoArguments {
  std::string seconds{};
  std::string lifetime{};
  std::string readers{};
  std::string requests_per_second{};
  bool plain = false;
};

struct StatusArguments {
  bool watch = false;
  bool clear = false;
};

/// Empty: not given.
struct ServeArguments {
  /// `NAME=PROFILE` or `NAME=ARN` each.
  std::vector<std::string> roles{};
  std::string address{};
  std::string port{};
  std::string unix_socket{};
  std::vector<std::string> allowed_hosts{};
  std::string token_file{};
  std::string token_from{};
  bool print_token = false;
  bool imds = false;
  bool ui = false;
};

/// Empty: not given.
struct ExportArguments {
  std::string format{};
  std::string credentials_file{};
  std::string write_profile{};
  bool replace_lasting_keys = false;
  bool watch = false;
};

/// Empty: not given.
struct ConsoleArguments {
  std::string destination{};
  std::string issuer{};
  std::string session_duration{};
  std::string signin_endpoint_url{};
};

struct ExecArguments {
  /// The keys themselves rather than an endpoint that gives them.
  bool plain_keys = false;
  /// What stands after `--`, untouched.
  std::vector<std::string> program{};
};

struct OutputArguments {
  bool json = false;
  bool verbose = false;
  bool quiet = false;
  /// Of `whoami`.
  bool explain = false;
};

enum class Command {
  demo,
  whoami,
  process,
  export_credentials,
  console,
  exec,
  serve,
  status,
  doctor,
  completion,
  version,
  help
};

struct CommandLine {
  Command command = Command::help;
  OutputArguments output;
  SourceArguments source;
  RefreshArguments refresh;
  DemoArguments demo;
  StatusArguments status;
  ServeArguments serve;
  ExportArguments export_to;
  ConsoleArguments console;
  ExecArguments exec;
  /// Of `completion`.
  std::string shell{};
  /// Of `help`: which subcommand's page; empty for the program's.
  std::string help_for{};
};

/// Reads the arguments, the program's name left out.
/// \throws UsageError
[[nodiscard]] CommandLine parse_command_line(std::span<const std::string> arguments);

}  // namespace aws_refresh_session::cli
