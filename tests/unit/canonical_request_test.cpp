#include "aws/canonical_request.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace aws_refresh_session::aws {
namespace {

struct PathCase {
  const char* path;
  const char* other_services;
  const char* s3;
};

TEST(CanonicalPath, FollowsTheRulesOfTheService) {
  for (const auto& each : {
           PathCase{"", "/", "/"},
           PathCase{"/", "/", "/"},
           PathCase{"//", "/", "//"},
           PathCase{"/a//b/", "/a/b/", "/a//b/"},
           PathCase{"/a/./b/../c", "/a/c", "/a/./b/../c"},
           PathCase{"/../..", "/", "/../.."},
           PathCase{"/a/.", "/a", "/a/."},
           PathCase{"/a b", "/a%20b", "/a%20b"},
           PathCase{"/a%20b", "/a%2520b", "/a%20b"},
           PathCase{"/a*b~c", "/a%2Ab~c", "/a%2Ab~c"},
           PathCase{"/a%2ab", "/a%252ab", "/a%2Ab"},
           PathCase{"/%41", "/%2541", "/A"},
           PathCase{"/a%2Fb%2fc", "/a%252Fb%252fc", "/a%2Fb%2Fc"},
           PathCase{"/100%", "/100%25", "/100%25"},
           PathCase{"/%2", "/%252", "/%252"},
           PathCase{"/\xC3\xA9", "/%C3%A9", "/%C3%A9"},
       }) {
    EXPECT_EQ(canonical_path(each.path, PathRules::normalize_and_encode_twice), each.other_services) << each.path;
    EXPECT_EQ(canonical_path(each.path, PathRules::as_key), each.s3) << each.path;
  }
}

TEST(CanonicalQuery, IsDecodedEncodedAndSorted) {
  const std::vector<std::pair<const char*, const char*>> cases{
      {"", ""},
      {"list", "list="},
      {"b=2&a=1", "a=1&b=2"},
      {"a=2&a=1&a", "a=&a=1&a=2"},
      {"a-b=1&a=2", "a=2&a-b=1"},
      {"p=a/b:c", "p=a%2Fb%3Ac"},
      {"p=a%2fb", "p=a%2Fb"},
      {"p=%7e%41", "p=~A"},
      {"p=1+1", "p=1%2B1"},
      {"p=a=b", "p=a%3Db"},
      {"&&a=1&", "a=1"},
      {"=x", "=x"},
      {"p=100%", "p=100%25"},
      {"p=*", "p=%2A"},
  };
  for (const auto& [query, expected] : cases) {
    EXPECT_EQ(canonical_query(query), expected) << query;
  }
}

TEST(SplitUrl, CutsAtTheDelimitersOnly) {
  const auto url = split_url("https://user@host:8443/p?q=/?#f");
  EXPECT_EQ(url.scheme, "https");
  EXPECT_EQ(url.authority, "host:8443");
  EXPECT_EQ(url.path, "/p");
  EXPECT_EQ(url.query, "q=/?");
  EXPECT_EQ(host_header(split_url("https://h:443/")), "h");
  EXPECT_EQ(host_header(split_url("http://h:80")), "h");
  EXPECT_EQ(host_header(split_url("http://h:443")), "h:443");
  EXPECT_EQ(host_header(split_url("http://[::1]:8080/")), "[::1]:8080");
}

TEST(SplitUrl, RefusesWhatIsNotAbsolute) {
  for (const auto* url : {"", "/path", "host/path", "https://", "https:///x", "://h", "https://user@/x"}) {
    EXPECT_THROW(static_cast<void>(split_url(url)), ValidationError) << url;
  }
}

}  // namespace
}  // namespace aws_refresh_session::aws
