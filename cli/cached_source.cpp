#include "cli/cached_source.hpp"

#include "cli/option_values.hpp"
#include "cli/usage_error.hpp"

#include <aws_refresh_session/environment.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <exception>
#include <string>
#include <string_view>
#include <utility>

namespace aws_refresh_session::cli {
namespace {

using namespace std::chrono_literals;

constexpr const char* kVariable = "AWS_REFRESH_SESSION_CACHE";

/// What the machine itself has at no cost is not worth a copy on a disk, and what a program prints may depend on
/// anything: on variables, on the directory, on files that the key knows nothing of.
bool is_worth_keeping(const Credentials& credentials) {
  constexpr std::array<std::string_view, 5> kNever{"imds", "container", "environment", "static", "process"};
  return std::find(kNever.begin(), kNever.end(), credentials.provider_name()) == kNever.end();
}

std::string label_of(const SourceArguments& arguments) {
  const auto base = !arguments.profile.empty() ? "profile " + arguments.profile
                    : arguments.method.empty() ? std::string{}
                                               : "method " + arguments.method;
  if (arguments.role_arn.empty()) {
    return base.empty() ? "the default chain" : base;
  }
  return base.empty() ? arguments.role_arn : arguments.role_arn + " from " + base;
}

CacheKey key_of(const SourceArguments& arguments) {
  CacheKey key{label_of(arguments)};
  // All but a one-time code, where codes come from, time limits and attempts. Whom to trust counts: what came without a
  // look at the certificate must not reach who wants one.
  for (const auto& [name, value] : {std::pair{"method", &arguments.method},
                                    {"profile", &arguments.profile},
                                    {"region", &arguments.region},
                                    {"endpoint_url", &arguments.endpoint_url},
                                    {"role_arn", &arguments.role_arn},
                                    {"role_session_name", &arguments.role_session_name},
                                    {"duration_seconds", &arguments.duration_seconds},
                                    {"external_id", &arguments.external_id},
                                    {"serial_number", &arguments.serial_number},
                                    {"source_identity", &arguments.source_identity},
                                    {"ca_bundle", &arguments.ca_bundle}}) {
    key.with(name, *value);
  }
  key.with("policy", text_or_file("--policy", arguments.policy));
  for (const auto& [name, values] : {std::pair{"policy_arn", &arguments.policy_arns},
                                     {"tag", &arguments.tags},
                                     {"transitive_tag_key", &arguments.transitive_tag_keys},
                                     {"provided_context", &arguments.provided_contexts}}) {
    for (const auto& value : *values) {
      key.with(name, value);
    }
  }
  key.with("verify_tls", arguments.no_verify_tls ? "false" : "true");
  key.with("fips", arguments.use_fips_endpoint ? "true" : "false");
  key.with("dualstack", arguments.use_dualstack_endpoint ? "true" : "false");
  return with_aws_settings(std::move(key), *process_environment());
}

/// In the child of a fork, away from the terminal, from every pipe that somebody reads to its end, and from locks that
/// somebody holds by an open file.
void detach() {
  // First, for the program's handler writes to a descriptor that is about to be closed.
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGALRM, SIGPIPE}) {
    static_cast<void>(::signal(signal, SIG_DFL));
  }
  ::setsid();
  if (const int null = ::open("/dev/null", O_RDWR); null >= 0) {
    for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
      ::dup2(null, descriptor);
    }
  }
  static_cast<void>(::close_range(STDERR_FILENO + 1, ~0U, 0));
}

}  // namespace

std::shared_ptr<CredentialCache> open_cache() {
  const auto wanted = process_environment()->get(kVariable);
  if (wanted == "off") {
    return nullptr;
  }
  if (wanted && !wanted->starts_with('/')) {
    throw UsageError{std::string{kVariable} + ": must be `off` or an absolute path."};
  }
  return make_file_cache({.directory = wanted.value_or("")});
}

std::optional<CachedSource> CachedSource::open(const SourceArguments& arguments) {
  if (arguments.no_cache) {
    return std::nullopt;
  }
  auto cache = open_cache();
  if (!cache) {
    return std::nullopt;
  }
  return CachedSource{arguments, std::move(cache), key_of(arguments)};
}

std::optional<CachedSource::Found> CachedSource::find() const {
  const auto entry = cache_->load(key_);
  if (!entry || !entry->credentials || entry->credentials->empty() || !entry->credentials->expiration()) {
    return std::nullopt;
  }
  const auto end = *entry->credentials->expiration();
  const auto life = end - entry->received;
  const auto rest = end - system_clock()->now();
  if (rest <= std::min<WallTime::duration>(life / 4, 15min)) {
    return std::nullopt;
  }
  return Found{*entry->credentials, rest < life / 2};
}

std::shared_ptr<CredentialsProvider> CachedSource::wrap(std::shared_ptr<CredentialsProvider> source) const {
  return make_cached_provider(std::move(source), cache_, key_, options_with({}));
}

CachedProviderOptions CachedSource::options_with(CachedProviderOptions options) const {
  options.keep = is_worth_keeping;
  options.current_key = [arguments = arguments_] { return key_of(arguments); };
  return options;
}

void CachedSource::refresh_in_background() const {
  // A client that is the first process of a container would get the child, and most never look after one.
  if (::getppid() == 1 || ::fork() != 0) {
    // Nobody waits for it: this process ends at once, and leaves it to init.
    return;
  }
  constexpr unsigned kMostSeconds = 120;
  detach();
  ::alarm(kMostSeconds);
  try {
    set_warning_handler([](const Warning&) {});
    auto arguments = arguments_;
    arguments.no_cache = true;
    Messages messages{{.quiet = true}};
    const Source source = make_source(arguments, messages);
    if (!source.provider->interactive()) {
      // Who is refreshing it already makes this one unnecessary.
      const auto cached = make_cached_provider(source.provider, cache_, key_, options_with({.lease_timeout = 0ms}));
      static_cast<void>(cached->resolve({}));
    }
  } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): the entry has the failure, for `status`
  }
  ::_exit(0);
}

}  // namespace aws_refresh_session::cli
