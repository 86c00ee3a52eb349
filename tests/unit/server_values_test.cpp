#include "server/host_check.hpp"
#include "server/listening_socket.hpp"
#include "server/metadata_tokens.hpp"
#include "server/random_token.hpp"
#include "server/served_json.hpp"
#include "server/token_file.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

namespace aws_refresh_session::server {
namespace {

using namespace std::chrono_literals;

std::string json_string(std::string_view text) {
  WipedText json;
  append_json_string(json, text);
  return {json.begin(), json.end()};
}

TEST(ServedJsonTest, TextIsEscapedAndMadeUtf8) {
  EXPECT_EQ(json_string("a/b=+"), "\"a/b=+\"");
  EXPECT_EQ(json_string("\"\\\n\x01"), R"("\"\\\u000a\u0001")");
  EXPECT_EQ(json_string("\xC3\xA4\xF0\x9F\x98\x80"), "\"\xC3\xA4\xF0\x9F\x98\x80\"");
  EXPECT_EQ(json_string("x\xFFy"), "\"x\xEF\xBF\xBDy\"");
  EXPECT_EQ(json_string("\xC0\xAF"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");
  EXPECT_EQ(json_string("\xED\xA0\x80"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
  EXPECT_EQ(json_string("\xE2\x82"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

TEST(ServedJsonTest, TimesAreWrittenAsClientsAndHttpWantThem) {
  const WallTime time{std::chrono::duration_cast<WallTime::duration>(784'111'777'999ms)};
  EXPECT_EQ(utc_text(time), "1994-11-06T08:49:37Z");
  EXPECT_EQ(http_date(time), "Sun, 06 Nov 1994 08:49:37 GMT");
}

TEST(HostCheckTest, AcceptsItsNamesWithAnyPort) {
  const HostCheck check{{"127.0.0.1", "[::1]", "localhost"}};
  for (const auto* host : {"127.0.0.1", "127.0.0.1:80", "LocalHost:65535", "[::1]", "[::1]:8080", "localhost:"}) {
    EXPECT_TRUE(check.accepts_host(host)) << host;
  }
  for (const auto* host : {"", ":80", "127.0.0.1:", "evil", "127.0.0.1.evil:80", "127.0.0.1:80:80", "127.0.0.1:8a",
                           "127.0.0.1:123456", "[::1", "[::1]x", "user@127.0.0.1", "localhost."}) {
    EXPECT_EQ(check.accepts_host(host), std::string_view{host} == "127.0.0.1:") << host;
  }
  EXPECT_TRUE(check.accepts_origin("http://localhost:4711"));
  EXPECT_FALSE(check.accepts_origin("https://localhost:4711"));
  EXPECT_FALSE(check.accepts_origin("http://localhost:4711/x"));
}

TEST(HostCheckTest, UnixSocketsTakeAnyOneHost) {
  const HostCheck check{{}, true};
  EXPECT_TRUE(check.accepts_host("whatever"));
  EXPECT_FALSE(check.accepts_host(""));
}

TEST(MetadataTokensTest, LifeIsANumberOfSecondsUpToSixHours) {
  EXPECT_EQ(MetadataTokens::parse_life("21600"), 21'600s);
  EXPECT_EQ(MetadataTokens::parse_life("1"), 1s);
  for (const auto* text : {"", "0", "-1", "21601", "60s", " 60", "60 ", "0x10", "99999999999999999999"}) {
    EXPECT_EQ(MetadataTokens::parse_life(text), std::nullopt) << text;
  }
}

TEST(MetadataTokensTest, OldestMakesRoom) {
  MetadataTokens tokens;
  const SteadyTime now{};
  const SecretString first = tokens.issue(60s, now);
  const SecretString second = tokens.issue(60s, now);
  for (std::size_t i = 1; i < MetadataTokens::kMost; ++i) {
    static_cast<void>(tokens.issue(60s, now));
  }
  EXPECT_FALSE(tokens.knows(first.reveal(), now));
  EXPECT_TRUE(tokens.knows(second.reveal(), now));
  EXPECT_FALSE(tokens.knows(second.reveal(), now + 60s));
  EXPECT_FALSE(tokens.knows("", now));
}

TEST(RandomTokenTest, IsLongPlainAndNeverTheSame) {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const auto token = random_token();
    EXPECT_EQ(token.size(), 43U);
    EXPECT_EQ(token.reveal().find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
              std::string_view::npos);
    EXPECT_TRUE(seen.emplace(token.reveal()).second);
  }
}

class TokenFileTest : public ::testing::Test {
 protected:
  TokenFileTest() {
    std::string name = ::testing::TempDir() + "ars-token-XXXXXX";
    directory_ = ::mkdtemp(name.data());
  }
  ~TokenFileTest() override { std::filesystem::remove_all(directory_); }

  [[nodiscard]] std::string path() const { return directory_ / "token"; }

  std::filesystem::path directory_;
};

TEST_F(TokenFileTest, HoldsTheTokenForItsOwnerOnlyAndGoesWithTheObject) {
  {
    const TokenFile file{path(), SecretString{"abc-SECRETCANARY"}};
    std::ifstream in{path()};
    const std::string content{std::istreambuf_iterator<char>{in}, {}};
    EXPECT_TRUE(content == "abc-SECRETCANARY");
    struct ::stat status {};
    ASSERT_EQ(::stat(path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
  }
  EXPECT_TRUE(std::filesystem::is_empty(directory_));
}

TEST_F(TokenFileTest, FileThatTookItsPlaceStays) {
  {
    const TokenFile first{path(), SecretString{"abc-SECRETCANARY"}};
    std::filesystem::rename(path(), path() + ".old");
    std::ofstream{path()} << "another's";
  }
  EXPECT_TRUE(std::filesystem::exists(path()));
}

TEST_F(TokenFileTest, MissingDirectoryIsNamed) {
  try {
    const TokenFile file{(directory_ / "none" / "token").string(), SecretString{"abc-SECRETCANARY"}};
    FAIL();
  } catch (const ConfigurationError& error) {
    EXPECT_EQ(error.code(), "TokenFile");
    EXPECT_THAT(error.what(), ::testing::HasSubstr("No such file or directory"));
  }
}

struct BadOptions {
  const char* param;
  std::function<void(std::vector<ServedRole>&, CredentialsServerOptions&)> change;
};

class NoSource final : public CredentialsProvider {
 public:
  Credentials resolve(const ResolveContext&) override { return {}; }
  [[nodiscard]] std::string_view name() const noexcept override { return "none"; }
};

TEST(CredentialsServerTest, BadOptionIsRefusedByName) {
  const std::vector<BadOptions> all{
      {"roles", [](auto& roles, auto&) { roles.clear(); }},
      {"roles", [](auto& roles, auto&) { roles.push_back(roles.front()); }},
      {"role.name", [](auto& roles, auto&) { roles.front().name = "a/b"; }},
      {"role.name", [](auto& roles, auto&) { roles.front().name = ""; }},
      {"role.name", [](auto& roles, auto&) { roles.front().name = std::string(65, 'x'); }},
      {"role.provider", [](auto& roles, auto&) { roles.front().provider = nullptr; }},
      {"role.path", [](auto& roles, auto&) { roles.front().path = "x"; }},
      {"role.path", [](auto& roles, auto&) { roles.front().path = "/a/../b"; }},
      {"role.path", [](auto& roles, auto&) { roles.front().path = "/a//b"; }},
      {"role.path", [](auto& roles, auto&) { roles.front().path = "/a?b"; }},
      {"role.path", [](auto& roles, auto&) { roles.front().path = "/metrics"; }},
      {"role.path", [](auto& roles, auto&) { roles.front().path = "/latest/x"; }},
      {"token", [](auto&, auto& options) { options.token = SecretString{"short"}; }},
      {"token", [](auto&, auto& options) { options.token = SecretString{"0123456789abcdef;$(x)"}; }},
      {"token", [](auto&, auto& options) { options.token = SecretString{"0123456789abcdef\r\nX: y"}; }},
      {"address", [](auto&, auto& options) { options.address = "0.0.0.0"; }},
      {"address", [](auto&, auto& options) { options.address = "::"; }},
      {"address", [](auto&, auto& options) { options.address = "localhost"; }},
      {"address", [](auto&, auto& options) { options.address = "10.0.0.1"; }},
      {"address",
       [](auto&, auto& options) {
         options.port = 1;
         options.unix_socket = "/x";
       }},
      {"limits.max_connections", [](auto&, auto& options) { options.limits.max_connections = 0; }},
      {"limits.max_request_bytes", [](auto&, auto& options) { options.limits.max_request_bytes = 10; }},
      {"limits.idle_timeout", [](auto&, auto& options) { options.limits.idle_timeout = 0s; }},
  };
  for (std::size_t i = 0; i < all.size(); ++i) {
    std::vector<ServedRole> roles{
        {.name = "a", .provider = std::make_shared<RefreshingCredentialsProvider>(std::make_shared<NoSource>())}};
    CredentialsServerOptions options;
    all[i].change(roles, options);
    try {
      const CredentialsServer server{roles, std::move(options)};
      ADD_FAILURE() << "case " << i;
    } catch (const ValidationError& error) {
      EXPECT_EQ(error.param(), all[i].param) << i;
    }
  }
}

TEST(ListeningSocketTest, AddressesThatDoNotLeaveTheMachineAreTaken) {
  for (const auto* address :
       {"127.0.0.1", "127.9.9.9", "::1", "0:0:0:0:0:0:0:1", "169.254.170.2", "169.254.170.23", "fd00:ec2::23"}) {
    EXPECT_TRUE(may_serve_at(address)) << address;
  }
  for (const auto* address : {"", "0.0.0.0", "::", "169.254.169.254", "192.168.0.1", "::ffff:127.0.0.1", "localhost"}) {
    EXPECT_FALSE(may_serve_at(address)) << address;
  }
}

}  // namespace
}  // namespace aws_refresh_session::server
