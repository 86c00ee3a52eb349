#include "method_parameters.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace aws_refresh_session {
namespace {

/// The keys and tokens of a client of its own, before they become one value.
struct OwnKeys {
  SecretString access_key_id;
  SecretString secret_access_key;
  SecretString session_token;
  std::string account_id;
};

struct Target {
  AssumeRoleOptions options;
  OwnKeys keys;
};

/// \param shown false for a value that may hold a secret
[[noreturn]] void refuse(std::string_view name, std::string_view value, std::string_view rule, bool shown = true) {
  throw ValidationError{{.message = fmt::format("Parameter {} {}.", name, rule),
                         .code = "InvalidParameter",
                         .param = std::string{name},
                         .value = shown ? std::string{value} : std::string{}}};
}

std::string fold(std::string_view name) {
  std::string folded;
  for (const char character : name) {
    if (character != '_' && character != '-') {
      folded += character >= 'A' && character <= 'Z' ? static_cast<char>(character - 'A' + 'a') : character;
    }
  }
  return folded;
}

template <typename Number>
Number parse_number(std::string_view name, std::string_view value, std::string_view rule) {
  Number number{};
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc{} || end != value.data() + value.size()) {
    refuse(name, value, rule);
  }
  return number;
}

std::chrono::milliseconds parse_seconds(std::string_view name, std::string_view value) {
  constexpr std::string_view kRule = "must be a number of seconds between 0 and 86400, e.g. 10 or 0.5";
  const auto seconds = parse_number<double>(name, value, kRule);
  if (!(seconds >= 0.0 && seconds <= 86'400.0)) {
    refuse(name, value, kRule);
  }
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::duration<double>{seconds});
}

bool parse_switch(std::string_view name, std::string_view value) {
  if (value != "true" && value != "false") {
    refuse(name, value, "must be true or false");
  }
  return value == "true";
}

std::vector<std::string> parse_list(std::string_view value) {
  std::vector<std::string> items;
  while (!value.empty()) {
    const auto comma = std::min(value.find(','), value.size());
    if (comma > 0) {
      items.emplace_back(value.substr(0, comma));
    }
    value.remove_prefix(std::min(comma + 1, value.size()));
  }
  return items;
}

std::vector<std::pair<std::string, std::string>> parse_pairs(std::string_view name, std::string_view value) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const auto& item : parse_list(value)) {
    const auto equals = item.find('=');
    if (equals == std::string::npos || equals == 0) {
      refuse(name, item, "must be a list of key=value, separated by commas", false);
    }
    pairs.emplace_back(item.substr(0, equals), item.substr(equals + 1));
  }
  return pairs;
}

struct Parameter {
  std::string_view name;
  std::function<void(Target&, std::string_view name, const std::string& value)> set;
};

const std::vector<Parameter>& parameters_of_sts() {
  using Text = const std::string&;
  using Name = std::string_view;
  static const std::vector<Parameter> parameters{
      {"RoleArn", [](Target& to, Name, Text value) { to.options.role_arn = value; }},
      {"RoleSessionName", [](Target& to, Name, Text value) { to.options.role_session_name = value; }},
      {"PolicyArns", [](Target& to, Name, Text value) { to.options.policy_arns = parse_list(value); }},
      {"Policy", [](Target& to, Name, Text value) { to.options.policy = value; }},
      {"DurationSeconds",
       [](Target& to, Name name, Text value) {
         to.options.duration =
             std::chrono::seconds{parse_number<int>(name, value, "must be a whole number of seconds, e.g. 3600")};
       }},
      {"ExternalId", [](Target& to, Name, Text value) { to.options.external_id = value; }},
      {"SerialNumber", [](Target& to, Name, Text value) { to.options.serial_number = value; }},
      {"TokenCode", [](Target& to, Name, Text value) { to.options.token_code = value; }},
      {"Tags",
       [](Target& to, Name name, Text value) {
         for (auto& [key, tag] : parse_pairs(name, value)) {
           to.options.tags.push_back({std::move(key), std::move(tag)});
         }
       }},
      {"TransitiveTagKeys", [](Target& to, Name, Text value) { to.options.transitive_tag_keys = parse_list(value); }},
      {"SourceIdentity", [](Target& to, Name, Text value) { to.options.source_identity = value; }},
      {"ProvidedContexts",
       [](Target& to, Name name, Text value) {
         for (auto& [arn, assertion] : parse_pairs(name, value)) {
           to.options.provided_contexts.push_back({std::move(arn), std::move(assertion)});
         }
       }},
      {"mfa_command", [](Target& to, Name,
                         Text value) { to.options.mfa_token_provider = MfaTokenProvider::from_command_line(value); }},
      {"region", [](Target& to, Name, Text value) { to.options.client.region = value; }},
      {"endpoint_url", [](Target& to, Name, Text value) { to.options.client.endpoint_url = value; }},
      {"ca_bundle", [](Target& to, Name, Text value) { to.options.client.ca_bundle = value; }},
      {"verify_tls",
       [](Target& to, Name name, Text value) { to.options.client.verify_tls = parse_switch(name, value); }},
      {"connect_timeout",
       [](Target& to, Name name, Text value) { to.options.client.connect_timeout = parse_seconds(name, value); }},
      {"attempt_timeout",
       [](Target& to, Name name, Text value) { to.options.client.attempt_timeout = parse_seconds(name, value); }},
      {"max_attempts",
       [](Target& to, Name name, Text value) {
         to.options.client.max_attempts = parse_number<int>(name, value, "must be a whole number from 1 to 10");
       }},
      {"access_key_id", [](Target& to, Name, Text value) { to.keys.access_key_id = SecretString{value}; }},
      {"secret_access_key", [](Target& to, Name, Text value) { to.keys.secret_access_key = SecretString{value}; }},
      {"session_token", [](Target& to, Name, Text value) { to.keys.session_token = SecretString{value}; }},
      {"account_id", [](Target& to, Name, Text value) { to.keys.account_id = value; }},
  };
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
  Target target;
  std::set<std::string_view> seen;
  for (const auto& [name, value] : parameters) {
    const auto folded = fold(name);
    if (folded == "refreshmethod") {
      warn({.place = "session.refresh_method",
            .message = "refresh_method cannot be set: the session's method decides. The parameter is ignored."});
      continue;
    }
    const auto& known = parameters_of_sts();
    const auto found =
        std::find_if(known.begin(), known.end(), [&](const auto& each) { return fold(each.name) == folded; });
    if (found == known.end()) {
      std::vector<std::string_view> names;
      std::transform(known.begin(), known.end(), std::back_inserter(names), [](const auto& each) { return each.name; });
      throw ValidationError{
          {.message = fmt::format("Method sts has no parameter '{}'. It takes {}.", name, fmt::join(names, ", ")),
           .code = "UnknownParameter",
           .param = name}};
    }
    if (!seen.insert(found->name).second) {
      refuse(found->name, {}, "is given twice, in two spellings: give it once", false);
    }
    if (!value.empty()) {
      found->set(target, name, value);
    }
  }
  set_own_keys(target);
  return std::move(target.options);
}

}  // namespace aws_refresh_session
