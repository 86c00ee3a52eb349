// What `export` prints. tests/integration/cli/export_test.py has real shells evaluate it.
#include "cli/export_text.hpp"
#include "cli/usage_error.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace aws_refresh_session::cli {
namespace {

using namespace std::chrono_literals;

std::string text_of(const std::vector<CredentialVariable>& variables, ExportFormat format) {
  SecretText out;
  append_variables(out, variables, format);
  return std::string{out.str()};
}

std::string refusal(std::string_view value, ExportFormat format) {
  try {
    static_cast<void>(text_of({{"NAME", SecretString{value}}}, format));
  } catch (const CredentialError& error) {
    EXPECT_EQ(error.code(), "InvalidCredentials");
    EXPECT_TRUE(std::string_view{error.what()}.find(value) == std::string_view::npos);
    return "refused";
  }
  return "accepted";
}

TEST(CredentialVariables, SetWithEverythingSetsEverything) {
  const Credentials set{"ASIA", "SECRETCANARY/k", "SECRETCANARY-t", WallTime{1'767'225'600s}, "123456789012"};
  EXPECT_EQ(text_of(credential_variables(set), ExportFormat::sh),
            "export AWS_ACCESS_KEY_ID='ASIA'\nexport AWS_SECRET_ACCESS_KEY='SECRETCANARY/k'\n"
            "export AWS_SESSION_TOKEN='SECRETCANARY-t'\nunset AWS_SECURITY_TOKEN\n"
            "export AWS_CREDENTIAL_EXPIRATION='2026-01-01T00:00:00Z'\nexport AWS_ACCOUNT_ID='123456789012'\n");
}

TEST(CredentialVariables, WhatTheSetHasNotIsTakenAway) {
  const auto variables = credential_variables(Credentials{"AKIA", "SECRETCANARY"});
  EXPECT_EQ(text_of(variables, ExportFormat::sh),
            "export AWS_ACCESS_KEY_ID='AKIA'\nexport AWS_SECRET_ACCESS_KEY='SECRETCANARY'\nunset AWS_SESSION_TOKEN\n"
            "unset AWS_SECURITY_TOKEN\nunset AWS_CREDENTIAL_EXPIRATION\nunset AWS_ACCOUNT_ID\n");
  EXPECT_EQ(text_of(variables, ExportFormat::fish),
            "set -gx AWS_ACCESS_KEY_ID 'AKIA'\nset -gx AWS_SECRET_ACCESS_KEY 'SECRETCANARY'\n"
            "set -gu AWS_SESSION_TOKEN\nset -gu AWS_SECURITY_TOKEN\nset -gu AWS_CREDENTIAL_EXPIRATION\n"
            "set -gu AWS_ACCOUNT_ID\n");
  EXPECT_EQ(text_of(variables, ExportFormat::powershell),
            "$Env:AWS_ACCESS_KEY_ID = 'AKIA'\n$Env:AWS_SECRET_ACCESS_KEY = 'SECRETCANARY'\n"
            "Remove-Item -ErrorAction Ignore Env:AWS_SESSION_TOKEN\n"
            "Remove-Item -ErrorAction Ignore Env:AWS_SECURITY_TOKEN\n"
            "Remove-Item -ErrorAction Ignore Env:AWS_CREDENTIAL_EXPIRATION\n"
            "Remove-Item -ErrorAction Ignore Env:AWS_ACCOUNT_ID\n");
  EXPECT_EQ(text_of(variables, ExportFormat::env_file), "AWS_ACCESS_KEY_ID=AKIA\nAWS_SECRET_ACCESS_KEY=SECRETCANARY\n");
  EXPECT_EQ(text_of(variables, ExportFormat::json),
            "{\"AWS_ACCESS_KEY_ID\": \"AKIA\", \"AWS_SECRET_ACCESS_KEY\": \"SECRETCANARY\"}\n");
}

TEST(ExportText, QuotesAndBackslashesAreEscapedAsTheShellReadsThem) {
  const std::vector<CredentialVariable> hostile{{"N", SecretString{"a'b\\'$(x)`y`\"\n#"}}};
  EXPECT_EQ(text_of(hostile, ExportFormat::sh), "export N='a'\\''b\\'\\''$(x)`y`\"\n#'\n");
  EXPECT_EQ(text_of(hostile, ExportFormat::fish), "set -gx N 'a\\'b\\\\\\'$(x)`y`\"\n#'\n");
  EXPECT_EQ(text_of({{"N", SecretString{"a'b\\'$(x)`y`\"#"}}}, ExportFormat::powershell),
            "$Env:N = 'a''b\\''$(x)`y`\"#'\n");
}

TEST(ExportText, BytesBeyondAsciiAreNumbersForFishWhateverItsLocale) {
  EXPECT_EQ(text_of({{"N", SecretString{"a\xe2\x92"}}}, ExportFormat::fish), "set -gx N 'a'\\Xe2''\\X92''\n");
}

TEST(ExportText, WhatAFormCannotHoldIsRefusedWithoutBeingShown) {
  const std::string nul{"a\0b", 3};
  for (const auto format : {ExportFormat::sh, ExportFormat::fish, ExportFormat::powershell, ExportFormat::env_file}) {
    EXPECT_EQ(refusal(nul, format), "refused");
  }
  // A typographic quote, and the byte that is one in code page 1252.
  for (const char* value : {"a\xe2\x80\x99; evil", "a\x92; evil", "a\nb", "\xc3\xa4"}) {
    EXPECT_EQ(refusal(value, ExportFormat::powershell), "refused");
    EXPECT_EQ(refusal(value, ExportFormat::sh), "accepted");
  }
  for (const char* value : {"a b", "a\nB=c", "'a'", "\"a", "a\\", "$a", "`a`", "#", "~", "a;b", "a&b", "*"}) {
    EXPECT_EQ(refusal(value, ExportFormat::env_file), "refused") << value;
  }
  EXPECT_EQ(refusal("aZ09+/=_.:,@%-", ExportFormat::env_file), "accepted");
}

TEST(ExportText, FormatsHaveTheNamesOfTheHelp) {
  EXPECT_EQ(export_format("sh"), ExportFormat::sh);
  EXPECT_EQ(export_format("credentials-file"), ExportFormat::credentials_file);
  EXPECT_THROW(static_cast<void>(export_format("csh")), UsageError);
}

}  // namespace
}  // namespace aws_refresh_session::cli
