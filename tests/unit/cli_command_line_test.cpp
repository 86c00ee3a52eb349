#include "cli/command_line.hpp"
#include "cli/usage_error.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace aws_refresh_session::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

CommandLine parse(const std::vector<std::string>& arguments) {
  return parse_command_line(arguments);
}

std::string refusal(const std::vector<std::string>& arguments) {
  try {
    static_cast<void>(parse_command_line(arguments));
  } catch (const UsageError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(CommandLine, EverySourceOptionIsKeptAsItCame) {
  for (const char* command : {"whoami", "process"}) {
    const CommandLine line = parse({command,
                                    "--method",
                                    "sts",
                                    "--region",
                                    "eu-west-1",
                                    "--endpoint-url=http://127.0.0.1:1",
                                    "--role-arn",
                                    "arn:aws:iam::123456789012:role/app",
                                    "--role-session-name",
                                    "me",
                                    "--duration-seconds",
                                    "900",
                                    "--external-id",
                                    "e-1",
                                    "--serial-number",
                                    "arn:aws:iam::123456789012:mfa/me",
                                    "--token-code",
                                    "123456",
                                    "--mfa-command",
                                    "code --of 'my device'",
                                    "--policy",
                                    R"({"Statement": []})",
                                    "--source-identity",
                                    "ann",
                                    "--ca-bundle",
                                    "/ca.pem",
                                    "--no-verify-tls",
                                    "--connect-timeout",
                                    "1s",
                                    "--attempt-timeout",
                                    "2s",
                                    "--max-attempts",
                                    "4"});
    EXPECT_EQ(line.command, std::string{command} == "whoami" ? Command::whoami : Command::process);
    EXPECT_EQ(line.source.method, "sts");
    EXPECT_EQ(line.source.region, "eu-west-1");
    EXPECT_EQ(line.source.endpoint_url, "http://127.0.0.1:1");
    EXPECT_EQ(line.source.role_arn, "arn:aws:iam::123456789012:role/app");
    EXPECT_EQ(line.source.role_session_name, "me");
    EXPECT_EQ(line.source.duration_seconds, "900");
    EXPECT_EQ(line.source.external_id, "e-1");
    EXPECT_EQ(line.source.serial_number, "arn:aws:iam::123456789012:mfa/me");
    EXPECT_EQ(line.source.token_code, "123456");
    EXPECT_EQ(line.source.mfa_command, "code --of 'my device'");
    EXPECT_EQ(line.source.policy, R"({"Statement": []})");
    EXPECT_EQ(line.source.source_identity, "ann");
    EXPECT_EQ(line.source.ca_bundle, "/ca.pem");
    EXPECT_TRUE(line.source.no_verify_tls);
    EXPECT_EQ(line.source.connect_timeout, "1s");
    EXPECT_EQ(line.source.attempt_timeout, "2s");
    EXPECT_EQ(line.source.max_attempts, "4");
  }
}

// The parser has ideas of its own about brackets, braces and percent signs.
TEST(CommandLine, RepeatedOptionsKeepEachValueWhole) {
  const CommandLine line =
      parse({"whoami", "--tag", "a=1", "--tag", "b=[x,y]", "--tag", "[c=3]", "--tag", "{}", "--tag", "%%",
             "--policy-arn", "p1", "--transitive-tag-key", "a", "--provided-context", "arn=x=="});
  EXPECT_THAT(line.source.tags, ElementsAre("a=1", "b=[x,y]", "[c=3]", "{}", "%%"));
  EXPECT_THAT(line.source.policy_arns, ElementsAre("p1"));
  EXPECT_THAT(line.source.transitive_tag_keys, ElementsAre("a"));
  EXPECT_THAT(line.source.provided_contexts, ElementsAre("arn=x=="));
}

TEST(CommandLine, SingleOptionGivenTwiceTakesTheLast) {
  EXPECT_EQ(parse({"whoami", "--region", "a", "--region", "b"}).source.region, "b");
}

TEST(CommandLine, ExportOptionsAreKept) {
  const CommandLine line =
      parse({"export", "--format", "credentials-file", "--write-profile", "app", "--credentials-file", "/f",
             "--replace-lasting-keys", "--watch", "--profile", "p", "--advisory-window", "1s"});
  EXPECT_EQ(line.command, Command::export_credentials);
  EXPECT_EQ(line.export_to.format, "credentials-file");
  EXPECT_EQ(line.export_to.write_profile, "app");
  EXPECT_EQ(line.export_to.credentials_file, "/f");
  EXPECT_TRUE(line.export_to.replace_lasting_keys);
  EXPECT_TRUE(line.export_to.watch);
  EXPECT_EQ(line.source.profile, "p");
  EXPECT_EQ(line.refresh.advisory_window, "1s");
}

TEST(CommandLine, WhatStandsBehindTheDividerIsTheProgramsOwn) {
  const CommandLine line = parse({"exec", "--static", "--profile", "p", "--", "prog", "--", "--profile=", "-x", ""});
  EXPECT_EQ(line.command, Command::exec);
  EXPECT_TRUE(line.exec.plain_keys);
  EXPECT_EQ(line.source.profile, "p");
  EXPECT_THAT(line.exec.program, ElementsAre("prog", "--", "--profile=", "-x", ""));
  EXPECT_THAT(refusal({"exec", "prog"}), HasSubstr("unexpected argument 'prog'"));
  EXPECT_TRUE(parse({"exec", "--"}).exec.program.empty());
}

TEST(CommandLine, RefreshAndDemoOptionsAreKept) {
  const CommandLine line = parse({"demo",
                                  "--seconds",
                                  "8",
                                  "--lifetime=2",
                                  "--readers",
                                  "3",
                                  "--requests-per-second",
                                  "5",
                                  "--plain",
                                  "--advisory-window",
                                  "1s",
                                  "--mandatory-window",
                                  "500ms",
                                  "--mandatory-wait",
                                  "1ms",
                                  "--backoff-initial",
                                  "2ms",
                                  "--backoff-max",
                                  "3ms",
                                  "--read-timeout",
                                  "4s",
                                  "--no-background-refresh",
                                  "--json",
                                  "-q"});
  EXPECT_EQ(line.command, Command::demo);
  EXPECT_EQ(line.demo.seconds, "8");
  EXPECT_EQ(line.demo.lifetime, "2");
  EXPECT_EQ(line.demo.readers, "3");
  EXPECT_EQ(line.demo.requests_per_second, "5");
  EXPECT_TRUE(line.demo.plain);
  EXPECT_EQ(line.refresh.advisory_window, "1s");
  EXPECT_EQ(line.refresh.mandatory_window, "500ms");
  EXPECT_EQ(line.refresh.mandatory_wait, "1ms");
  EXPECT_EQ(line.refresh.backoff_initial, "2ms");
  EXPECT_EQ(line.refresh.backoff_max, "3ms");
  EXPECT_EQ(line.refresh.read_timeout, "4s");
  EXPECT_TRUE(line.refresh.no_background_refresh);
  EXPECT_TRUE(line.output.json);
  EXPECT_TRUE(line.output.quiet);
  EXPECT_FALSE(line.output.verbose);
}

TEST(CommandLine, HelpAndVersionAreFoundWhereverPeopleAskForThem) {
  EXPECT_EQ(parse({"--help"}).command, Command::help);
  EXPECT_EQ(parse({"-h"}).help_for, "");
  EXPECT_EQ(parse({"process", "--help"}).help_for, "process");
  EXPECT_EQ(parse({"whoami", "--region", "x", "-h"}).help_for, "whoami");
  EXPECT_EQ(parse({"--version"}).command, Command::version);
  EXPECT_EQ(parse({"version"}).command, Command::version);
  EXPECT_EQ(parse({"completion", "zsh"}).shell, "zsh");
}

struct BadLine {
  std::vector<std::string> arguments;
  std::string text;
};

TEST(CommandLine, BadLinesGetOneLineThatSaysWhatToDo) {
  const std::vector<BadLine> cases{
      {{},
       "give a command: demo, whoami, process, export, console, exec, serve, status, doctor, completion, version. See "
       "aws-refresh-session "
       "--help."},
      {{"whomai"}, "unknown command 'whomai'. Did you mean 'whoami'? See aws-refresh-session --help."},
      {{"whoami", "--regoin", "x"},
       "unknown option '--regoin'. Did you mean '--region'? See aws-refresh-session whoami --help."},
      {{"whoami", "--frobnicate=1"}, "unknown option '--frobnicate'. See aws-refresh-session whoami --help."},
      {{"whoami", "extra"}, "unexpected argument 'extra'. See aws-refresh-session whoami --help."},
      {{"demo", "--role-arn", "x"}, "unknown option '--role-arn'. See aws-refresh-session demo --help."},
      {{"--frob"}, "unknown option '--frob'. See aws-refresh-session --help."},
      {{"whoami", "--region"}, "--region: needs a value."},
      {{"whoami", "--region", ""}, "--region: needs a value."},
      {{"whoami", "--region=", "--json"}, "--region: needs a value."},
      {{"whoami", "--region", "--role-arn", "x"}, "--region: needs a value."},
      {{"whoami", "--tag", ""}, "--tag: needs a value."},
      {{"whoami", "--json=yes"}, "--json: takes no value."},
      {{"whoami", "-v", "-q"}, "--quiet: cannot be combined with --verbose."},
      {{"whoami", "process"}, "give one command only. See aws-refresh-session --help."},
  };
  for (const BadLine& each : cases) {
    EXPECT_EQ(refusal(each.arguments), each.text);
  }
}

TEST(CommandLine, WordThatMayBeASecretIsNeverRepeated) {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"whoami", "SECRETCANARY1"},
                                             {"whoami", "--SECRETCANARY1"},
                                             {"SECRETCANARY1"},
                                             {"whoami", "--token-cod=SECRETCANARY1"},
                                             {"whoami", "--token-cod", "SECRETCANARY1"},
                                             {"whoami", "--token-code", "111111", "SECRETCANARY1"},
                                             {"whoami", "--json=SECRETCANARY1"},
                                             {"whoami", "-vSECRETCANARY1"}}) {
    EXPECT_THAT(refusal(arguments), Not(HasSubstr("SECRETCANARY")));
    EXPECT_NE(refusal(arguments), "accepted");
  }
}

TEST(CommandLine, NoArgumentsWhateverTheyAreStopTheProgram) {
  const std::vector<std::string> odd{
      "",   "-",  "--", "---", "=",     "--=",     "-=", "\n", "\xff\xfe",
      "-h", "[]", "{}", "%%",  "@file", "whoami=", "-v", "/?", std::string(100'000, 'x')};
  for (const std::string& first : odd) {
    for (const std::string& second : odd) {
      EXPECT_NO_THROW(static_cast<void>(refusal({first, second})));
      EXPECT_NO_THROW(static_cast<void>(refusal({"whoami", first, second})));
      EXPECT_NO_THROW(static_cast<void>(refusal({"completion", first, second})));
    }
  }
}

}  // namespace
}  // namespace aws_refresh_session::cli
