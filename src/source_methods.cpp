#include "source_methods.hpp"

#include "method_parameters.hpp"

#include <aws_refresh_session/providers/container.hpp>
#include <aws_refresh_session/providers/default_chain.hpp>
#include <aws_refresh_session/providers/imds.hpp>
#include <aws_refresh_session/providers/login.hpp>
#include <aws_refresh_session/providers/process.hpp>
#include <aws_refresh_session/providers/profile.hpp>
#include <aws_refresh_session/providers/sso.hpp>
#include <aws_refresh_session/providers/web_identity.hpp>

#include <memory>
#include <utility>
#include <vector>

namespace aws_refresh_session {
namespace {

using method_parameters::Name;
using method_parameters::Parameter;
using method_parameters::parse;
using method_parameters::parse_attempts;
using method_parameters::parse_list;
using method_parameters::parse_seconds;
using method_parameters::parse_switch;
using method_parameters::parse_whole_seconds;
using method_parameters::Text;
using method_parameters::with_client;

template <typename Target>
using Table = std::vector<Parameter<Target>>;

/// A source without a client of its own; the client is for `whoami`.
template <typename Options>
struct WithClient {
  Options options{};
  StsClientOptions client{};
};

template <typename Target>
void add_mfa(Table<Target>& table) {
  table.push_back({"mfa_command", [](Target& to, Name, Text value) {
                     to.mfa_token_provider = MfaTokenProvider::from_command_line(value);
                   }});
  table.push_back({"totp_seed_file", [](Target& to, Name, Text value) {
                     to.mfa_token_provider = MfaTokenProvider::from_totp_seed_file(value);
                   }});
}

MethodProduct make_environment(const MethodParameters& parameters, const ProviderSeams& seams) {
  struct Target {
    StsClientOptions client{};
  };
  auto target = parse<Target>("env", with_client<Target>({}, &Target::client), parameters);
  return {.provider = make_environment_provider(seams.environment), .client = std::move(target.client)};
}

MethodProduct make_profile(const MethodParameters& parameters, const ProviderSeams& seams) {
  Table<ProfileOptions> table;
  add_mfa(table);
  auto options = parse<ProfileOptions>("profile", with_client(std::move(table), &ProfileOptions::client), parameters);
  options.profile = options.client.profile;
  auto client = options.client;
  return {.provider = make_profile_provider(std::move(options), seams), .client = std::move(client)};
}

MethodProduct make_default(const MethodParameters& parameters, const ProviderSeams& seams) {
  Table<DefaultChainOptions> table;
  add_mfa(table);
  auto options =
      parse<DefaultChainOptions>("default", with_client(std::move(table), &DefaultChainOptions::client), parameters);
  options.profile = options.client.profile;
  auto client = options.client;
  return {.provider = std::make_shared<DefaultChain>(options, seams), .client = std::move(client)};
}

MethodProduct make_web_identity(const MethodParameters& parameters, const ProviderSeams& seams) {
  using Options = WebIdentityOptions;
  auto options = parse<Options>(
      "web_identity",
      with_client<Options>(
          {{"RoleArn", [](Options& to, Name, Text value) { to.role_arn = value; }},
           {"WebIdentityTokenFile", [](Options& to, Name, Text value) { to.web_identity_token_file = value; }},
           {"RoleSessionName", [](Options& to, Name, Text value) { to.role_session_name = value; }},
           {"DurationSeconds",
            [](Options& to, Name name, Text value) { to.duration = parse_whole_seconds(name, value); }},
           {"Policy", [](Options& to, Name, Text value) { to.policy = value; }},
           {"PolicyArns", [](Options& to, Name, Text value) { to.policy_arns = parse_list(value); }}},
          &Options::client),
      parameters);
  auto client = options.client;
  return {.provider = make_web_identity_provider(std::move(options), seams), .client = std::move(client)};
}

MethodProduct make_sso(const MethodParameters& parameters, const ProviderSeams& seams) {
  using Options = SsoOptions;
  auto options = parse<Options>(
      "sso",
      with_client<Options>({{"sso_account_id", [](Options& to, Name, Text value) { to.account_id = value; }},
                            {"sso_role_name", [](Options& to, Name, Text value) { to.role_name = value; }},
                            {"sso_region", [](Options& to, Name, Text value) { to.region = value; }},
                            {"sso_start_url", [](Options& to, Name, Text value) { to.start_url = value; }},
                            {"sso_session", [](Options& to, Name, Text value) { to.session_name = value; }},
                            {"cache_directory", [](Options& to, Name, Text value) { to.cache_directory = value; }}},
                           &Options::client),
      parameters);
  options.profile = options.client.profile;
  auto client = options.client;
  return {.provider = make_sso_provider(std::move(options), seams), .client = std::move(client)};
}

MethodProduct make_login(const MethodParameters& parameters, const ProviderSeams& seams) {
  using Options = LoginOptions;
  auto options = parse<Options>(
      "login",
      with_client<Options>({{"login_session", [](Options& to, Name, Text value) { to.login_session = value; }},
                            {"cache_directory", [](Options& to, Name, Text value) { to.cache_directory = value; }}},
                           &Options::client),
      parameters);
  options.region = options.client.region;
  options.profile = options.client.profile;
  auto client = options.client;
  return {.provider = make_login_provider(std::move(options), seams), .client = std::move(client)};
}

MethodProduct make_process(const MethodParameters& parameters, const ProviderSeams& seams) {
  using Target = WithClient<ProcessOptions>;
  auto target = parse<Target>(
      "process",
      with_client<Target>(
          {{"command", [](Target& to, Name, Text value) { to.options.command = value; }},
           {"timeout", [](Target& to, Name name, Text value) { to.options.timeout = parse_seconds(name, value); }},
           {"account_id", [](Target& to, Name, Text value) { to.options.account_id = value; }}},
          &Target::client),
      parameters);
  return {.provider = make_process_provider(std::move(target.options), seams), .client = std::move(target.client)};
}

MethodProduct make_container(const MethodParameters& parameters, const ProviderSeams& seams) {
  using Target = WithClient<ContainerOptions>;
  auto target = parse<Target>(
      "container",
      with_client<Target>({{"relative_uri", [](Target& to, Name, Text value) { to.options.relative_uri = value; }},
                           {"full_uri", [](Target& to, Name, Text value) { to.options.full_uri = value; }},
                           {"authorization_token",
                            [](Target& to, Name, Text value) { to.options.authorization_token = SecretString{value}; }},
                           {"authorization_token_file",
                            [](Target& to, Name, Text value) { to.options.authorization_token_file = value; }}},
                          &Target::client),
      parameters);
  return {.provider = make_container_provider(std::move(target.options), seams), .client = std::move(target.client)};
}

MethodProduct make_imds(const MethodParameters& parameters, const ProviderSeams& seams) {
  using Target = WithClient<ImdsOptions>;
  auto target = parse<Target>(
      "imds",
      with_client<Target>(
          {{"endpoint", [](Target& to, Name, Text value) { to.options.endpoint = value; }},
           {"endpoint_mode", [](Target& to, Name, Text value) { to.options.endpoint_mode = value; }},
           {"v1_disabled",
            [](Target& to, Name name, Text value) { to.options.v1_disabled = parse_switch(name, value); }},
           {"timeout", [](Target& to, Name name, Text value) { to.options.timeout = parse_seconds(name, value); }},
           {"num_attempts",
            [](Target& to, Name name, Text value) { to.options.max_attempts = parse_attempts(name, value); }}},
          &Target::client),
      parameters);
  target.options.profile = target.client.profile;
  return {.provider = make_imds_provider(std::move(target.options), seams), .client = std::move(target.client)};
}

}  // namespace

std::vector<std::pair<std::string, MethodFactory>> source_methods() {
  return {{"container", make_container}, {"default", make_default}, {"env", make_environment},
          {"imds", make_imds},           {"login", make_login},     {"process", make_process},
          {"profile", make_profile},     {"sso", make_sso},         {"web_identity", make_web_identity}};
}

}  // namespace aws_refresh_session
