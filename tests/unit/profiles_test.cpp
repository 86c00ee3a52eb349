#include <aws_refresh_session/profiles.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <system_error>

namespace aws_refresh_session {
namespace {

using ::testing::HasSubstr;

class SharedFiles : public ::testing::Test {
 protected:
  SharedFiles() {
    auto name = ::testing::TempDir() + "profiles-XXXXXX";
    directory_ = ::mkdtemp(name.data());
    seams_.environment = std::make_shared<FixedEnvironment>(std::map<std::string, std::string, std::less<>>{
        {"AWS_CONFIG_FILE", path("config")}, {"AWS_SHARED_CREDENTIALS_FILE", path("credentials")}});
  }
  ~SharedFiles() override {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  [[nodiscard]] std::string path(const char* name) const { return (directory_ / name).string(); }

  std::filesystem::path directory_;
  ProviderSeams seams_;
};

TEST_F(SharedFiles, EachProfileIsToldWithItsSourceOrItsProblemAndNoSecret) {
  std::ofstream{path("config")}
      << "[profile role]\nrole_arn = arn:aws:iam::123456789012:role/a\nsource_profile = keys\n"
         "[profile loop]\nrole_arn = arn:aws:iam::123456789012:role/a\nsource_profile = pool\n"
         "[profile pool]\nrole_arn = arn:aws:iam::123456789012:role/a\nsource_profile = loop\n"
         "[profile lost]\nrole_arn = arn:aws:iam::123456789012:role/a\nsource_profile = none\n"
         "[profile plain]\nregion = eu-west-1\n";
  std::ofstream{path("credentials")} << "[keys]\naws_access_key_id = A\naws_secret_access_key = SECRETCANARY\n";
  const auto files = summarize_shared_files(seams_);
  EXPECT_EQ(files.config_file, path("config"));
  EXPECT_EQ(files.credentials_file, path("credentials"));
  std::map<std::string, ProfileSummary> found;
  for (const auto& profile : files.profiles) {
    found[profile.name] = profile;
    EXPECT_TRUE(profile.source.find("SECRETCANARY") == std::string::npos);
  }
  ASSERT_EQ(found.size(), 6U);
  EXPECT_THAT(found["role"].source, HasSubstr("from profile keys"));
  EXPECT_EQ(found["role"].place, path("config") + ":1");
  EXPECT_EQ(found["role"].keys.at(0).name, "role_arn");
  EXPECT_EQ(found["role"].keys.at(0).place, path("config") + ":2");
  EXPECT_EQ(found["role"].problem, nullptr);
  ASSERT_NE(found["loop"].problem, nullptr);
  EXPECT_EQ(found["loop"].problem->code(), "ProfileLoop");
  ASSERT_NE(found["lost"].problem, nullptr);
  EXPECT_THAT(found["lost"].problem->message(), HasSubstr("source_profile that does not exist"));
  EXPECT_EQ(found["plain"].problem, nullptr);
  EXPECT_EQ(found["plain"].source, "");
}

TEST_F(SharedFiles, MissingFilesHaveNoProfilesAndMalformedOnesThrow) {
  EXPECT_TRUE(summarize_shared_files(seams_).profiles.empty());
  std::ofstream{path("config")} << "[profile a\n";
  EXPECT_THROW(static_cast<void>(summarize_shared_files(seams_)), ConfigurationError);
}

}  // namespace
}  // namespace aws_refresh_session
