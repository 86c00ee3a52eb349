#include "cli/source.hpp"
#include "cli/usage_error.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

namespace aws_refresh_session::cli {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

std::string refusal(const std::function<void()>& call) {
  try {
    call();
  } catch (const UsageError& error) {
    return error.what();
  }
  return "accepted";
}

SourceArguments full() {
  SourceArguments arguments;
  arguments.region = "eu-west-1";
  arguments.endpoint_url = "http://127.0.0.1:1";
  arguments.role_arn = "arn:aws:iam::123456789012:role/app";
  arguments.role_session_name = "me";
  arguments.duration_seconds = "900";
  arguments.external_id = "e-1";
  arguments.serial_number = "arn:aws:iam::123456789012:mfa/me";
  arguments.token_code = "123456";
  arguments.policy = "{}";
  arguments.policy_arns = {"p1", "p2"};
  arguments.tags = {"a=1", "b=2"};
  arguments.transitive_tag_keys = {"a"};
  arguments.source_identity = "ann";
  arguments.provided_contexts = {"arn:x=assertion"};
  arguments.ca_bundle = "/ca.pem";
  arguments.no_verify_tls = true;
  arguments.connect_timeout = "1s";
  arguments.attempt_timeout = "2500ms";
  arguments.max_attempts = "4";
  return arguments;
}

TEST(Source, EveryOptionReachesAssumeRole) {
  const AssumeRoleOptions role = assume_role_options(full());
  EXPECT_EQ(role.role_arn, "arn:aws:iam::123456789012:role/app");
  EXPECT_EQ(role.role_session_name, "me");
  EXPECT_EQ(role.duration, 900s);
  EXPECT_EQ(role.external_id, "e-1");
  EXPECT_EQ(role.serial_number, "arn:aws:iam::123456789012:mfa/me");
  EXPECT_EQ(role.token_code, "123456");
  EXPECT_EQ(role.policy, "{}");
  EXPECT_THAT(role.policy_arns, ElementsAre("p1", "p2"));
  ASSERT_EQ(role.tags.size(), 2U);
  EXPECT_EQ(role.tags[1].key + role.tags[1].value, "b2");
  EXPECT_THAT(role.transitive_tag_keys, ElementsAre("a"));
  EXPECT_EQ(role.source_identity, "ann");
  ASSERT_EQ(role.provided_contexts.size(), 1U);
  EXPECT_EQ(role.provided_contexts[0].provider_arn, "arn:x");
  EXPECT_EQ(role.client.region, "eu-west-1");
  EXPECT_EQ(role.client.endpoint_url, "http://127.0.0.1:1");
  EXPECT_EQ(role.client.ca_bundle, "/ca.pem");
  EXPECT_FALSE(role.client.verify_tls);
  EXPECT_EQ(role.client.connect_timeout, 1s);
  EXPECT_EQ(role.client.attempt_timeout, 2500ms);
  EXPECT_EQ(role.client.max_attempts, 4);
}

TEST(Source, WhatIsNotGivenKeepsTheLibrarysDefault) {
  const AssumeRoleOptions role = assume_role_options({});
  EXPECT_EQ(role.role_session_name, AssumeRoleOptions{}.role_session_name);
  EXPECT_FALSE(role.duration);
  EXPECT_FALSE(role.mfa_token_provider);
  EXPECT_EQ(role.client.attempt_timeout, StsClientOptions{}.attempt_timeout);
  EXPECT_TRUE(role.client.verify_tls);
}

TEST(Source, MfaCommandBecomesAProviderThatNeedsNoPerson) {
  SourceArguments arguments;
  arguments.serial_number = "s";
  arguments.mfa_command = "oathtool 'with words'";
  const AssumeRoleOptions role = assume_role_options(arguments);
  EXPECT_TRUE(role.mfa_token_provider);
  EXPECT_FALSE(role.mfa_token_provider.interactive());
}

TEST(Source, OptionsThatDoNotFitEachOtherAreRefusedByName) {
  Messages messages{{}};
  struct Case {
    std::function<void(SourceArguments&)> change;
    std::string text;
  };
  const std::vector<Case> cases{
      {[](auto& a) { a.external_id = "x"; }, "--external-id: needs --role-arn, which was not given."},
      {[](auto& a) { a.tags = {"a=b"}; }, "--tag: needs --role-arn, which was not given."},
      {[](auto& a) { a.serial_number = "x"; }, "--serial-number: needs --role-arn, which was not given."},
      {[](auto& a) { a.role_arn = "r", a.token_code = "123456"; },
       "--token-code: needs --serial-number, the device the code belongs to."},
      {[](auto& a) { a.mfa_command = "x", a.totp_seed_file = "f"; },
       "--mfa-command: cannot be combined with --totp-seed-file. Give one of them."},
      {[](auto& a) { a.role_arn = "r", a.serial_number = "s", a.mfa_command = "x", a.token_code = "123456"; },
       "--token-code: cannot be combined with --mfa-command. Give one of them."},
      {[](auto& a) { a.max_attempts = "0"; }, "--max-attempts: '0' will not do. Give a whole number from 1 to 10."},
  };
  for (const Case& each : cases) {
    SourceArguments arguments;
    each.change(arguments);
    EXPECT_EQ(refusal([&] { static_cast<void>(make_source(arguments, messages)); }), each.text);
  }
}

TEST(Source, BadQuotingOfTheMfaCommandIsRefusedWithoutTheCommand) {
  SourceArguments arguments;
  arguments.serial_number = "s";
  arguments.mfa_command = "print 'SECRETCANARY";
  const std::string text = refusal([&] { static_cast<void>(assume_role_options(arguments)); });
  EXPECT_EQ(text.compare(0, 15, "--mfa-command: "), 0) << text;
  EXPECT_EQ(text.find("SECRETCANARY"), std::string::npos);
}

TEST(Source, MethodByNameGetsEverythingThatWasGiven) {
  const MethodParameters parameters = method_parameters(full());
  EXPECT_EQ(parameters.at("role_arn"), "arn:aws:iam::123456789012:role/app");
  EXPECT_EQ(parameters.at("tags"), "a=1,b=2");
  EXPECT_EQ(parameters.at("policy_arns"), "p1,p2");
  EXPECT_EQ(parameters.at("verify_tls"), "false");
  EXPECT_TRUE(method_parameters({}).empty());
}

TEST(Source, RefreshOptionsKeepWhatIsNotGiven) {
  RefreshArguments arguments;
  arguments.advisory_window = "90s";
  arguments.no_background_refresh = true;
  RefreshOptions defaults;
  defaults.backoff_max = 7s;
  const RefreshOptions options = refresh_options(arguments, defaults);
  EXPECT_EQ(options.advisory_window, 90s);
  EXPECT_FALSE(options.mandatory_window);
  EXPECT_FALSE(options.background_refresh);
  EXPECT_EQ(options.backoff_max, 7s);
}

TEST(Source, ParametersOfErrorsAreFoundAsOptions) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"RoleArn", "--role-arn"},
      {"DurationSeconds", "--duration-seconds"},
      {"duration", "--duration-seconds"},
      {"PolicyArns", "--policy-arn"},
      {"Tags", "--tag"},
      {"TransitiveTagKeys", "--transitive-tag-key"},
      {"ProvidedContexts", "--provided-context"},
      {"ExternalId", "--external-id"},
      {"max_attempts", "--max-attempts"},
      {"endpoint_url", "--endpoint-url"},
      {"ca_bundle", "--ca-bundle"},
      {"advisory_window", "--advisory-window"},
      {"Unheard", ""},
      {"", ""},
  };
  for (const auto& [parameter, option] : cases) {
    EXPECT_EQ(option_of_parameter(parameter), option) << parameter;
  }
}

}  // namespace
}  // namespace aws_refresh_session::cli
