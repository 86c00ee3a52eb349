#include "profile/file_locations.hpp"

#include <gtest/gtest.h>

#include <pwd.h>
#include <unistd.h>
#include <map>
#include <string>
#include <vector>

namespace aws_refresh_session::profile {
namespace {

using Variables = std::map<std::string, std::string, std::less<>>;

std::string home_by_user_database() {
  const auto* user = ::getpwuid(::geteuid());
  return user == nullptr ? "" : user->pw_dir;
}

TEST(FileLocations, AreNamedByTheEnvironmentElseInTheHomeDirectory) {
  struct Case {
    Variables variables;
    FileLocations expected;
  };
  const std::vector<Case> cases{
      {{{"HOME", "/h"}}, {"/h/.aws/config", "/h/.aws/credentials"}},
      {{{"HOME", "/h"}, {"AWS_CONFIG_FILE", "/x/c"}}, {"/x/c", "/h/.aws/credentials"}},
      {{{"HOME", "/h"}, {"AWS_SHARED_CREDENTIALS_FILE", "rel/s"}}, {"/h/.aws/config", "rel/s"}},
      {{{"HOME", "/h"}, {"AWS_CONFIG_FILE", "~/c"}, {"AWS_SHARED_CREDENTIALS_FILE", "~"}}, {"/h/c", "/h"}},
      {{{"HOME", "/h"}, {"AWS_CONFIG_FILE", "~user/c"}, {"AWS_SHARED_CREDENTIALS_FILE", "a/~/b"}},
       {"~user/c", "a/~/b"}},
      {{{"HOME", "/h"}, {"AWS_CONFIG_FILE", " "}}, {"/h/.aws/config", "/h/.aws/credentials"}},
  };
  for (const auto& each : cases) {
    const FixedEnvironment environment{each.variables};
    const auto found = locate_files(environment);
    EXPECT_EQ(found.config, each.expected.config);
    EXPECT_EQ(found.credentials, each.expected.credentials);
  }
}

TEST(FileLocations, WithoutHomeTheUserDatabaseKnowsIt) {
  const auto home = home_by_user_database();
  if (home.empty()) {
    GTEST_SKIP() << "this user has no entry";
  }
  for (const auto& variables : {Variables{}, Variables{{"HOME", ""}}}) {
    const FixedEnvironment environment{variables};
    EXPECT_EQ(home_directory(environment), home);
    EXPECT_EQ(locate_files(environment).config, home + "/.aws/config");
    EXPECT_EQ(expand_home("~/x", environment), home + "/x");
  }
}

}  // namespace
}  // namespace aws_refresh_session::profile
