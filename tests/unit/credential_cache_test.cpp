#include "support/warnings.hpp"

#include <aws_refresh_session/credential_cache.hpp>
#include <aws_refresh_session/testing/fake_clock.hpp>

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

namespace aws_refresh_session {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

const WallTime kNow{std::chrono::seconds{1'800'000'000}};

CacheKey key(std::string_view role = "app") {
  return CacheKey{"role " + std::string{role}}.with("role", role);
}

CacheEntry entry(std::string_view id = "ASIAONE") {
  return {.label = "role app",
          .credentials = Credentials{id, "SECRETCANARY-secret", "SECRETCANARY-token", kNow + 1h, "123456789012", "sts"},
          .received = kNow};
}

class FileCache : public ::testing::Test {
 protected:
  FileCache() {
    auto name = ::testing::TempDir() + "credential-cache-XXXXXX";
    directory_ = ::mkdtemp(name.data());
  }
  ~FileCache() override {
    std::error_code ignored;
    fs::remove_all(directory_, ignored);
  }

  [[nodiscard]] std::shared_ptr<CredentialCache> open(char fill = 'k') const {
    return make_file_cache(
        {.directory = path(), .encryption_key = [fill] { return SecretString{std::string(32, fill)}; }});
  }
  [[nodiscard]] std::string path() const { return (directory_ / "cache").string(); }
  [[nodiscard]] fs::path entry_file(const CacheKey& of = key()) const {
    return fs::path{path()} / (of.digest() + ".entry");
  }
  static std::string content(const fs::path& file) {
    std::ostringstream text;
    text << std::ifstream{file}.rdbuf();
    return text.str();
  }
  static void put(const fs::path& file, const std::string& text) {
    std::ofstream{file, std::ios::binary | std::ios::trunc} << text;
  }

 private:
  fs::path directory_;
};

TEST(CacheKey, EveryPartAndItsPlaceCount) {
  const auto plain = key();
  EXPECT_EQ(plain.digest().size(), 64U);
  EXPECT_EQ(plain, key());
  EXPECT_EQ(plain, CacheKey{"another label"}.with("role", "app"));
  EXPECT_NE(plain, CacheKey{"role app"}.with("rol", "eapp"));
  EXPECT_NE(plain, key().with("external_id", ""));
  EXPECT_NE(CacheKey{""}.with("a", "b").with("c", "d"), CacheKey{""}.with("c", "d").with("a", "b"));
}

TEST(CacheKey, SettingsOfTheMachineAreParts) {
  const auto with = [](std::map<std::string, std::string, std::less<>> variables) {
    return with_aws_settings(key(), FixedEnvironment{std::move(variables)});
  };
  const auto bare = with({{"HOME", "/nonexistent"}});
  EXPECT_EQ(bare, with({{"HOME", "/nonexistent"}, {"AWS_REFRESH_SESSION_LOG", "debug"}}));
  EXPECT_NE(bare, with({{"HOME", "/nonexistent"}, {"AWS_PROFILE", "dev"}}));
  EXPECT_NE(bare, with({{"HOME", "/nonexistent"}, {"AWS_ACCESS_KEY_ID", "AKIA"}}));

  auto name = ::testing::TempDir() + "cache-key-XXXXXX";
  const fs::path directory{::mkdtemp(name.data())};
  const auto file = (directory / "config").string();
  std::ofstream{file} << "[default]\nregion=eu-west-1\n";
  const auto one = with({{"HOME", "/nonexistent"}, {"AWS_CONFIG_FILE", file}});
  std::ofstream{file} << "[default]\nregion=eu-west-2\n";
  EXPECT_NE(one, with({{"HOME", "/nonexistent"}, {"AWS_CONFIG_FILE", file}}));
  fs::remove_all(directory);
}

TEST_F(FileCache, WhatWasStoredIsReadByAnotherObject) {
  auto written = entry();
  written.last_failure = CachedFailure{
      .at = kNow + 5s, .message = "no", .code = "AccessDenied", .status_code = 403, .kind = ErrorKind::non_recoverable};
  open()->store(key(), written);
  const auto read = open()->load(key());
  ASSERT_TRUE(read);
  EXPECT_EQ(read->label, "role app");
  EXPECT_EQ(read->credentials, written.credentials);
  EXPECT_EQ(read->received, kNow);
  ASSERT_TRUE(read->last_failure);
  EXPECT_EQ(read->last_failure->at, kNow + 5s);
  EXPECT_EQ(read->last_failure->code, "AccessDenied");
  EXPECT_EQ(read->last_failure->status_code, 403);
  EXPECT_EQ(read->last_failure->kind, ErrorKind::non_recoverable);
  EXPECT_FALSE(open()->load(key("other")));
}

TEST_F(FileCache, NothingOnTheDiskIsReadableOrOthersToRead) {
  open()->store(key(), entry());
  const auto text = content(entry_file());
  EXPECT_EQ(text.find("SECRETCANARY"), std::string::npos);
  EXPECT_EQ(text.find("ASIAONE"), std::string::npos);
  EXPECT_EQ(fs::status(entry_file()).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(fs::status(path()).permissions(), fs::perms::owner_all);
}

TEST_F(FileCache, EveryDamagedByteIsAMissAndTheNextStoreHeals) {
  const auto cache = open();
  cache->store(key(), entry());
  const auto good = content(entry_file());
  for (std::size_t at = 0; at < good.size(); ++at) {
    auto bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 1);
    put(entry_file(), bad);
    EXPECT_FALSE(cache->load(key())) << at;
  }
  for (std::size_t size = 0; size < good.size(); size += 7) {
    put(entry_file(), good.substr(0, size));
    EXPECT_FALSE(cache->load(key())) << size;
  }
  put(entry_file(), good + "x");
  EXPECT_FALSE(cache->load(key()));
  cache->store(key(), entry("ASIATWO"));
  ASSERT_TRUE(cache->load(key()));
  EXPECT_EQ(cache->load(key())->credentials->access_key_id(), "ASIATWO");
}

TEST_F(FileCache, AnEntryUnderAnotherNameIsAMiss) {
  const auto cache = open();
  cache->store(key(), entry());
  fs::copy(entry_file(), entry_file(key("admin")));
  EXPECT_FALSE(cache->load(key("admin")));
}

TEST_F(FileCache, AnotherEncryptionKeyIsAMiss) {
  open('a')->store(key(), entry());
  EXPECT_FALSE(open('b')->load(key()));
  EXPECT_TRUE(open('a')->load(key()));
}

TEST_F(FileCache, WhatOthersCanWriteIsNotRead) {
  const auto cache = open();
  cache->store(key(), entry());
  fs::permissions(entry_file(), fs::perms::others_write, fs::perm_options::add);
  EXPECT_FALSE(cache->load(key()));
  fs::permissions(entry_file(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_TRUE(cache->load(key()));

  fs::permissions(path(), fs::perms::group_write, fs::perm_options::add);
  const support::RecordedWarnings warnings;
  EXPECT_FALSE(open()->load(key()));
  open()->store(key(), entry("ASIATWO"));
  EXPECT_NE(warnings.text().find("nobody else can write"), std::string::npos) << warnings.text();
  fs::permissions(path(), fs::perms::owner_all);
  EXPECT_EQ(open()->load(key())->credentials->access_key_id(), "ASIAONE");
}

TEST_F(FileCache, ADirectoryOfAnotherUserOrALinkIsNotUsed) {
  fs::create_directory_symlink("/tmp", path());
  const support::RecordedWarnings warnings;
  open()->store(key(), entry());
  EXPECT_FALSE(open()->load(key()));
  EXPECT_FALSE(fs::exists("/tmp/" + key().digest() + ".entry"));
  if (::geteuid() == 0) {
    fs::remove(path());
    fs::create_directory(path());
    ASSERT_EQ(::chown(path().c_str(), 12345, 12345), 0);
    open()->store(key(), entry());
    EXPECT_TRUE(fs::is_empty(path()));
  }
}

TEST_F(FileCache, AnEntryThatIsNoFileNeverBlocks) {
  const auto cache = open();
  ASSERT_EQ(::mkfifo(entry_file().c_str(), 0600), 0);
  EXPECT_FALSE(cache->load(key()));
  fs::remove(entry_file());
  fs::create_directory(entry_file());
  EXPECT_FALSE(cache->load(key()));
}

TEST_F(FileCache, AHugeEntryIsAMiss) {
  const auto cache = open();
  put(entry_file(), std::string(1'000'000, 'x'));
  fs::permissions(entry_file(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_FALSE(cache->load(key()));
}

TEST_F(FileCache, ListIsByLabelAndClearRemovesTheUnreadableToo) {
  const auto cache = open();
  cache->store(CacheKey{"b"}.with("x", "1"), {.label = "b", .credentials = entry().credentials, .received = kNow});
  cache->store(CacheKey{"a"}.with("x", "2"), {.label = "a", .credentials = entry().credentials, .received = kNow});
  put(fs::path{path()} / (std::string(64, '0') + ".entry"), "nonsense");
  const auto all = cache->list();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].label, "a");
  EXPECT_EQ(all[1].label, "b");
  EXPECT_EQ(cache->clear(), 3U);
  EXPECT_TRUE(cache->list().empty());
}

TEST_F(FileCache, ALeaseIsForOneAtATime) {
  const auto cache = open();
  auto first = cache->lease(key(), 0ms, {});
  ASSERT_TRUE(first && first->held());
  EXPECT_FALSE(open()->lease(key(), 0ms, {})->held());
  EXPECT_TRUE(open()->lease(key("other"), 0ms, {})->held());
  first.reset();
  EXPECT_TRUE(open()->lease(key(), 0ms, {})->held());
}

TEST_F(FileCache, OldEntriesAreSweptOnceADay) {
  const auto clock = std::make_shared<testing::FakeClock>();
  const auto now = std::chrono::time_point_cast<fs::file_time_type::duration>(
      std::chrono::file_clock::from_sys(std::chrono::time_point_cast<std::chrono::seconds>(clock->now())));
  const auto cache = make_file_cache(
      {.directory = path(), .encryption_key = [] { return SecretString{std::string(32, 'k')}; }, .clock = clock});
  const auto store = [&](std::string_view name, std::chrono::hours age) {
    cache->store(key(name), entry());
    fs::last_write_time(entry_file(key(name)), now - age);
  };
  store("old", 49h);
  fs::last_write_time(path() + "/swept", now);
  store("young", 47h);
  EXPECT_TRUE(fs::exists(entry_file(key("old"))));
  fs::last_write_time(path() + "/swept", now - 25h);
  store("new", 0h);
  EXPECT_FALSE(fs::exists(entry_file(key("old"))));
  EXPECT_TRUE(fs::exists(entry_file(key("young"))));
}

TEST_F(FileCache, WithoutAnEncryptionKeyItIsEmptyAndSaysSo) {
  const support::RecordedWarnings warnings;
  const auto short_key = make_file_cache({.directory = path(), .encryption_key = [] { return SecretString{"short"}; }});
  short_key->store(key(), entry());
  EXPECT_FALSE(short_key->load(key()));
  EXPECT_EQ(short_key->lease(key(), 0ms, {}), nullptr);
  const auto throwing = make_file_cache({.directory = path(), .encryption_key = []() -> SecretString {
                                           throw ConfigurationError{{.message = "no key"}};
                                         }});
  EXPECT_FALSE(throwing->load(key()));
  EXPECT_NE(warnings.text().find("no key"), std::string::npos);
}

TEST_F(FileCache, TheKeyFileIsMadeOnceAndKept) {
  const auto file = path() + "-key";
  std::vector<std::string> keys(8);
  {
    std::vector<std::jthread> threads;
    for (auto& each : keys) {
      threads.emplace_back([&] { each = encryption_key_from_file(file)().reveal(); });
    }
  }
  for (const auto& each : keys) {
    EXPECT_EQ(each, keys.front());
  }
  EXPECT_EQ(keys.front().size(), 32U);
  EXPECT_EQ(fs::status(file).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  fs::permissions(file, fs::perms::group_read, fs::perm_options::add);
  EXPECT_THROW(encryption_key_from_file(file)(), ConfigurationError);
  fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write);
  put(file, "short");
  EXPECT_THROW(encryption_key_from_file(file)(), ConfigurationError);
}

TEST(Keyring, TheKernelKeepsOneKey) {
  const auto one = encryption_key_from_keyring()();
  if (one.empty()) {
    GTEST_SKIP() << "no user keyring here";
  }
  EXPECT_EQ(one.size(), 32U);
  EXPECT_EQ(one, encryption_key_from_keyring()());
}

}  // namespace
}  // namespace aws_refresh_session
