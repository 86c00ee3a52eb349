#include "method_parameters.hpp"

#include <utility>

namespace aws_refresh_session {
namespace {

using method_parameters::Name;
using method_parameters::Parameter;
using method_parameters::parse;
using method_parameters::parse_list;
using method_parameters::parse_pairs;
using method_parameters::parse_whole_seconds;
using method_parameters::refuse;
using method_parameters::Text;
using method_parameters::with_client;

/// The keys and tokens of a client of its own, before they become one value.
struct OwnKeys {
  SecretString access_key_id;
  SecretString secret_access_key;
  SecretString session_token;
  std::string account_id;
};

struct Target {
  AssumeRoleOptions options{};
  OwnKeys keys{};
  StsClientOptions client{};
};

const std::vector<Parameter<Target>>& parameters_of_sts() {
  static const auto parameters = with_client<Target>(
      {
          {"RoleArn", [](Target& to, Name, Text value) { to.options.role_arn = value; }},
          {"RoleSessionName", [](Target& to, Name, Text value) { to.options.role_session_name = value; }},
          {"PolicyArns", [](Target& to, Name, Text value) { to.options.policy_arns = parse_list(value); }},
          {"Policy", [](Target& to, Name, Text value) { to.options.policy = value; }},
          {"DurationSeconds",
           [](Target& to, Name name, Text value) { to.options.duration = parse_whole_seconds(name, value); }},
          {"ExternalId", [](Target& to, Name, Text value) { to.options.external_id = value; }},
          {"SerialNumber", [](Target& to, Name, Text value) { to.options.serial_number = value; }},
          {"TokenCode", [](Target& to, Name, Text value) { to.options.token_code = value; }},
          {"Tags",
           [](Target& to, Name name, Text value) {
             for (auto& [key, tag] : parse_pairs(name, value)) {
               to.options.tags.push_back({std::move(key), std::move(tag)});
             }
           }},
          {"TransitiveTagKeys",
           [](Target& to, Name, Text value) { to.options.transitive_tag_keys = parse_list(value); }},
          {"SourceIdentity", [](Target& to, Name, Text value) { to.options.source_identity = value; }},
          {"ProvidedContexts",
           [](Target& to, Name name, Text value) {
             for (auto& [arn, assertion] : parse_pairs(name, value)) {
               to.options.provided_contexts.push_back({std::move(arn), std::move(assertion)});
             }
           }},
          {"mfa_command",
           [](Target& to, Name, Text value) {
             to.options.mfa_token_provider = MfaTokenProvider::from_command_line(value);
           }},
          {"totp_seed_file",
           [](Target& to, Name, Text value) {
             to.options.mfa_token_provider = MfaTokenProvider::from_totp_seed_file(value);
           }},
          {"access_key_id", [](Target& to, Name, Text value) { to.keys.access_key_id = SecretString{value}; }},
          {"secret_access_key", [](Target& to, Name, Text value) { to.keys.secret_access_key = SecretString{value}; }},
          {"session_token", [](Target& to, Name, Text value) { to.keys.session_token = SecretString{value}; }},
          {"account_id", [](Target& to, Name, Text value) { to.keys.account_id = value; }},
      },
      &Target::client);
  return parameters;
}

void set_own_keys(Target& target) {
  const auto& keys = target.keys;
  const bool has_id = !keys.access_key_id.empty();
  const bool has_secret = !keys.secret_access_key.empty();
  if (has_id != has_secret) {
    refuse(has_id ? "secret_access_key" : "access_key_id", {}, "is missing: give both keys or neither", false);
  }
  if (has_id) {
    target.options.client.credentials = Credentials{keys.access_key_id.reveal(),
                                                    keys.secret_access_key.reveal(),
                                                    keys.session_token.reveal(),
                                                    std::nullopt,
                                                    keys.account_id,
                                                    "static"};
  } else if (!keys.session_token.empty()) {
    refuse("session_token", {}, "needs access_key_id and secret_access_key beside it", false);
  }
}

}  // namespace

AssumeRoleOptions parse_assume_role_parameters(const MethodParameters& parameters) {
  auto target = parse<Target>("sts", parameters_of_sts(), parameters);
  target.options.client = std::move(target.client);
  set_own_keys(target);
  return std::move(target.options);
}

}  // namespace aws_refresh_session
