#include "cli/commands.hpp"
#include "cli/json_text.hpp"
#include "cli/serve_options.hpp"
#include "cli/systemd.hpp"
#include "cli/usage_error.hpp"

#include <aws_refresh_session/credentials_server.hpp>
#include <aws_refresh_session/exceptions.hpp>

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace aws_refresh_session::cli {
namespace {

/// Keeps secrets out of swap. Only where the limit allows all there may ever be: beyond a limit every later allocation
/// would fail.
void lock_memory(Messages& messages) {
  rlimit limit{RLIM_INFINITY, RLIM_INFINITY};
  static_cast<void>(::setrlimit(RLIMIT_MEMLOCK, &limit));
  if (::getrlimit(RLIMIT_MEMLOCK, &limit) != 0 || limit.rlim_cur != RLIM_INFINITY ||
      ::mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) != 0) {
    messages.detail("memory is not locked and may be swapped out: needs RLIMIT_MEMLOCK unlimited (LimitMEMLOCK=)");
  }
}

/// As a POSIX shell reads it.
std::string quoted(std::string_view text) {
  std::string word = "'";
  for (const char c : text) {
    if (c == '\'') {
      word += "'\\''";
    } else {
      word += c;
    }
  }
  return word + "'";
}

void print_settings(const CommandLine& line, const CredentialsServer& server, const std::vector<std::string>& names,
                    const std::string& token_file) {
  if (line.output.json) {
    JsonObject roles;
    for (const std::string& name : names) {
      roles.text(name, server.uri(name));
    }
    JsonObject json;
    json.text("Endpoint", server.endpoint());
    json.object("Roles", roles);
    json.text("TokenFile", token_file);
    if (!line.serve.unix_socket.empty()) {
      json.text("UnixSocket", line.serve.unix_socket);
    }
    if (line.serve.print_token) {
      json.secret("Token", server.token());
    }
    write_result(json.str());
    write_result("\n");
    return;
  }
  std::string text = fmt::format("export AWS_CONTAINER_CREDENTIALS_FULL_URI={}\n", quoted(server.uri(names.front())));
  for (std::size_t i = 1; i < names.size(); ++i) {
    text += fmt::format("# {}: AWS_CONTAINER_CREDENTIALS_FULL_URI={}\n", names[i], quoted(server.uri(names[i])));
  }
  if (line.serve.imds) {
    text += fmt::format("export AWS_EC2_METADATA_SERVICE_ENDPOINT={}\n", quoted(server.endpoint()));
  }
  if (line.serve.ui) {
    text += fmt::format("# for people: {}/ui/\n", server.endpoint());
  }
  if (!line.serve.print_token) {
    text += fmt::format("export AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE={}\n", quoted(token_file));
    write_result(text);
    return;
  }
  write_result(text + "export AWS_CONTAINER_AUTHORIZATION_TOKEN=");
  // Not quoted: a token holds no character that a shell would read anything into.
  write_result(server.token().reveal());
  write_result("\n");
}

/// Whoever waits for the end of the output ($(...)) goes on.
void end_output() noexcept {
  const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (nowhere >= 0) {
    static_cast<void>(::dup2(nowhere, STDOUT_FILENO));
    ::close(nowhere);
  }
}

/// Refreshes the roles whose source may have to ask a person, which only happens on a thread of the program's own.
/// Returns when asked to stop.
void keep(const std::vector<ServedRole>& roles, Messages& messages, const std::stop_token& stop) {
  constexpr std::chrono::seconds kBetweenLooks{1};
  constexpr int kLooksAfterFailure = 30;
  std::vector<int> pauses(roles.size(), 0);
  const bool has_person =
      std::any_of(roles.begin(), roles.end(), [](const ServedRole& role) { return role.provider->interactive(); });
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock<std::mutex> lock{mutex};
  while (!stop.stop_requested()) {
    for (std::size_t i = 0; has_person && i < roles.size() && !stop.stop_requested(); ++i) {
      auto& provider = *roles[i].provider;
      if (!provider.interactive() || provider.state() == Freshness::fresh || pauses[i]-- > 0) {
        continue;
      }
      pauses[i] = 0;
      try {
        static_cast<void>(provider.refresh_now(std::chrono::hours{24}));
      } catch (const Error& error) {
        if (!stop.stop_requested()) {
          messages.warning(fmt::format("{}: {}", roles[i].name, one_line(error.what())));
        }
        pauses[i] = kLooksAfterFailure;
      }
    }
    if (has_person) {
      wake.wait_for(lock, stop, kBetweenLooks, [] { return false; });
    } else {
      wake.wait(lock, stop, [] { return false; });
    }
  }
}

/// One line for each outcome of a refresh that a person may want to see.
std::vector<std::shared_ptr<void>> report_refreshes(const std::vector<ServedRole>& roles, Messages& messages) {
  std::vector<std::shared_ptr<void>> handles;
  handles.reserve(roles.size());
  for (const ServedRole& role : roles) {
    handles.push_back(role.provider->observe([name = role.name, &messages](const RefreshEvent& event) {
      if (event.type == RefreshEvent::Type::success) {
        messages.detail(fmt::format("{}: refreshed in {} ms", name, event.latency.count()));
      } else if (event.type == RefreshEvent::Type::failure && event.error) {
        messages.warning(fmt::format("{}: {}", name, one_line(event.error->what())));
      }
    }));
  }
  return handles;
}

}  // namespace

ExitCode run_serve(const CommandLine& line, Messages& messages, const std::stop_token& stop) {
  constexpr std::chrono::seconds kGrace{5};
  auto options = server_options(line.serve);
  options.listening_descriptor = take_activation_socket();
  if (options.listening_descriptor &&
      (!line.serve.address.empty() || !line.serve.port.empty() || !line.serve.unix_socket.empty())) {
    throw UsageError{"the service manager handed over a socket: --address, --port and --unix-socket say another."};
  }
  lock_memory(messages);

  std::vector<ServedRole> roles = served_roles(line, messages);
  std::vector<std::string> names;
  names.reserve(roles.size());
  for (const ServedRole& role : roles) {
    names.push_back(role.name);
  }
  const auto reports = report_refreshes(roles, messages);
  CredentialsServer server{roles, std::move(options)};
  server.start();
  const bool wants_file = !line.serve.token_file.empty() || !line.serve.print_token;
  const std::string token_file = line.serve.token_file.empty() ? default_token_file() : line.serve.token_file;
  if (wants_file) {
    server.write_token_file(token_file);
  }
  print_settings(line, server, names, wants_file ? token_file : std::string{});
  end_output();
  messages.detail("serving at " + server.endpoint());
  notify_service_manager("READY=1\nSTATUS=Serving at " + server.endpoint());

  keep(roles, messages, stop);

  notify_service_manager("STOPPING=1");
  server.stop(kGrace);
  return ExitCode::ok;
}

}  // namespace aws_refresh_session::cli
