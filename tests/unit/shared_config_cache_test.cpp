// The files themselves: when they are read, when not, and what cannot be read.

#include "profile/shared_config_cache.hpp"

#include "support/sanitizers.hpp"
#include "support/warnings.hpp"

#include <aws_refresh_session/exceptions.hpp>
#include <aws_refresh_session/testing/fake_clock.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace aws_refresh_session::profile {
namespace {

using namespace std::chrono_literals;
using aws_refresh_session::testing::FakeClock;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class SharedConfigFiles : public ::testing::Test {
 protected:
  SharedConfigFiles() {
    auto name = ::testing::TempDir() + "shared-config-XXXXXX";
    directory_ = ::mkdtemp(name.data());
    locations_ = {.config = path("config"), .credentials = path("credentials")};
    clock_->step_wall(system_clock()->now() - clock_->now());
  }
  ~SharedConfigFiles() override {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }

  [[nodiscard]] std::string path(const std::string& name) const { return (directory_ / name).string(); }
  static void put(const std::string& file, const std::string& text, ::mode_t mode = 0600) {
    std::ofstream{file} << text;
    ::chmod(file.c_str(), mode);
  }
  std::shared_ptr<const SharedConfig> load() { return cache_.load(locations_); }

  /// Code of what loading throws.
  std::string error_code(ErrorKind kind = ErrorKind::non_recoverable) {
    try {
      static_cast<void>(load());
    } catch (const ConfigurationError& error) {
      EXPECT_EQ(error.kind(), kind);
      EXPECT_THAT(error.what(), HasSubstr(directory_.string()));
      return error.code();
    }
    return "none";
  }

  std::filesystem::path directory_;
  FileLocations locations_;
  std::shared_ptr<FakeClock> clock_ = std::make_shared<FakeClock>();
  SharedConfigCache cache_{clock_};
};

TEST_F(SharedConfigFiles, MissingFilesAreEmpty) {
  EXPECT_THAT(load()->profile_names(), IsEmpty());
  locations_ = {};
  EXPECT_THAT(load()->profile_names(), IsEmpty());
  locations_ = {.config = "/dev/null", .credentials = "/dev/null/x"};
  EXPECT_THAT(load()->profile_names(), IsEmpty());
}

TEST_F(SharedConfigFiles, BothAreRead) {
  put(locations_.config, "[profile a]\nregion = eu-west-1\n");
  put(locations_.credentials, "[a]\naws_access_key_id = AKIA\n");
  const auto config = load();
  EXPECT_EQ(config->profile("a")->get("region"), "eu-west-1");
  EXPECT_EQ(config->profile("a")->get("aws_access_key_id"), "AKIA");
  EXPECT_EQ(config->place(*config->profile("a")), locations_.config + ":1");
}

TEST_F(SharedConfigFiles, AreParsedOnceAsLongAsSomebodyHoldsThem) {
  put(locations_.config, "[default]\n");
  clock_->advance(1h);
  const auto first = load();
  EXPECT_EQ(load(), first);
  EXPECT_EQ(load().use_count(), 2) << "the cache holds nothing";
  auto other = locations_;
  other.credentials = path("other");
  EXPECT_NE(cache_.load(other), first);
}

TEST_F(SharedConfigFiles, AreWipedWithTheLastHolder) {
  put(locations_.config, "[default]\n");
  clock_->advance(1h);
  const std::weak_ptr<const SharedConfig> watched = load();
  EXPECT_TRUE(watched.expired());
}

TEST_F(SharedConfigFiles, AChangeOfEitherIsNoticed) {
  put(locations_.config, "[profile a]\n");
  clock_->advance(1h);
  auto held = load();
  put(locations_.credentials, "[b]\n");
  EXPECT_THAT((held = load())->profile_names(), ElementsAre("a", "b"));
  std::filesystem::rename(locations_.credentials, path("gone"));
  EXPECT_THAT((held = load())->profile_names(), ElementsAre("a"));
  put(path("new"), "[profile c]\n");
  std::filesystem::rename(path("new"), locations_.config);
  EXPECT_THAT((held = load())->profile_names(), ElementsAre("c"));
}

TEST_F(SharedConfigFiles, AFileThatHasJustChangedIsReadAgainThoughItLooksTheSame) {
  put(locations_.config, "[profile a]\n");
  const auto held = load();
  EXPECT_NE(load(), held) << "a second change in the same tick would not show";
  clock_->advance(3s);
  const auto settled = load();
  EXPECT_EQ(load(), settled);
}

TEST_F(SharedConfigFiles, AnUnchangedFileIsHeldThoughTheOtherIsWrittenToNowAndThen) {
  put(locations_.config, "[profile a]\n");
  put(locations_.credentials, "[a]\n");
  clock_->advance(1h);
  const auto held = load();
  const ::timespec times[]{{.tv_sec = 0, .tv_nsec = UTIME_OMIT}, {.tv_sec = 1'700'000'000, .tv_nsec = 5}};
  ASSERT_EQ(::utimensat(AT_FDCWD, locations_.credentials.c_str(), times, 0), 0);
  EXPECT_NE(load(), held) << "an older time stamp is a change, too";
}

TEST_F(SharedConfigFiles, ThreadsThatLoadTogetherEndUpWithOneObject) {
  put(locations_.config, "[default]\n");
  clock_->advance(1h);
  std::vector<std::shared_ptr<const SharedConfig>> loaded(8);
  std::atomic<int> waiting{0};
  std::vector<std::thread> threads;
  for (auto& each : loaded) {
    threads.emplace_back([&] {
      for (++waiting; waiting < 8;) {
      }
      each = load();
    });
  }
  for (auto& each : threads) {
    each.join();
  }
  EXPECT_THAT(loaded, ::testing::Each(loaded.front()));
}

TEST_F(SharedConfigFiles, AreLoadedOnBothSidesOfAForkWhileAnotherThreadLoads) {
  if (!support::kAllocatorSurvivesFork) {
    GTEST_SKIP() << support::kWhyNoForkBesideThreads;
  }
  put(locations_.config, "[default]\n");
  std::atomic<bool> done{false};
  std::thread busy{[&] {
    while (!done) {
      static_cast<void>(load());
    }
  }};
  for (int round = 0; round < 20; ++round) {
    const auto child = ::fork();
    if (child == 0) {
      ::alarm(20);
      ::_exit(load()->profile("default") == nullptr ? 1 : 0);
    }
    int status = -1;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  done = true;
  busy.join();
}

TEST_F(SharedConfigFiles, WhatIsNoFileIsAnErrorAndBlocksNobody) {
  ASSERT_EQ(::mkfifo(locations_.config.c_str(), 0600), 0);
  EXPECT_EQ(error_code(), "ConfigFileUnreadable");
  std::filesystem::remove(locations_.config);
  std::filesystem::create_directory(locations_.config);
  EXPECT_EQ(error_code(), "ConfigFileUnreadable");
  std::filesystem::remove(locations_.config);
  std::filesystem::create_symlink("config", locations_.config);
  EXPECT_EQ(error_code(), "ConfigFileUnreadable") << "a link to itself";
}

TEST_F(SharedConfigFiles, AFileWithoutPermissionIsAnErrorAndADirectoryWithoutPermissionIsAWarning) {
  if (::geteuid() == 0) {
    GTEST_SKIP() << "root may read everything";
  }
  put(locations_.config, "[default]\n", 0);
  EXPECT_EQ(error_code(), "ConfigFileUnreadable");
  std::filesystem::permissions(directory_, std::filesystem::perms{0});
  const support::RecordedWarnings warnings;
  EXPECT_THAT(load()->profile_names(), IsEmpty());
  EXPECT_THAT(warnings.places(), ::testing::Contains("profile.unreachable " + locations_.config));
  std::filesystem::permissions(directory_, std::filesystem::perms{0700});
}

TEST_F(SharedConfigFiles, MoreThan16MiBIsAnError) {
  put(locations_.credentials, "[default]\n");
  std::filesystem::resize_file(locations_.credentials, (std::size_t{16} << 20U) + 1);
  EXPECT_EQ(error_code(), "ConfigFileTooLarge");
  std::filesystem::resize_file(locations_.credentials, std::size_t{16} << 20U);
  EXPECT_EQ(error_code(), "ConfigFileMalformed") << "full of NUL bytes";
}

TEST_F(SharedConfigFiles, SecretsThatOthersCanReadAreWarnedAbout) {
  const auto warned = [&](const std::string& text, ::mode_t mode) {
    put(locations_.credentials, text, mode);
    const support::RecordedWarnings warnings;
    static_cast<void>(load());
    return warnings.places() == std::vector<std::string>{"profile.permissions " + locations_.credentials};
  };
  const std::string secrets = "[a]\naws_access_key_id = AKIA\n[b]\naws_secret_access_key = SECRETCANARY\n";
  EXPECT_TRUE(warned(secrets, 0644));
  EXPECT_TRUE(warned(secrets, 0640));
  EXPECT_TRUE(warned("[a]\naws_session_token = SECRETCANARY\n", 0604));
  EXPECT_FALSE(warned(secrets, 0600));
  EXPECT_FALSE(warned(secrets, 0400));
  EXPECT_FALSE(warned("[a]\naws_access_key_id = AKIA\n", 0644)) << "nothing secret in it";
}

}  // namespace
}  // namespace aws_refresh_session::profile
