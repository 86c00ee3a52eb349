#include "emulator/emulator.hpp"

#include <aws_refresh_session/version.hpp>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>

namespace {

namespace emulator = aws_refresh_session::emulator;

constexpr int kExitFailure = 1;
constexpr int kExitUsage = 2;

constexpr std::string_view kFooter = R"(On the wire
  POST /             AssumeRole, GetCallerIdentity, GetSessionToken; signed for service sts
  GET|HEAD|PUT /resource[/...]
                     200 with temporary credentials that have not ended, else 403; signed for s3 or execute-api

With --admin, JSON on the same port
  GET    /_emulator/health
  GET    /_emulator/log                     the last requests; no secrets
  GET    /_emulator/counters                DELETE sets them to zero
  GET    /_emulator/faults                  DELETE removes them, /_emulator/faults/ID one
  POST   /_emulator/faults                  {"kind": "server_error", "action": "AssumeRole", "count": 3}
         kind: latency hang reset reset_mid_body server_error throttling forbidden not_xml truncated_xml
               empty_body expired_answer no_expiration no_zone empty_keys skewed_date skewed_clock
         also: probability (0-1), seed, delay_ms (latency, hang), status (500 502 503 504; 400 429 503),
               skew_seconds; without action: every one; without count: until removed
  POST   /_emulator/release                 lets hanging requests go on
  POST   /_emulator/clock                   {"offset_ms": 60000}: the service's clock is ahead
  POST   /_emulator/expire                  {"access_key_id": "ASIA..."}, or {} for all

Example
  aws-refresh-session-emulator --max-duration 5 --admin &
  (set the variables that it prints)
  aws --endpoint-url "$AWS_ENDPOINT_URL_STS" sts assume-role --role-arn "$ROLE_ARN" --role-session-name me

Exit codes: 0 stopped by SIGINT or SIGTERM, 1 the port or a file cannot be used, 2 bad options.
Never let anybody else reach the port: it is for one machine, and whoever has the keys below may use it.)";

struct Settings {
  emulator::Options options;
  std::vector<std::string> roles;
  emulator::User user;
  emulator::Role role;
  long min_seconds = 1;
  long max_seconds = 43'200;
  std::string mfa_seed;
  std::string port_file;
  bool json_log = false;
};

void declare(CLI::App& app, Settings& settings) {
  app.footer(std::string{kFooter});
  app.set_version_flag("--version", std::string{aws_refresh_session::kVersion});
  app.add_option("--port", settings.options.port, "Port on 127.0.0.1; 0 takes a free one")->capture_default_str();
  app.add_option("--port-file", settings.port_file, "Write the port to this file once it is open; removed at the end");
  app.add_option("--account", settings.options.account, "The account's twelve digits")->capture_default_str();
  app.add_option("--region", settings.options.region, "Accept signatures for this region only; without it, for any");
  app.add_option("--role", settings.roles, "A role that may be assumed; may be repeated (default: demo)");
  app.add_option("--min-duration", settings.min_seconds, "Least DurationSeconds of the roles; AWS has 900")
      ->capture_default_str()
      ->check(CLI::Range(1L, 43'200L));
  app.add_option("--max-duration", settings.max_seconds, "Most DurationSeconds of the roles, and the default's limit")
      ->capture_default_str()
      ->check(CLI::Range(1L, 43'200L));
  app.add_option("--access-key", settings.user.access_key_id, "The user's access key id")->capture_default_str();
  app.add_option("--secret", settings.user.secret_access_key, "The user's secret key: a fake one, it is printed")
      ->capture_default_str();
  app.add_option("--user", settings.user.name, "The user's name; empty: root, who can not assume roles")
      ->capture_default_str();
  app.add_option("--mfa-seed", settings.mfa_seed,
                 "Require MFA for the roles: the device's seed in base32, or hex:...; its serial number is printed");
  app.add_option("--external-id", settings.role.external_id, "Require this ExternalId for the roles");
  app.add_flag("--admin", settings.options.admin, "Serve the control interface below");
  app.add_flag("--json", settings.json_log, "Log each request to standard output as a line of JSON");
}

void finish(Settings& settings) {
  emulator::Options& options = settings.options;
  if (settings.min_seconds > settings.max_seconds) {
    throw std::invalid_argument("--min-duration must not be above --max-duration");
  }
  settings.role.min_duration = std::chrono::seconds{settings.min_seconds};
  settings.role.max_duration = std::chrono::seconds{settings.max_seconds};
  if (!settings.mfa_seed.empty()) {
    options.mfa_devices = {
        {.serial_number = fmt::format("arn:aws:iam::{}:mfa/emulator", options.account), .seed = settings.mfa_seed}};
    settings.role.require_mfa = true;
  }
  options.users = {settings.user};
  if (settings.roles.empty()) {
    settings.roles.emplace_back(emulator::kDefaultRole);
  }
  options.roles.clear();
  for (const auto& name : settings.roles) {
    settings.role.name = name;
    options.roles.push_back(settings.role);
  }
}

/// In single quotes, so that a shell takes it as it is.
std::string shell_word(std::string_view text) {
  std::string result = "'";
  for (const char c : text) {
    result += c == '\'' ? std::string{"'\\''"} : std::string{c};
  }
  return result + "'";
}

void announce(const emulator::Emulator& running, const Settings& settings) {
  // With --json standard output is the log's, and must be JSON only.
  std::ostream& out = settings.json_log ? std::cerr : std::cout;
  out << "# Listening on 127.0.0.1:" << running.port() << ". For this shell:\n";
  for (const auto& [name, value] : running.environment()) {
    out << "export " << name << '=' << shell_word(value) << '\n';
  }
  out << "export ROLE_ARN=" << shell_word(running.role_arn(settings.roles.front())) << '\n';
  for (const auto& device : settings.options.mfa_devices) {
    out << "export MFA_SERIAL=" << shell_word(device.serial_number) << '\n';
  }
  out << "# The resource: " << running.resource_url() << "\n# Stop with Ctrl-C." << std::endl;
}

void write_port(const std::string& path, std::uint16_t port) {
  // Renamed into place: whoever sees the file sees the whole number.
  const std::string part = path + ".part";
  std::ofstream file{part};
  file << port << '\n';
  file.close();
  if (!file) {
    throw std::runtime_error("cannot write " + path);
  }
  std::filesystem::rename(part, path);
}

void run(const Settings& settings, const sigset_t& stop_signals) {
  emulator::Emulator running{settings.options};
  if (settings.json_log) {
    running.on_request([](const emulator::LogEntry& entry) {
      // One call, so that lines of several threads do not mix.
      const std::string line = emulator::to_json(entry) + '\n';
      // A log that nobody reads any more is no reason to stop serving.
      static_cast<void>(std::fwrite(line.data(), 1, line.size(), stdout));
      static_cast<void>(std::fflush(stdout));
    });
  }
  announce(running, settings);
  if (!settings.port_file.empty()) {
    write_port(settings.port_file, running.port());
  }
  int signal = 0;
  sigwait(&stop_signals, &signal);
  if (!settings.port_file.empty()) {
    std::error_code ignored;
    std::filesystem::remove(settings.port_file, ignored);
  }
}

}  // namespace

int main(int argc, char** argv) {
  // Blocked before any thread starts, so that all inherit it and sigwait is the one to see them.
  sigset_t stop_signals;
  sigemptyset(&stop_signals);
  for (const int signal : std::array{SIGINT, SIGTERM, SIGHUP}) {
    sigaddset(&stop_signals, signal);
  }
  pthread_sigmask(SIG_BLOCK, &stop_signals, nullptr);
  // The reader of --json may go away; see run.
  static_cast<void>(std::signal(SIGPIPE, SIG_IGN));

  try {
    Settings settings;
    CLI::App app{
        "A small AWS for one machine: STS and a protected resource that check Signature Version 4, enforce "
        "expiry from one second on, and fail on demand. The keys are fake.",
        "aws-refresh-session-emulator"};
    declare(app, settings);
    try {
      app.parse(argc, argv);
      finish(settings);
    } catch (const CLI::ParseError& error) {
      return app.exit(error) == 0 ? EXIT_SUCCESS : kExitUsage;
    }
    run(settings, stop_signals);
    return EXIT_SUCCESS;
  } catch (const std::invalid_argument& error) {
    std::cerr << "aws-refresh-session-emulator: " << error.what() << '\n';
    return kExitUsage;
  } catch (const std::exception& error) {
    std::cerr << "aws-refresh-session-emulator: " << error.what() << '\n';
    return kExitFailure;
  }
}
