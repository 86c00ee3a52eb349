#include "cli/cached_source.hpp"

#include "cli/option_values.hpp"
#include "cli/usage_error.hpp"

#include <aws_refresh_session/environment.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <exception>
#include <string>
#include <string_view>
#include <utility>

namespace aws_refresh_session::cli {
namespace {

using namespace std::chrono_literals;

constexpr const char* kVariable = "AWS_REFRESH_SESSION_CACHE";

/// Found on the machine itself at no cost: not worth a copy on a disk.
bool is_worth_keeping(const Credentials& credentials) {
  constexpr std::array<std::string_view, 4> kCheap{"imds", "container", "environment", "static"};
  return std::find(kCheap.begin(), kCheap.end(), credentials.provider_name()) == kCheap.end();
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

/// In the child of a fork, away from the terminal and from every pipe that somebody reads to its end.
void detach() {
  ::setsid();
  if (const int null = ::open("/dev/null", O_RDWR); null >= 0) {
    for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
      ::dup2(null, descriptor);
    }
  }
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
  return make_cached_provider(std::move(source), cache_, key_, {.keep = is_worth_keeping});
}

void CachedSource::refresh_in_background() const {
  if (::fork() != 0) {
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
      const auto cached =
          make_cached_provider(source.provider, cache_, key_, {.lease_timeout = 0ms, .keep = is_worth_keeping});
      static_cast<void>(cached->resolve({}));
    }
  } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): the entry has the failure, for `status`
  }
  ::_exit(0);
}

}  // namespace aws_refresh_session::cli
