#include "core/shell_words.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aws_refresh_session::core {
namespace {

using Words = std::vector<std::string>;

struct Case {
  std::string_view text;
  Words words;
};

TEST(ShellWords, SplitsByThePosixQuotingRules) {
  const std::vector<Case> cases = {
      {"", {}},
      {" \t\r\n ", {}},
      {"a", {"a"}},
      {"a b  c\td\ne\r\nf", {"a", "b", "c", "d", "e", "f"}},
      {"  a  ", {"a"}},
      {"'a b' c", {"a b", "c"}},
      {"\"a b\" c", {"a b", "c"}},
      {"''", {""}},
      {"\"\"", {""}},
      {"a '' b", {"a", "", "b"}},
      {"a''b\"\"c", {"abc"}},
      {"a'b c'd", {"ab cd"}},
      {"--x='1 2'", {"--x=1 2"}},
      {"a\\ b", {"a b"}},
      {"\\\\ \\' \\\"", {"\\", "'", "\""}},
      {"\\a", {"a"}},
      {"a\\\nb", {"ab"}},
      {"a \\\n b", {"a", "b"}},
      {"\\\n", {}},
      {"'a\\b' 'a\\'", {"a\\b", "a\\"}},
      {"'\"'", {"\""}},
      {"\"'\"", {"'"}},
      {"\"\\$ \\` \\\" \\\\\"", {"$ ` \" \\"}},
      {"\"\\a \\'\"", {"\\a \\'"}},
      {"\"a\\\nb\"", {"ab"}},
      {"'a\\\nb'", {"a\\\nb"}},
      {"\"a\nb\"", {"a\nb"}},
      {"echo $HOME `id` $(id) | cat > x & ; * ? ~ # {a,b}",
       {"echo", "$HOME", "`id`", "$(id)", "|", "cat", ">", "x", "&", ";", "*", "?", "~", "#", "{a,b}"}},
      {"\xc3\xa4 '\xe2\x82\xac'", {"\xc3\xa4", "\xe2\x82\xac"}},
      {"\xff", {"\xff"}},
  };
  for (const auto& each : cases) {
    EXPECT_EQ(split_shell_words(each.text), std::optional{each.words}) << each.text;
  }
}

TEST(ShellWords, BadQuotingIsRefused) {
  for (const std::string_view each : {"'", "\"", "a 'b", "a \"b", "\\", "a \\", "\"a\\\"", "\"\\", "'\"", "a''\"b'"}) {
    EXPECT_EQ(split_shell_words(each), std::nullopt) << each;
  }
  EXPECT_EQ(split_shell_words(std::string_view{"a\0b", 3}), std::nullopt);
}

TEST(ShellWords, WhatIsQuotedComesBackWhole) {
  const Words words = {"", " ", "'", "\"", "\\", "a'b", "$x", "\n", "#", "\xc3\xa4"};
  std::string line;
  for (const auto& word : words) {
    line += '\'';
    for (const char each : word) {
      line += each == '\'' ? std::string{"'\\''"} : std::string{each};
    }
    line += "' ";
  }
  EXPECT_EQ(split_shell_words(line), std::optional{words});
}

}  // namespace
}  // namespace aws_refresh_session::core
