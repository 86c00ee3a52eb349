// What `exec` hands to a program. tests/integration/cli/exec_test.py runs programs, on terminals, too.
#include "cli/child_environment.hpp"
#include "cli/default_profile.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace aws_refresh_session::cli {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> entries(ChildEnvironment& environment) {
  std::vector<std::string> all;
  for (const char* const entry : environment.pointers()) {
    if (entry != nullptr) {
      all.emplace_back(entry);
    }
  }
  return all;
}

class FromParent : public ::testing::Test {
 protected:
  static std::vector<std::string> kept(std::vector<std::string> parent) {
    std::vector<char*> pointers;
    for (auto& entry : parent) {
      pointers.push_back(entry.data());
    }
    pointers.push_back(nullptr);
    ChildEnvironment environment{pointers.data()};
    return entries(environment);
  }
};

TEST_F(FromParent, EveryVariableThatLeadsToCredentialsIsLeftOut) {
  for (const char* name : {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN",
                           "AWS_CREDENTIAL_EXPIRATION", "AWS_ACCOUNT_ID", "AWS_PROFILE", "AWS_DEFAULT_PROFILE",
                           "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN", "AWS_ROLE_SESSION_NAME",
                           "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                           "AWS_CONTAINER_AUTHORIZATION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"}) {
    EXPECT_THAT(kept({"A=1", std::string{name} + "=SECRETCANARY", "B="}), ElementsAre("A=1", "B=")) << name;
  }
}

TEST_F(FromParent, EverythingElseStaysAsItIs) {
  EXPECT_THAT(kept({"AWS_REGION=r", "AWS_ACCESS_KEY_ID_OF_MINE=x", "X=AWS_PROFILE=1", "ODD"}),
              ElementsAre("AWS_REGION=r", "AWS_ACCESS_KEY_ID_OF_MINE=x", "X=AWS_PROFILE=1", "ODD"));
}

TEST(ChildEnvironment, VariableThatIsSetReplacesTheOldOne) {
  std::string region = "AWS_REGION=old";
  char* const parent[] = {region.data(), nullptr};
  ChildEnvironment environment{parent};
  EXPECT_TRUE(environment.has("AWS_REGION"));
  EXPECT_FALSE(environment.has("AWS_REGIO"));
  environment.set("AWS_REGION", "new");
  environment.set(std::vector<CredentialVariable>{{"AWS_REGION", std::nullopt}, {"K", SecretString{"v"}}});
  EXPECT_THAT(entries(environment), ElementsAre("K=v"));
}

TEST(DefaultProfile, CredentialsAreTakenOutOfItAndOfNoOther) {
  struct Case {
    const char* before;
    const char* after;
  };
  for (const auto& [before, after] : {
           Case{"[default]\naws_access_key_id = a\nregion = r\n", "[default]\nregion = r\n"},
           Case{"[profile default]\r\nRole_Arn = a\r\n", "[profile default]\r\n"},
           Case{"[ profile\t'default' ] # c\nsso_session: s", "[ profile\t'default' ] # c\n"},
           Case{"[default]\ncredential_process =\n  a\n  b\n\n  c = d\nx = y\n[p]\nrole_arn = r\n",
                "[default]\n\n  c = d\nx = y\n[p]\nrole_arn = r\n"},
       }) {
    EXPECT_EQ(without_default_credentials(before).value_or("nothing to do"), after) << before;
  }
  for (const char* text : {"", "[default]\nregion = r\n# role_arn = a\n", "[default2]\nrole_arn = r\n",
                           "[profile app]\nrole_arn = r\n", "role_arn = r\n", "[default]\ns3 =\n  role_arn = x\n"}) {
    EXPECT_FALSE(without_default_credentials(text).has_value()) << text;
  }
}

TEST(PrivateCopy, IsReadableByItsOwnerAloneAndGoesWithTheObject) {
  std::string path;
  {
    const PrivateCopy copy{"content"};
    path = copy.path();
    std::ostringstream text;
    text << std::ifstream{path}.rdbuf();
    EXPECT_EQ(text.str(), "content");
    struct ::stat status {};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
    ASSERT_EQ(::stat(std::filesystem::path{path}.parent_path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0700U);
  }
  EXPECT_FALSE(std::filesystem::exists(std::filesystem::path{path}.parent_path()));
}

}  // namespace
}  // namespace aws_refresh_session::cli
