#pragma once

/// \file
/// From a method's string parameters to its options: one table a method.

#include <aws_refresh_session/session.hpp>
#include <aws_refresh_session/sts.hpp>

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace aws_refresh_session {

/// Method "sts" from string parameters, as MethodParameters lists them. The names are unique after `_` is dropped and
/// case is folded, which is how `RoleArn` and `role_arn` are one.
/// \throws ValidationError for an unknown name, a name given twice, or a value that does not parse, naming it
[[nodiscard]] AssumeRoleOptions parse_assume_role_parameters(const MethodParameters& parameters);

namespace method_parameters {

using Text = const std::string&;
using Name = std::string_view;

template <typename Target>
struct Parameter {
  Name name;
  std::function<void(Target&, Name, Text)> set;
};

/// `RoleArn` and `role_arn` are one.
[[nodiscard]] bool is_same_name(Name left, Name right);

/// Calls `set` with the index into `names` and the value of every parameter that has one.
/// \throws ValidationError as above
void for_each_known(std::string_view method, const std::vector<Name>& names, const MethodParameters& parameters,
                    const std::function<void(std::size_t, Text)>& set);

template <typename Target>
[[nodiscard]] Target parse(std::string_view method, const std::vector<Parameter<Target>>& table,
                           const MethodParameters& parameters) {
  std::vector<Name> names;
  names.reserve(table.size());
  for (const auto& each : table) {
    names.push_back(each.name);
  }
  Target target;
  for_each_known(method, names, parameters,
                 [&](std::size_t index, Text value) { table[index].set(target, table[index].name, value); });
  return target;
}

/// \param shown false for a value that may hold a secret
[[noreturn]] void refuse(Name name, std::string_view value, std::string_view rule, bool shown = true);
[[nodiscard]] std::chrono::milliseconds parse_seconds(Name name, std::string_view value);
[[nodiscard]] std::chrono::seconds parse_whole_seconds(Name name, std::string_view value);
[[nodiscard]] int parse_attempts(Name name, std::string_view value);
[[nodiscard]] bool parse_switch(Name name, std::string_view value);
/// Separated by commas.
[[nodiscard]] std::vector<std::string> parse_list(std::string_view value);
[[nodiscard]] std::vector<std::pair<std::string, std::string>> parse_pairs(Name name, std::string_view value);

/// The parameters of every method that talks to STS or its like.
template <typename Target>
[[nodiscard]] std::vector<Parameter<Target>> with_client(std::vector<Parameter<Target>> table,
                                                         StsClientOptions Target::*client) {
  const auto add = [&](Name name, auto set) {
    table.push_back({name, [=](Target& to, Name given, Text value) { set(to.*client, given, value); }});
  };
  add("profile", [](auto& to, Name, Text value) { to.profile = value; });
  add("region", [](auto& to, Name, Text value) { to.region = value; });
  add("endpoint_url", [](auto& to, Name, Text value) { to.endpoint_url = value; });
  add("use_fips_endpoint", [](auto& to, Name name, Text value) { to.use_fips_endpoint = parse_switch(name, value); });
  add("use_dualstack_endpoint",
      [](auto& to, Name name, Text value) { to.use_dualstack_endpoint = parse_switch(name, value); });
  add("ca_bundle", [](auto& to, Name, Text value) { to.ca_bundle = value; });
  add("verify_tls", [](auto& to, Name name, Text value) { to.verify_tls = parse_switch(name, value); });
  add("connect_timeout", [](auto& to, Name name, Text value) { to.connect_timeout = parse_seconds(name, value); });
  add("attempt_timeout", [](auto& to, Name name, Text value) { to.attempt_timeout = parse_seconds(name, value); });
  add("max_attempts", [](auto& to, Name name, Text value) { to.max_attempts = parse_attempts(name, value); });
  return table;
}

}  // namespace method_parameters
}  // namespace aws_refresh_session
