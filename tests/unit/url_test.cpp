#include "core/url.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace aws_refresh_session::core {
namespace {

struct Accepted {
  std::string_view text;
  Url url;
  std::string_view host_header;
};

Url make(std::string scheme, std::string host, std::optional<std::uint16_t> port, std::string path,
         std::string query = {}, std::string fragment = {}, std::string user_info = {}) {
  return {std::move(scheme),   std::move(host),     port, std::move(path), std::move(query),
          std::move(fragment), std::move(user_info)};
}

TEST(Url, SplitsWhatIsWellFormed) {
  const std::vector<Accepted> cases = {
      {"https://sts.amazonaws.com", make("https", "sts.amazonaws.com", {}, "/"), "sts.amazonaws.com"},
      {"https://sts.amazonaws.com/", make("https", "sts.amazonaws.com", {}, "/"), "sts.amazonaws.com"},
      {"HTTPS://STS.Amazonaws.COM/A", make("https", "sts.amazonaws.com", {}, "/A"), "sts.amazonaws.com"},
      {"http://localhost:8080/a/b?c=d&e#f", make("http", "localhost", 8080, "/a/b", "c=d&e", "f"), "localhost:8080"},
      {"http://h:80/", make("http", "h", 80, "/"), "h"},
      {"http://h:443/", make("http", "h", 443, "/"), "h:443"},
      {"https://h:443/", make("https", "h", 443, "/"), "h"},
      {"https://h:80/", make("https", "h", 80, "/"), "h:80"},
      {"http://h:65535/", make("http", "h", 65'535, "/"), "h:65535"},
      {"http://127.0.0.1:1/", make("http", "127.0.0.1", 1, "/"), "127.0.0.1:1"},
      {"http://[::1]/x", make("http", "::1", {}, "/x"), "[::1]"},
      {"http://[FD00:ec2::23]:8080/x", make("http", "fd00:ec2::23", 8080, "/x"), "[fd00:ec2::23]:8080"},
      {"http://h?q", make("http", "h", {}, "/", "q"), "h"},
      {"http://h?a?b", make("http", "h", {}, "/", "a?b"), "h"},
      {"http://h#f?g/h", make("http", "h", {}, "/", "", "f?g/h"), "h"},
      {"http://h/a//b/../c%20d", make("http", "h", {}, "/a//b/../c%20d"), "h"},
      {"http://user:pass@h/", make("http", "h", {}, "/", "", "", "user:pass"), "h"},
      {"http://good.example@evil.example/", make("http", "evil.example", {}, "/", "", "", "good.example"),
       "evil.example"},
      {"http://a@b@c/", make("http", "c", {}, "/", "", "", "a@b"), "c"},
      {"http://h/a@b", make("http", "h", {}, "/a@b"), "h"},
      {"http://h_1-x.y~/", make("http", "h_1-x.y~", {}, "/"), "h_1-x.y~"},
  };
  for (const auto& each : cases) {
    const auto url = parse_url(each.text);
    ASSERT_TRUE(url.has_value()) << each.text;
    EXPECT_EQ(*url, each.url) << each.text;
    EXPECT_EQ(host_header(*url), each.host_header) << each.text;
  }
}

TEST(Url, RefusesWhatIsNotAnHttpUrlOrWouldBeReadInTwoWays) {
  const std::vector<std::string_view> cases = {
      "",
      "h",
      "/path",
      "//h/",
      "h:80/",
      "http:",
      "http:/h",
      "http://",
      "http:///path",
      "http://:80/",
      "http://?q",
      "http://user@",
      "http://user@/",
      "ftp://h/",
      "file:///etc/passwd",
      "https ://h/",
      " http://h/",
      "http://h/ ",
      "http://h /",
      "http://h:/",
      "http://h:0/",
      "http://h:65536/",
      "http://h:99999999999999999999/",
      "http://h:8o/",
      "http://h:+80/",
      "http://h:-80/",
      "http://h:80:80/",
      "http://[::1",
      "http://::1/",
      "http://[]/",
      "http://[::1]x/",
      "http://[::1]:/",
      "http://[fe80::1%25eth0]/",
      "http://[127.0.0.1]/",
      "http://[:::]/",
      "http://h%2fx/",
      "http://h\\@evil/",
      "http://h/a\\b",
      "http://h/\r\nHost: evil",
      "http://h/a\tb",
      "http://h/%",
      "http://h/%2",
      "http://h/%zz",
      "http://h/\x7f",
      "http://b\xc3\xbc"
      "cher.example/",
      "http://h/\xc3\xbc",
      "http://h/\"",
      "http://h/<>",
      "http://h!/",
      "http://h,i/",
  };
  for (const auto& each : cases) {
    EXPECT_FALSE(parse_url(each).has_value()) << each;
  }
  EXPECT_FALSE(parse_url(std::string_view{"http://h/\0x", 11}).has_value());
}

TEST(Url, TheSchemeDecidesThePortThatIsNotNamed) {
  EXPECT_EQ(parse_url("http://h/")->effective_port(), 80);
  EXPECT_EQ(parse_url("https://h/")->effective_port(), 443);
  EXPECT_EQ(parse_url("https://h:8443/")->effective_port(), 8443);
}

}  // namespace
}  // namespace aws_refresh_session::core
