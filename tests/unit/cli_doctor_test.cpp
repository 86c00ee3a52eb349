// What `doctor` finds. tests/integration/cli/doctor_test.py runs it whole.
#include "cli/doctor_checks.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <system_error>
#include <vector>

namespace aws_refresh_session::cli {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

Findings problems_of(const Findings& findings) {
  Findings problems;
  for (const auto& finding : findings) {
    EXPECT_EQ(finding.is_problem, !finding.cure.empty()) << finding.text;
    if (finding.is_problem) {
      problems.push_back(finding);
    }
  }
  return problems;
}

TEST(DoctorEnvironment, EachContradictionIsFoundOnceWithItsCure) {
  struct Case {
    std::map<std::string, std::string, std::less<>> variables;
    const char* text;
  };
  for (const auto& [variables, text] : std::vector<Case>{
           {{{"AWS_ACCESS_KEY_ID", "a"}}, "AWS_ACCESS_KEY_ID is set without AWS_SECRET_ACCESS_KEY"},
           {{{"AWS_SECRET_ACCESS_KEY", "SECRETCANARY"}}, "AWS_SECRET_ACCESS_KEY is set without AWS_ACCESS_KEY_ID"},
           {{{"AWS_SESSION_TOKEN", "SECRETCANARY"}}, "AWS_SESSION_TOKEN is set without the keys"},
           {{{"AWS_SECURITY_TOKEN", "SECRETCANARY"}}, "AWS_SECURITY_TOKEN is set"},
           {{{"AWS_ACCESS_KEY_ID", "a"}, {"AWS_SECRET_ACCESS_KEY", "b"}, {"AWS_PROFILE", "p"}}, "Keys and a profile"},
           {{{"AWS_PROFILE", "p"}, {"AWS_DEFAULT_PROFILE", "q"}}, "name two profiles"},
           {{{"AWS_REGION", "p"}, {"AWS_DEFAULT_REGION", "q"}}, "name two regions"},
           {{{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "p"}, {"AWS_CONTAINER_CREDENTIALS_FULL_URI", "q"}}, "hides"},
           {{{"AWS_WEB_IDENTITY_TOKEN_FILE", "p"}}, "without AWS_ROLE_ARN"},
       }) {
    Findings findings;
    check_environment(FixedEnvironment{variables}, false, findings);
    const auto problems = problems_of(findings);
    ASSERT_EQ(problems.size(), 1U) << text;
    EXPECT_THAT(problems[0].text, HasSubstr(text));
    EXPECT_TRUE((problems[0].text + problems[0].cure).find("SECRETCANARY") == std::string::npos);
  }
}

TEST(DoctorEnvironment, WhatAgreesIsRight) {
  Findings findings;
  check_environment(FixedEnvironment{{{"AWS_ACCESS_KEY_ID", "a"},
                                      {"AWS_SECRET_ACCESS_KEY", "b"},
                                      {"AWS_SESSION_TOKEN", "t"},
                                      {"AWS_SECURITY_TOKEN", "t"},
                                      {"AWS_REGION", "r"},
                                      {"AWS_DEFAULT_REGION", "r"},
                                      {"AWS_ROLE_ARN", "x"}}},
                    false, findings);
  EXPECT_TRUE(problems_of(findings).empty());
}

TEST(DoctorProfiles, ProblemsAndMistypedKeysAreNamedWithTheirPlace) {
  ProfileSummary broken{.name = "a", .place = "/c:1"};
  broken.problem = ConfigurationError{{.message = "It never ends."}}.clone();
  const ProfileSummary mistyped{
      .name = "b",
      .place = "/c:5",
      .keys = {{"aws_acces_key_id", "/c:6"}, {"region", "/c:7"}, {"something_of_my_own", "/c:8"}}};
  Findings findings;
  check_profiles({broken, mistyped}, findings);
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(findings[0].text, "/c:1: It never ends.");
  EXPECT_EQ(findings[1].text, "/c:6: nobody reads the key aws_acces_key_id.");
  EXPECT_EQ(findings[1].cure, "Write aws_access_key_id, if that was meant.");
}

TEST(DoctorModes, FilesThatOthersCanReadOrChangeAreFound) {
  auto name = ::testing::TempDir() + "doctor-XXXXXX";
  const std::filesystem::path directory{::mkdtemp(name.data())};
  const auto path = (directory / "credentials").string();
  std::ofstream{path} << "x";
  struct Case {
    ::mode_t mode;
    bool secrets;
    std::size_t problems;
  };
  for (const auto& [mode, secrets, problems] : {Case{0600, true, 0}, Case{0640, true, 1}, Case{0604, true, 1},
                                                Case{0644, false, 0}, Case{0660, false, 1}, Case{0666, true, 2}}) {
    ASSERT_EQ(::chmod(path.c_str(), mode), 0);
    Findings findings;
    check_mode(path, secrets, findings);
    EXPECT_EQ(problems_of(findings).size(), problems) << std::oct << mode;
  }
  ASSERT_EQ(::chmod(path.c_str(), 0600), 0);
  ASSERT_EQ(::chmod(directory.c_str(), 0707), 0);
  Findings findings;
  check_mode(path, true, findings);
  check_mode((directory / "none").string(), true, findings);
  EXPECT_EQ(problems_of(findings).size(), 1U);
  std::error_code ignored;
  std::filesystem::remove_all(directory, ignored);
}

TEST(DoctorClock, HalfAMinuteAndMoreIsAProblem) {
  for (const auto ahead : {0s, 29s, -29s}) {
    Findings findings;
    check_clock(ahead, findings);
    EXPECT_TRUE(problems_of(findings).empty());
  }
  Findings findings;
  check_clock(600s, findings);
  check_clock(-30s, findings);
  ASSERT_EQ(problems_of(findings).size(), 2U);
  EXPECT_THAT(findings[0].text, HasSubstr("600 s behind"));
  EXPECT_THAT(findings[1].text, HasSubstr("30 s ahead"));
}

TEST(HttpDate, IsReadInItsPreferredFormOnly) {
  EXPECT_EQ(http_date("Thu, 01 Jan 2026 00:00:00 GMT"), WallTime{1'767'225'600s});
  for (const char* text :
       {"", "Thu, 01 Jan 2026 00:00:00", "2026-01-01T00:00:00Z", "Thu, 01 Jan 2026 00:00:00 GMT+1"}) {
    EXPECT_FALSE(http_date(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace aws_refresh_session::cli
