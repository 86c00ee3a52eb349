#include "cli/serve_options.hpp"

#include "cli/option_values.hpp"
#include "cli/source.hpp"
#include "cli/usage_error.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <fmt/format.h>

#include <unistd.h>

#include <cstdlib>
#include <string_view>
#include <utility>

namespace aws_refresh_session::cli {
namespace {

ServedRole served_role(std::string name, const SourceArguments& source, const RefreshOptions& refresh,
                       Messages& messages) {
  ServedRole role;
  role.name = std::move(name);
  role.role_arn = source.role_arn;
  role.provider = make_source(source, messages, refresh).kept_fresh(refresh);
  return role;
}

SecretString token_from(const std::string& path) {
  std::string text = text_or_file("--token-from", "file://" + path);
  std::string_view token = text;
  // Editors and `echo` leave one.
  while (!token.empty() && (token.back() == '\n' || token.back() == '\r')) {
    token.remove_suffix(1);
  }
  SecretString secret{token};
  wipe(text);
  if (secret.empty()) {
    throw UsageError{"--token-from: the file is empty."};
  }
  return secret;
}

}  // namespace

std::vector<ServedRole> served_roles(const CommandLine& line, Messages& messages) {
  const auto refresh = served_refresh_options(refresh_options(line.refresh));
  std::vector<ServedRole> roles;
  for (const std::string& given : line.serve.roles) {
    const auto equals = given.find('=');
    if (equals == 0 || equals == std::string::npos || equals + 1 == given.size()) {
      throw UsageError{"--role: write NAME=PROFILE or NAME=ARN, e.g. build=arn:aws:iam::123456789012:role/build."};
    }
    if (!line.source.role_arn.empty() || !line.source.method.empty()) {
      throw UsageError{fmt::format("--role: cannot be combined with {}. Write the role as --role NAME=ARN.",
                                   line.source.role_arn.empty() ? "--method" : "--role-arn")};
    }
    SourceArguments source = line.source;
    const auto value = given.substr(equals + 1);
    (value.compare(0, 4, "arn:") == 0 ? source.role_arn : source.profile) = value;
    roles.push_back(served_role(given.substr(0, equals), source, refresh, messages));
  }
  if (roles.empty()) {
    roles.push_back(served_role("default", line.source, refresh, messages));
  }
  return roles;
}

CredentialsServerOptions server_options(const ServeArguments& serve) {
  constexpr int kHighestPort = 65'535;
  CredentialsServerOptions options;
  if (!serve.address.empty()) {
    options.address = serve.address;
  }
  if (!serve.port.empty()) {
    options.port = static_cast<std::uint16_t>(parse_count("--port", serve.port, 0, kHighestPort));
  }
  if (!serve.unix_socket.empty() && (!serve.address.empty() || !serve.port.empty())) {
    throw UsageError{"--unix-socket: cannot be combined with --address and --port."};
  }
  options.unix_socket = serve.unix_socket;
  options.allowed_hosts = serve.allowed_hosts;
  options.imds = serve.imds;
  options.page = serve.ui;
  if (!serve.token_from.empty()) {
    options.token = token_from(serve.token_from);
  }
  return options;
}

std::string default_token_file() {
  for (const char* name : {"RUNTIME_DIRECTORY", "XDG_RUNTIME_DIR", "TMPDIR"}) {
    if (const char* directory = std::getenv(name); directory != nullptr && *directory == '/') {
      return fmt::format("{}/aws-refresh-session-{}.token", directory, ::getpid());
    }
  }
  return fmt::format("/tmp/aws-refresh-session-{}.token", ::getpid());
}

}  // namespace aws_refresh_session::cli
