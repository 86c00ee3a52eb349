#include "server/server_options.hpp"

#include "server/listening_socket.hpp"
#include "server/random_token.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <algorithm>
#include <set>
#include <string>
#include <string_view>

namespace aws_refresh_session::server {
namespace {

constexpr std::string_view kNameCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+=,.@-";
constexpr std::size_t kLongestName = 64;
constexpr std::size_t kLongestPath = 128;

[[noreturn]] void refuse(std::string_view parameter, std::string_view message, std::string_view value = {}) {
  throw ValidationError{{.message = std::string{message},
                         .code = "InvalidParameter",
                         .param = std::string{parameter},
                         .value = std::string{value}}};
}

bool consists_of(std::string_view text, std::string_view characters) {
  return text.find_first_not_of(characters) == std::string_view::npos;
}

bool begins_with(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

/// A path without segments that a client, or a proxy, would rewrite.
bool is_plain_path(std::string_view path) {
  if (path.size() < 2 || path.size() > kLongestPath + 1 || path.front() != '/' || path.back() == '/' ||
      !consists_of(path, std::string{kNameCharacters} + "~:/")) {
    return false;
  }
  for (std::size_t start = 1; start < path.size();) {
    const auto end = std::min(path.find('/', start), path.size());
    const auto segment = path.substr(start, end - start);
    if (segment.empty() || segment == "." || segment == "..") {
      return false;
    }
    start = end + 1;
  }
  return true;
}

void check_role(const ServedRole& role) {
  if (role.name.empty() || role.name.size() > kLongestName || !consists_of(role.name, kNameCharacters) ||
      role.name == "." || role.name == "..") {
    refuse("role.name", "The name of a role must be 1 to 64 of the characters A-Z a-z 0-9 _ + = , . @ -.", role.name);
  }
  if (!role.provider) {
    refuse("role.provider", "A role needs a provider.", role.name);
  }
  if (!is_plain_path(role.path)) {
    refuse("role.path",
           "The path of a role must be a slash and 1 to 128 characters of A-Z a-z 0-9 _ + = , . @ - ~ : /, "
           "without empty or dotted segments.",
           role.path);
  }
  for (const std::string_view taken : {"/latest/", "/ui/", "/healthz/", "/metrics/"}) {
    if (begins_with(role.path + "/", taken)) {
      refuse("role.path", "The paths /healthz, /metrics, /latest and /ui are the server's own. Choose another.",
             role.path);
    }
  }
}

void check_token(const SecretString& token) {
  constexpr std::size_t kShortest = 16;
  constexpr std::size_t kLongest = 1'024;
  const auto text = token.reveal();
  // What a header and a shell take as it is (RFC 6750's b64token).
  if (text.size() < kShortest || text.size() > kLongest ||
      !consists_of(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/=")) {
    refuse("token", "The token must be 16 to 1024 of the characters A-Z a-z 0-9 - . _ ~ + / =.");
  }
}

void check_limits(const ServerLimits& limits) {
  constexpr std::size_t kFewestBytes = 1'024;
  constexpr std::size_t kMostBytes = 1U << 20U;
  constexpr std::chrono::hours kLongest{1};
  if (limits.max_connections < 1) {
    refuse("limits.max_connections", "At least one connection must be allowed.");
  }
  if (limits.max_request_bytes < kFewestBytes || limits.max_request_bytes > kMostBytes) {
    refuse("limits.max_request_bytes", "The limit of a request must lie between 1 KiB and 1 MiB.");
  }
  for (const auto& [name, limit] :
       {std::pair{"limits.request_timeout", limits.request_timeout},
        std::pair{"limits.idle_timeout", limits.idle_timeout}, std::pair{"limits.write_timeout", limits.write_timeout},
        std::pair{"limits.first_set_timeout", limits.first_set_timeout}}) {
    const bool may_be_zero = std::string_view{name} == "limits.first_set_timeout";
    if (limit.count() < (may_be_zero ? 0 : 1) || limit > kLongest) {
      refuse(name, "A time limit must be positive and at most an hour.");
    }
  }
}

void check_place(const CredentialsServerOptions& options) {
  const bool default_place = options.address == CredentialsServerOptions{}.address && options.port == 0;
  if (static_cast<int>(options.listening_descriptor.has_value()) + static_cast<int>(!options.unix_socket.empty()) +
          static_cast<int>(!default_place) >
      1) {
    refuse("address", "An address and port, a unix socket and an inherited socket exclude each other. Give one.");
  }
  if (!may_serve_at(options.address)) {
    refuse("address",
           "Credentials are served at loopback addresses, 169.254.170.2, 169.254.170.23 and fd00:ec2::23 only: "
           "elsewhere they would cross a network in the clear.",
           options.address);
  }
}

}  // namespace

void complete(std::vector<ServedRole>& roles, CredentialsServerOptions& options) {
  if (roles.empty()) {
    refuse("roles", "There is no role to serve.");
  }
  std::set<std::string> taken;
  for (auto& role : roles) {
    if (role.path.empty()) {
      role.path = "/role/" + role.name;
    }
    check_role(role);
    for (const auto& each : {role.name, role.path}) {
      if (!taken.insert(each).second) {
        refuse("roles", "Two roles have the same name or path.", each);
      }
    }
  }
  check_place(options);
  check_limits(options.limits);
  if (options.token.empty()) {
    options.token = random_token();
  }
  check_token(options.token);
  if (!options.clock) {
    options.clock = system_clock();
  }
}

}  // namespace aws_refresh_session::server
