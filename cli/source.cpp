#include "cli/source.hpp"

#include "cli/cached_source.hpp"
#include "cli/command_tree.hpp"
#include "cli/logging_transport.hpp"
#include "cli/option_values.hpp"
#include "cli/terminal.hpp"
#include "cli/usage_error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <utility>
#include <vector>

namespace aws_refresh_session::cli {
namespace {

constexpr std::string_view kStsMethod = "sts";

struct NamedText {
  const char* option;
  const std::string* text;
};

struct NamedTexts {
  const char* option;
  const std::vector<std::string>* texts;
};

std::array<NamedText, 17> single_texts(const SourceArguments& arguments) {
  return {{{"--profile", &arguments.profile},
           {"--region", &arguments.region},
           {"--endpoint-url", &arguments.endpoint_url},
           {"--role-arn", &arguments.role_arn},
           {"--role-session-name", &arguments.role_session_name},
           {"--duration-seconds", &arguments.duration_seconds},
           {"--external-id", &arguments.external_id},
           {"--serial-number", &arguments.serial_number},
           {"--token-code", &arguments.token_code},
           {"--mfa-command", &arguments.mfa_command},
           {"--totp-seed-file", &arguments.totp_seed_file},
           {"--policy", &arguments.policy},
           {"--source-identity", &arguments.source_identity},
           {"--ca-bundle", &arguments.ca_bundle},
           {"--connect-timeout", &arguments.connect_timeout},
           {"--attempt-timeout", &arguments.attempt_timeout},
           {"--max-attempts", &arguments.max_attempts}}};
}

std::array<NamedTexts, 4> lists(const SourceArguments& arguments) {
  return {{{"--policy-arn", &arguments.policy_arns},
           {"--tag", &arguments.tags},
           {"--transitive-tag-key", &arguments.transitive_tag_keys},
           {"--provided-context", &arguments.provided_contexts}}};
}

/// Options that say something about the role mean nothing without one: most likely `--role-arn` was forgotten.
void refuse_role_options_without_role(const SourceArguments& arguments) {
  // What says how to reach STS, or answers for the profile's device.
  constexpr std::array<std::string_view, 9> kWithoutRole{"--profile",      "--region",          "--endpoint-url",
                                                         "--ca-bundle",    "--connect-timeout", "--attempt-timeout",
                                                         "--max-attempts", "--mfa-command",     "--totp-seed-file"};
  const auto refuse = [](std::string_view option) {
    throw UsageError{fmt::format("{}: needs --role-arn, which was not given.", option)};
  };
  for (const auto& [option, text] : single_texts(arguments)) {
    if (!text->empty() && std::find(kWithoutRole.begin(), kWithoutRole.end(), option) == kWithoutRole.end()) {
      refuse(option);
    }
  }
  for (const auto& [option, texts] : lists(arguments)) {
    if (!texts->empty()) {
      refuse(option);
    }
  }
}

/// More than one way to a code, or a code without the device it belongs to.
void refuse_incomplete_mfa(const SourceArguments& arguments) {
  std::string_view given;
  for (const auto& [option, text] :
       {std::pair{"--token-code", &arguments.token_code}, std::pair{"--mfa-command", &arguments.mfa_command},
        std::pair{"--totp-seed-file", &arguments.totp_seed_file}}) {
    if (text->empty()) {
      continue;
    }
    if (!given.empty()) {
      throw UsageError{fmt::format("{}: cannot be combined with {}. Give one of them.", given, option)};
    }
    given = option;
  }
  if (arguments.serial_number.empty() && !arguments.token_code.empty()) {
    throw UsageError{"--token-code: needs --serial-number, the device the code belongs to."};
  }
}

/// Where one-time codes come from: a command, a seed, the person at the terminal; none where there is none of them.
MfaTokenProvider mfa_token_provider(const SourceArguments& arguments) {
  const auto made = [](std::string_view option, const auto& make) {
    try {
      return make();
    } catch (const Error& error) {
      throw UsageError{fmt::format("{}: {}", option, error.what())};
    }
  };
  if (!arguments.mfa_command.empty()) {
    return made("--mfa-command", [&] { return MfaTokenProvider::from_command_line(arguments.mfa_command); });
  }
  if (!arguments.totp_seed_file.empty()) {
    return made("--totp-seed-file", [&] { return MfaTokenProvider::from_totp_seed_file(arguments.totp_seed_file); });
  }
  return {};
}

MfaTokenProvider prompt_provider() {
  return MfaTokenProvider::from_callable(
      [](const MfaRequest& request) {
        return prompt_hidden(fmt::format("One-time code of {}: ", one_line(request.serial_number)), request.stop);
      },
      true);
}

Source named_source(const SourceArguments& arguments, ProviderSeams seams, const RefreshOptions& refresh) {
  Source source;
  source.client = client_options(arguments);
  source.seams = seams;
  SessionOptions options;
  options.transport = std::move(seams.transport);
  options.refresh = refresh;
  source.session = std::make_unique<RefreshableSession>(arguments.method, method_parameters(arguments), options);
  source.provider = source.session->provider();
  return source;
}

Source make_uncached_source(const SourceArguments& arguments, Messages& messages, const RefreshOptions& refresh) {
  ProviderSeams seams;
  seams.skew = std::make_shared<ClockSkew>();
  seams.transport = default_http_transport();
  if (messages.verbose()) {
    seams.transport = std::make_shared<LoggingTransport>(std::move(seams.transport), messages);
  }
  if (!arguments.method.empty() && arguments.method != kStsMethod && arguments.method != "default") {
    return named_source(arguments, std::move(seams), refresh);
  }

  Source source;
  source.seams = seams;
  source.client = client_options(arguments);
  auto mfa = mfa_token_provider(arguments);
  if (!mfa && arguments.token_code.empty() && can_prompt()) {
    mfa = prompt_provider();
  }
  source.chain = std::make_shared<DefaultChain>(
      DefaultChainOptions{.profile = arguments.profile, .mfa_token_provider = mfa, .client = source.client}, seams);
  if (arguments.role_arn.empty()) {
    refuse_role_options_without_role(arguments);
    refuse_incomplete_mfa(arguments);
    messages.detail(arguments.profile.empty() ? std::string{"source: the default chain"}
                                              : fmt::format("source: profile {}", one_line(arguments.profile)));
    source.provider = source.chain;
    return source;
  }

  AssumeRoleOptions role = assume_role_options(arguments);
  role.base = source.chain;
  if (!role.serial_number.empty() && role.token_code.empty() && !role.mfa_token_provider) {
    if (!mfa) {
      throw UsageError{
          "--serial-number: needs a one-time code, and there is no terminal to ask on. Give --mfa-command or "
          "--totp-seed-file."};
    }
    role.mfa_token_provider = mfa;
  }
  messages.detail(fmt::format("source: AssumeRole {} as {}", role.role_arn, role.role_session_name));
  source.provider = make_assume_role_provider(std::move(role), std::move(seams));
  return source;
}

}  // namespace

StsClientOptions client_options(const SourceArguments& arguments) {
  constexpr int kMostAttempts = 10;
  StsClientOptions client;
  client.profile = arguments.profile;
  client.region = arguments.region;
  client.endpoint_url = arguments.endpoint_url;
  client.ca_bundle = arguments.ca_bundle;
  client.verify_tls = !arguments.no_verify_tls;
  if (arguments.use_fips_endpoint) {
    client.use_fips_endpoint = true;
  }
  if (arguments.use_dualstack_endpoint) {
    client.use_dualstack_endpoint = true;
  }
  if (!arguments.connect_timeout.empty()) {
    client.connect_timeout = parse_span("--connect-timeout", arguments.connect_timeout);
  }
  if (!arguments.attempt_timeout.empty()) {
    client.attempt_timeout = parse_span("--attempt-timeout", arguments.attempt_timeout);
  }
  if (!arguments.max_attempts.empty()) {
    client.max_attempts = parse_count("--max-attempts", arguments.max_attempts, 1, kMostAttempts);
  }
  return client;
}

AssumeRoleOptions assume_role_options(const SourceArguments& arguments) {
  refuse_incomplete_mfa(arguments);
  AssumeRoleOptions role;
  role.role_arn = arguments.role_arn;
  if (!arguments.role_session_name.empty()) {
    role.role_session_name = arguments.role_session_name;
  }
  if (!arguments.duration_seconds.empty()) {
    role.duration = parse_seconds("--duration-seconds", arguments.duration_seconds);
  }
  role.external_id = arguments.external_id;
  role.serial_number = arguments.serial_number;
  role.token_code = arguments.token_code;
  if (!arguments.serial_number.empty()) {
    role.mfa_token_provider = mfa_token_provider(arguments);
  }
  role.policy = text_or_file("--policy", arguments.policy);
  role.policy_arns = arguments.policy_arns;
  for (const std::string& tag : arguments.tags) {
    role.tags.push_back(parse_tag("--tag", tag));
  }
  role.transitive_tag_keys = arguments.transitive_tag_keys;
  role.source_identity = arguments.source_identity;
  for (const std::string& context : arguments.provided_contexts) {
    role.provided_contexts.push_back(parse_provided_context("--provided-context", context));
  }
  role.client = client_options(arguments);
  return role;
}

MethodParameters method_parameters(const SourceArguments& arguments) {
  const auto key = [](std::string_view option) {
    std::string name{option.substr(2)};
    std::replace(name.begin(), name.end(), '-', '_');
    return name;
  };
  MethodParameters parameters;
  for (const auto& [option, text] : single_texts(arguments)) {
    if (!text->empty()) {
      parameters[key(option)] = text_or_file(option, *text);
    }
  }
  for (const auto& [option, texts] : lists(arguments)) {
    if (!texts->empty()) {
      parameters[key(option) + "s"] = fmt::format("{}", fmt::join(*texts, ","));
    }
  }
  if (arguments.no_verify_tls) {
    parameters["verify_tls"] = "false";
  }
  if (arguments.use_fips_endpoint) {
    parameters["use_fips_endpoint"] = "true";
  }
  if (arguments.use_dualstack_endpoint) {
    parameters["use_dualstack_endpoint"] = "true";
  }
  return parameters;
}

RefreshOptions refresh_options(const RefreshArguments& arguments, RefreshOptions defaults) {
  RefreshOptions options = std::move(defaults);
  if (!arguments.advisory_window.empty()) {
    options.advisory_window = parse_span("--advisory-window", arguments.advisory_window);
  }
  if (!arguments.mandatory_window.empty()) {
    options.mandatory_window = parse_span("--mandatory-window", arguments.mandatory_window);
  }
  if (!arguments.mandatory_wait.empty()) {
    options.mandatory_wait = parse_span("--mandatory-wait", arguments.mandatory_wait);
  }
  if (!arguments.backoff_initial.empty()) {
    options.backoff_initial = parse_span("--backoff-initial", arguments.backoff_initial);
  }
  if (!arguments.backoff_max.empty()) {
    options.backoff_max = parse_span("--backoff-max", arguments.backoff_max);
  }
  if (!arguments.read_timeout.empty()) {
    options.read_timeout = parse_span("--read-timeout", arguments.read_timeout);
  }
  options.background_refresh = options.background_refresh && !arguments.no_background_refresh;
  return options;
}

std::string option_of_parameter(std::string_view parameter) {
  std::string name = "--";
  for (const char c : parameter) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isupper(byte) != 0 && name.size() > 2) {
      name += '-';
    }
    name += c == '_' ? '-' : static_cast<char>(std::tolower(byte));
  }
  if (name.back() == 's' && name != "--duration-seconds" && name != "--max-attempts") {
    // AWS names lists in the plural (PolicyArns); an option is one of them.
    name.pop_back();
  }
  if (name == "--duration") {
    name = "--duration-seconds";
  }
  for (const CommandNode& command : command_tree().subcommands) {
    for (const OptionNode& option : command.options) {
      if (std::find(option.names.begin(), option.names.end(), name) != option.names.end()) {
        return name;
      }
    }
  }
  return {};
}

Credentials Source::credentials(const std::stop_token& stop) const {
  ResolveContext context;
  context.stop = stop;
  context.foreground = true;
  return provider->resolve(context);
}

Credentials Source::usable_credentials(const std::stop_token& stop) const {
  Credentials got = credentials(stop);
  if (got.empty() || got.expired(std::chrono::system_clock::now())) {
    throw CredentialError{{.message = got.empty() ? "The source gave no keys."
                                                  : "The source gave credentials that have ended already. Check the "
                                                    "clock of this machine, or get new ones.",
                           .code = got.empty() ? "NoCredentials" : "ExpiredCredentials"}};
  }
  return got;
}

std::shared_ptr<RefreshingCredentialsProvider> Source::kept_fresh(const RefreshOptions& options) const {
  if (session) {
    return session->provider();
  }
  EngineSeams engine;
  engine.skew = seams.skew;
  return std::make_shared<RefreshingCredentialsProvider>(provider, options, std::move(engine));
}

RefreshOptions read_once() {
  RefreshOptions options;
  options.background_refresh = false;
  return options;
}

Source make_source(const SourceArguments& arguments, Messages& messages, const RefreshOptions& refresh) {
  Source source = make_uncached_source(arguments, messages, refresh);
  // Keys that stand in a file need no cache, and OpenSSL's start would take as long as all the rest of `process`.
  if (arguments.no_cache || (arguments.role_arn.empty() && source.chain && source.chain->finds_static_keys())) {
    return source;
  }
  if (auto cached = CachedSource::open(arguments)) {
    source.provider = cached->wrap(std::move(source.provider));
    source.cached = std::make_shared<const CachedSource>(std::move(*cached));
  }
  return source;
}

}  // namespace aws_refresh_session::cli
