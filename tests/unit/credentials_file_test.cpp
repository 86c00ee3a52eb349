#include <aws_refresh_session/credentials_file.hpp>

#include "profile/credentials_file_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <aws_refresh_session/exceptions.hpp>
#include <aws_refresh_session/testing/fake_clock.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

namespace aws_refresh_session {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

const Credentials kSet{"ASIANEW", "SECRETCANARY/new", "SECRETCANARY-token==", WallTime{1'767'225'600s}, "123456789012"};
const std::string kKeys =
    "aws_access_key_id = ASIANEW\naws_secret_access_key = SECRETCANARY/new\n"
    "aws_session_token = SECRETCANARY-token==\naws_account_id = 123456789012\n"
    "aws_credential_expiration = 2026-01-01T00:00:00Z\n";

TEST(CredentialsFileText, ProfileIsWrittenAndAllElseStaysByteForByte) {
  struct Case {
    const char* what;
    std::string before;
    std::string after;
  };
  const std::vector<Case> cases{
      {"an empty file", "", "[app]\n" + kKeys},
      {"another profile", "[other]\naws_access_key_id = A\n", "[other]\naws_access_key_id = A\n\n[app]\n" + kKeys},
      {"no line end at the end", "# mine", "# mine\n\n[app]\n" + kKeys},
      {"the profile alone", "[app]\naws_access_key_id=OLD\nAWS_Secret_Access_Key = x = y\naws_session_token=t",
       "[app]\n" + kKeys},
      {"between others, with comments and keys of its own",
       "# top\n[a]\nk = v ; c\n\n[ app ]   # here\n; old\nregion = eu-west-1\naws_access_key_id = OLD\n"
       "aws_secret_access_key=old\n\n[b]\naws_access_key_id = B\naws_session_token = keep\n",
       "# top\n[a]\nk = v ; c\n\n[ app ]   # here\n" + kKeys +
           "; old\nregion = eu-west-1\n\n[b]\naws_access_key_id = B\naws_session_token = keep\n"},
      {"a token of old botocore", "[app]\naws_security_token = stale\noutput = json\n",
       "[app]\n" + kKeys + "output = json\n"},
      {"a value that goes on", "[app]\naws_session_token =\n  one\n\ttwo\nregion = x\n",
       "[app]\n" + kKeys + "region = x\n"},
      {"the profile twice", "[app]\nregion = x\n[b]\n[app]\naws_access_key_id = OLD\noutput = json\n",
       "[app]\n" + kKeys + "region = x\n[b]\n[app]\noutput = json\n"},
      {"a header at the very end", "[b]\n[app]", "[b]\n[app]\n" + kKeys},
      {"a name that only begins so", "[app2]\naws_access_key_id = A\n",
       "[app2]\naws_access_key_id = A\n\n[app]\n" + kKeys},
  };
  for (const auto& each : cases) {
    EXPECT_EQ(profile::with_profile(each.before, "app", kSet), each.after) << each.what;
  }
}

TEST(CredentialsFileText, LineEndsOfTheFileAreKept) {
  EXPECT_EQ(profile::with_profile("[app]\r\nregion = x\r\n", "app", Credentials{"A", "s"}),
            "[app]\r\naws_access_key_id = A\r\naws_secret_access_key = s\r\nregion = x\r\n");
}

TEST(CredentialsFileText, WrittenAgainWithoutATokenNothingOfTheOldSetIsLeft) {
  const auto once = profile::with_profile("[app]\n", "app", kSet);
  EXPECT_EQ(profile::with_profile(once, "app", kSet), once);
  EXPECT_EQ(profile::with_profile(once, "app", Credentials{"A", "s"}),
            "[app]\naws_access_key_id = A\naws_secret_access_key = s\n");
}

class CredentialsFile : public ::testing::Test {
 protected:
  CredentialsFile() {
    auto name = ::testing::TempDir() + "credentials-file-XXXXXX";
    directory_ = ::mkdtemp(name.data());
    options_.path = path();
    options_.profile = "app";
  }
  ~CredentialsFile() override {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }

  [[nodiscard]] std::string path(const std::string& name = "credentials") const { return (directory_ / name).string(); }
  void put(const std::string& content) const { std::ofstream{path()} << content; }
  [[nodiscard]] std::string content(const std::string& name = "credentials") const {
    std::ostringstream text;
    text << std::ifstream{path(name)}.rdbuf();
    return text.str();
  }
  void write(const Credentials& credentials = kSet) const { write_credentials_file(credentials, options_); }

  /// The code of the error, the text of which never holds a secret, and leaves the file as it was.
  [[nodiscard]] std::string refusal(const Credentials& credentials = kSet) const {
    const auto before = content();
    try {
      write(credentials);
    } catch (const Error& error) {
      EXPECT_TRUE(std::string{error.what()}.find("SECRETCANARY") == std::string::npos);
      EXPECT_EQ(content(), before);
      return error.code();
    }
    return "written";
  }

  std::filesystem::path directory_;
  CredentialsFileOptions options_;
};

TEST_F(CredentialsFile, MissingFileAndDirectoryAreMadeForTheirOwnerAlone) {
  options_.path = path("aws/credentials");
  write();
  EXPECT_EQ(content("aws/credentials"), "[app]\n" + kKeys);
  struct ::stat status {};
  ASSERT_EQ(::stat(path("aws/credentials").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  ASSERT_EQ(::stat(path("aws").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0700U);
}

TEST_F(CredentialsFile, FileThatOthersCouldReadIsClosed) {
  put("[b]\n");
  ASSERT_EQ(::chmod(path().c_str(), 0644), 0);
  write();
  struct ::stat status {};
  ASSERT_EQ(::stat(path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_F(CredentialsFile, SymbolicLinkStaysAndTheFileBehindItIsWritten) {
  std::ofstream{path("real")} << "[b]\n";
  std::filesystem::create_symlink("real", path());
  write();
  EXPECT_TRUE(std::filesystem::is_symlink(path()));
  EXPECT_EQ(content("real"), "[b]\n\n[app]\n" + kKeys);
}

TEST_F(CredentialsFile, LastingKeysAreReplacedOnlyOnDemand) {
  put("[app]\naws_access_key_id = AKIAOLD\naws_secret_access_key = SECRETCANARY-old\n");
  EXPECT_EQ(refusal(), "LastingKeys");
  options_.replaceable_key_id = "AKIAOLD";
  EXPECT_EQ(refusal(), "written");
  put("[app]\naws_access_key_id = AKIAOLD\naws_secret_access_key = SECRETCANARY-old\n");
  options_.replaceable_key_id.clear();
  options_.replace_lasting_keys = true;
  EXPECT_EQ(refusal(), "written");
}

TEST_F(CredentialsFile, TemporaryKeysAndTheSameKeysAreReplaced) {
  put("[app]\naws_access_key_id = ASIAOLD\naws_secret_access_key = SECRETCANARY-old\naws_session_token = t\n");
  EXPECT_EQ(refusal(Credentials{"AKIA", "SECRETCANARY-a"}), "written");
  EXPECT_EQ(refusal(Credentials{"AKIA", "SECRETCANARY-b"}), "written");
}

TEST_F(CredentialsFile, ProfileThatHasAnotherSourceIsRefused) {
  for (const char* line : {"role_arn = arn:aws:iam::123456789012:role/a", "sso_session = s", "sso_account_id = 1",
                           "sso_start_url = u", "web_identity_token_file = /f"}) {
    put(std::string{"[app]\n"} + line + "\n");
    EXPECT_EQ(refusal(), "CredentialsFileShadowed") << line;
  }
}

TEST_F(CredentialsFile, WhatAFileCannotHoldIsRefused) {
  for (const char* value : {"a\nrole_arn = x", "a b", "\xc3\xa4", "a\t", "\x7f"}) {
    EXPECT_EQ(refusal(Credentials{"A", std::string{"SECRETCANARY"} + value}), "InvalidCredentials");
    EXPECT_EQ(refusal(Credentials{"A", "SECRETCANARY", value}), "InvalidCredentials");
    EXPECT_EQ(refusal(Credentials{value, "SECRETCANARY"}), "InvalidCredentials");
  }
  EXPECT_EQ(refusal(Credentials{}), "NoCredentials");
  for (const char* name : {"", "a]b", "a b", "a\n", "#a", "\"a\""}) {
    options_.profile = name;
    EXPECT_EQ(refusal(), "InvalidProfileName") << name;
  }
}

TEST_F(CredentialsFile, FileThatCannotBeUnderstoodIsLeftAlone) {
  put("[app\naws_access_key_id = A\n");
  EXPECT_EQ(refusal(), "ConfigFileMalformed");
}

TEST_F(CredentialsFile, DeviceOrDirectoryIsNotReplaced) {
  options_.path = "/dev/null";
  EXPECT_EQ(refusal(), "CredentialsFileUnwritable");
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
  EXPECT_FALSE(std::filesystem::exists("/dev/null.lock"));
  options_.path = directory_.string();
  EXPECT_EQ(refusal(), "CredentialsFileUnwritable");
}

TEST_F(CredentialsFile, DirectoryThatCannotBeMadeIsNamed) {
  options_.path = path("no/such/place/credentials");
  EXPECT_EQ(refusal(), "CredentialsFileUnwritable");
}

TEST_F(CredentialsFile, DefaultPathComesFromTheEnvironment) {
  options_.path.clear();
  ProviderSeams seams;
  seams.environment = std::make_shared<FixedEnvironment>(
      std::map<std::string, std::string, std::less<>>{{"AWS_SHARED_CREDENTIALS_FILE", path("named")}});
  write_credentials_file(kSet, options_, seams);
  EXPECT_EQ(content("named"), "[app]\n" + kKeys);
}

TEST_F(CredentialsFile, LockOfAnotherProcessIsWaitedForUntilStopped) {
  const int lock = ::open((path() + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  ASSERT_EQ(::flock(lock, LOCK_EX), 0);
  std::stop_source stop;
  stop.request_stop();
  try {
    write_credentials_file(kSet, options_, {}, stop.get_token());
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::cancelled);
  }
  EXPECT_FALSE(std::filesystem::exists(path()));
  ::close(lock);
}

// Each writer reads what the others wrote: without the lock, profiles would get lost.
TEST_F(CredentialsFile, WritersAtTheSameTimeKeepEachOthersProfiles) {
  constexpr int kWriters = 8;
  {
    std::vector<std::jthread> writers;
    for (int i = 0; i < kWriters; ++i) {
      writers.emplace_back([this, i] {
        auto options = options_;
        options.profile = "p" + std::to_string(i);
        write_credentials_file(kSet, options);
      });
    }
  }
  for (int i = 0; i < kWriters; ++i) {
    EXPECT_THAT(content(), HasSubstr("[p" + std::to_string(i) + "]\n" + kKeys));
  }
}

}  // namespace
}  // namespace aws_refresh_session
