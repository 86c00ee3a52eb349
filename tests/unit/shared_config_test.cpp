// The grammar and the merge of the shared files; shared_config_cache_test.cpp has the files themselves.

#include "profile/shared_config.hpp"

#include "profile/profile_lines.hpp"
#include "support/warnings.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace aws_refresh_session::profile {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::shared_ptr<const SharedConfig> parse(std::string config, std::string credentials = {}) {
  return parse_shared_config(std::move(config), std::move(credentials), {.config = "/c", .credentials = "/s"});
}

std::string describe(const std::vector<Property>& properties);

std::string describe(const Property& property) {
  std::string text{property.key};
  text += property.nested.empty() ? "=" + std::string{property.value} : "={" + describe(property.nested) + "}";
  return text;
}

std::string describe(const std::vector<Property>& properties) {
  std::string text;
  for (const auto& each : properties) {
    text += (text.empty() ? "" : "|") + describe(each);
  }
  return text;
}

/// `name: key=value|key={key=value}` for each profile.
std::vector<std::string> describe(const SharedConfig& config) {
  std::vector<std::string> profiles;
  for (const auto name : config.profile_names()) {
    const auto properties = config.profile(name)->properties();
    profiles.push_back(std::string{name} + ": " +
                       describe(std::vector<Property>(properties.begin(), properties.end())));
  }
  return profiles;
}

struct Case {
  std::string_view name;
  std::string_view config;
  std::string_view credentials;
  std::vector<std::string> profiles;
  /// Where something is ignored with a warning.
  std::vector<std::string> warnings{};
};

void PrintTo(const Case& each, std::ostream* out) {
  *out << each.name;
}

class Grammar : public ::testing::TestWithParam<Case> {};

TEST_P(Grammar, IsReadAsTheRulesSay) {
  const support::RecordedWarnings warnings;
  const auto& each = GetParam();
  const auto config = parse(std::string{each.config}, std::string{each.credentials});
  EXPECT_EQ(describe(*config), each.profiles);
  EXPECT_EQ(warnings.places(), each.warnings);
}

const std::vector<Case> kGrammar{
    {"Empty", "", "", {}},
    {"EmptyProfile", "[profile a]", "", {"a: "}},
    {"Property", "[profile a]\nk = v", "", {"a: k=v"}},
    {"BlanksAroundKeyAndValue", "[profile a]\nk \t=  \tv \t", "", {"a: k=v"}},
    {"NoBlanksAroundEquals", "[profile a]\nk=v\n", "", {"a: k=v"}},
    {"EmptyValue", "[profile a]\nk =\nl = 1", "", {"a: k=|l=1"}},
    {"EqualsInValue", "[profile a]\nk = x==\nl==\n", "", {"a: k=x==|l=="}},
    {"Unicode",
     "[profile a]\nk = \xF0\x9F\x98\x82\n[profile caf\xC3\xA9]\n",
     "",
     {"a: k=\xF0\x9F\x98\x82", "caf\xC3\xA9: "}},
    {"Crlf", "[profile a]\r\nk = v\r\nn =\r\n m = 1\r\n\r\n", "", {"a: k=v|n={m=1}"}},
    {"ByteOrderMark", "\xEF\xBB\xBF[default]\nk = v", "\xEF\xBB\xBF[default]\nl = w", {"default: k=v|l=w"}},
    {"ByteOrderMarkAlone", "\xEF\xBB\xBF", "", {}},
    {"BlankLines", "\n\t \n[profile a]\n\n \nk = v\n\n", "", {"a: k=v"}},

    {"BlanksInBrackets", "[ \tprofile \t a\t ]\n[ default ]", "[ b\t]", {"a: ", "default: ", "b: "}},
    {"TabAfterProfile", "[profile\ta]", "", {"a: "}},
    {"DoubleQuotes", "[profile \"a b\"]\n[profile\t\"c\" ]", "", {"a b: ", "c: "}},
    {"SingleQuotes", "[profile 'a b']", "['c d']", {"a b: ", "c d: "}},
    {"BracketInQuotes", "[profile \"a]b\"]", "", {"a]b: "}},
    {"OneQuoteIsALetter", "[profile bob's]\n[profile \"x]", "", {"bob's: ", "\"x: "}},
    {"AllCharactersOfAName", "[profile Az09-_/.%@:+]", "", {"Az09-_/.%@:+: "}},
    {"CommentAfterBracket", "[profile a]; x ]\n[profile b]# x\n[profile c] # x", "", {"a: ", "b: ", "c: "}},
    {"TextAfterBracket", "[profile a] x\nk = v", "", {"a: k=v"}, {"profile.ignored /c:1"}},
    {"NamesKeepTheirLetterCase", "[profile A]\n[profile a]", "", {"A: ", "a: "}},

    {"CommentLines", "# x\n[default]\n; [profile b]\n#k = v\nl = w\n#", "", {"default: l=w"}},
    {"CommentBehindAValue", "[default]\na = v # x\nb = v ; x\nc = v\t# x\nd =v #", "", {"default: a=v|b=v|c=v|d=v"}},
    {"CommentSignInAValue", "[default]\na = v# x\nb = v;x\nc =#v\nd = #v", "", {"default: a=v# x|b=v;x|c=#v|d="}},
    {"CommentThenMap", "[default]\na = # x\n b = c # x\n", "", {"default: a={b=c}"}},
    {"IndentedComment", "[default]\n  # x\na = v\n  ; x\nb = w", "", {"default: a=v|b=w"}},

    {"Continuation", "[default]\nk = v\n w\n\t\tx", "", {"default: k=v\nw\nx"}},
    {"ContinuationIsTrimmed", "[default]\nk = v \t \n \t w \t ", "", {"default: k=v\nw"}},
    {"ContinuationGoesOnAfterABlankLine", "[default]\nk = v\n\n w", "", {"default: k=v\nw"}},
    {"ContinuationKeepsCommentSigns", "[default]\nk = v # x\n w # y", "", {"default: k=v\nw # y"}},
    {"ContinuationMayLookLikeAnything", "[default]\nk = v\n [x]\n l = w", "", {"default: k=v\n[x]\nl = w"}},
    {"SubProperties", "[default]\ns3 =\n  b = 1\n\n \n\tA=2=\nk = v", "", {"default: k=v|s3={a=2=|b=1}"}},
    {"EmptySubProperty", "[default]\ns3 =\n b =", "", {"default: s3={b=}"}},
    {"SubPropertyTwice", "[default]\ns3 =\n b = 1\n b = 2", "", {"default: s3={b=2}"}},

    {"SectionTwice", "[profile a]\nk = v\n[profile b]\n[profile a]\nl = w", "", {"a: k=v|l=w", "b: "}},
    {"KeyTwice", "[profile a]\nk = v\nk = w", "", {"a: k=w"}},
    {"KeyTwiceInSectionTwice", "[profile a]\nk = v\n[profile a]\nk = w\n", "", {"a: k=w"}},
    {"KeysIgnoreLetterCase", "[default]\nReGion = X\nREGION = Y", "[default]\nreGION = Z", {"default: region=Z"}},
    {"EmptyKeyWinsToo", "[default]\nk = v\nk =", "", {"default: k="}},
    {"MapReplacesMap", "[default]\nk =\n a = 1\nk =\n b = 2", "", {"default: k={b=2}"}},

    {"DefaultWithPrefixFirst",
     "[profile default]\na = 1\n[default]\nb = 2",
     "",
     {"default: a=1"},
     {"profile.ignored /c:3"}},
    {"DefaultWithPrefixLast",
     "[default]\nb = 2\n[profile default]\na = 1",
     "",
     {"default: a=1"},
     {"profile.ignored /c:1"}},
    {"DefaultInBothForms",
     "[profile default]\na = 1\n[default]\nb = 2\n[profile default]\nc = 3",
     "[default]\nd = 4",
     {"default: a=1|c=3|d=4"},
     {"profile.ignored /c:3"}},

    {"FilesMerge", "[profile a]\nk = v\nl = v", "[a]\nk = w\n[b]", {"a: k=w|l=v", "b: "}},
    {"CredentialsWinKeyByKey", "[default]\na = 1\nb = 1", "[default]\nb = 2\nc = 2", {"default: a=1|b=2|c=2"}},
    {"NamesWithBlanksInCredentials", "", "[a b]\nk = v", {"a b: k=v"}},
    {"PrefixInCredentials", "", "[profile a]\nk = v\n[b]", {"b: "}, {"profile.ignored /s:1"}},
    {"OtherSectionsInCredentials",
     "",
     "[sso-session a]\nk = v\n[services b]\n",
     {},
     {"profile.ignored /s:1", "profile.ignored /s:3"}},
    {"NoPrefixInConfig", "[a]\nk = v\n k\n[profile b]", "", {"b: "}, {"profile.ignored /c:1"}},
    {"UnknownSectionType",
     "[plugin a]\nk = v\n[plugins]\n[profile b]",
     "",
     {"b: "},
     {"profile.ignored /c:1", "profile.ignored /c:3"}},
    {"NameWithBlanksInConfig", "[profile a b]\nk = v", "", {}, {"profile.ignored /c:1"}},
    {"NoName",
     "[profile]\n[]\n[profile \"\"]\n[ ]",
     "[]",
     {},
     {"profile.ignored /c:1", "profile.ignored /c:2", "profile.ignored /c:3", "profile.ignored /c:4",
      "profile.ignored /s:1"}},
    {"KeyWithBlanks", "[default]\na b = 1\n  more\nc = 2", "", {"default: c=2"}, {"profile.ignored /c:2"}},
    {"ProfileIsNoPrefixOfAWord",
     "[profilea]\nk = v\n[Profile b]",
     "",
     {},
     {"profile.ignored /c:1", "profile.ignored /c:3"}},
};

INSTANTIATE_TEST_SUITE_P(SharedConfig, Grammar, ::testing::ValuesIn(kGrammar),
                         [](const auto& each) { return std::string{each.param.name}; });

struct Malformed {
  std::string_view name;
  std::string_view config;
  std::string_view credentials;
  /// File and line.
  std::string_view place;
};

void PrintTo(const Malformed& each, std::ostream* out) {
  *out << each.name;
}

class MalformedFile : public ::testing::TestWithParam<Malformed> {};

TEST_P(MalformedFile, IsAnErrorThatNamesTheLineAndNotItsText) {
  const auto& each = GetParam();
  try {
    static_cast<void>(parse(std::string{each.config}, std::string{each.credentials}));
    ADD_FAILURE() << "was taken";
  } catch (const ConfigurationError& error) {
    EXPECT_EQ(error.code(), "ConfigFileMalformed");
    EXPECT_EQ(error.kind(), ErrorKind::non_recoverable);
    EXPECT_EQ(error.value(), each.place);
    const std::string_view what = error.what();
    EXPECT_TRUE(what.find("SECRETCANARY") == std::string_view::npos);
    EXPECT_NE(what.find(each.place.substr(0, 2)), std::string_view::npos);
  }
}

using namespace std::string_view_literals;

const std::vector<Malformed> kMalformed{
    {"NoEquals", "", "[default]\n\naws_secret_access_key : SECRETCANARY", "/s:3"},
    {"NoEqualsBeforeAComment", "[default]\nSECRETCANARY # a = b", "", "/c:2"},
    {"HalfALine", "[default]\naws_access_key_id = A\naws_secret_acc", "", "/c:3"},
    {"NoKey", "[default]\n= SECRETCANARY", "", "/c:2"},
    {"BeforeAnySection", "# x\naws_secret_access_key = SECRETCANARY\n[default]", "", "/c:2"},
    {"IndentedBeforeAnySection", " [default]\n k = SECRETCANARY", "", "/c:1"},
    {"ContinuesNothing", "[default]\n SECRETCANARY", "", "/c:2"},
    {"ContinuesNothingAfterASection", "[profile a]\nk = v\n[profile b]\n SECRETCANARY", "", "/c:4"},
    {"BracketNotClosed", "[profile SECRETCANARY\nk = v", "", "/c:1"},
    {"BracketNotClosedBeforeAnything", "[", "", "/c:1"},
    {"BracketNotClosedAfterAQuote", "[profile \"SECRETCANARY\"", "", "/c:1"},
    {"BracketNotClosedInCredentials", "", "[default]\n[SECRETCANARY\n", "/s:2"},
    {"SubPropertyWithoutEquals", "[default]\ns3 =\n SECRETCANARY", "", "/c:3"},
    {"SubPropertyWithoutKey", "[default]\ns3 =\n = SECRETCANARY", "", "/c:3"},
    {"InAnIgnoredSection", "[plugins]\nSECRETCANARY", "", "/c:2"},
    {"NulByte", "[default]\nk = SECRET\0CANARY\n"sv, "", "/c:2"},
    {"Utf16", "\xFF\xFE[\0d\0e\0f\0"sv, "", "/c:1"},
    {"Binary", "\x7F\x45LF\x02\x01\x01\0\0\0"sv, "", "/c:1"},
    {"Latin1", "[default]\n\n# caf\xE9\n", "", "/c:3"},
};

INSTANTIATE_TEST_SUITE_P(SharedConfig, MalformedFile, ::testing::ValuesIn(kMalformed),
                         [](const auto& each) { return std::string{each.param.name}; });

TEST(SharedConfig, OtherSectionsAreFoundByTheirNames) {
  const auto config = parse(
      "[sso-session one]\nsso_region = eu-west-1\n[services two]\nsts =\n  endpoint_url = http://x # y\n"
      "[profile one]\n[sso-session \"a b\"]\n");
  ASSERT_NE(config->sso_session("one"), nullptr);
  EXPECT_EQ(config->sso_session("one")->get("sso_region"), "eu-west-1");
  EXPECT_NE(config->sso_session("a b"), nullptr);
  EXPECT_EQ(config->sso_session("two"), nullptr);
  const auto* services = config->services("two");
  ASSERT_NE(services, nullptr);
  EXPECT_EQ(describe(*services->find("sts")), "sts={endpoint_url=http://x}");
  EXPECT_EQ(config->services("one"), nullptr);
  EXPECT_THAT(config->profile_names(), ElementsAre("one"));
}

TEST(SharedConfig, ABlankValueIsNone) {
  const auto config = parse("[default]\na =\nb = 1\n");
  const auto* profile = config->profile("default");
  EXPECT_EQ(profile->get("a"), std::nullopt);
  EXPECT_EQ(profile->get("b"), "1");
  EXPECT_EQ(profile->get("c"), std::nullopt);
  EXPECT_NE(profile->find("a"), nullptr);
  EXPECT_EQ(profile->find("B"), nullptr) << "keys are asked for in lower case";
  EXPECT_EQ(config->profile("x"), nullptr);
}

TEST(SharedConfig, PlacesNameFileAndLine) {
  const auto config = parse("\n[profile a]\nk = v\n x\nm =\n n = 1\n", "[a]\nl = w\n[b]");
  const auto* profile = config->profile("a");
  EXPECT_EQ(config->place(*profile), "/c:2");
  EXPECT_EQ(config->place(*profile->find("k")), "/c:3");
  EXPECT_EQ(config->place(profile->find("m")->nested.front()), "/c:6");
  EXPECT_EQ(config->place(*profile->find("l")), "/s:2");
  EXPECT_EQ(config->place(*config->profile("b")), "/s:3");
  EXPECT_EQ(config->locations(), (FileLocations{.config = "/c", .credentials = "/s"}));
}

TEST(SharedConfig, AFileFullOfOddLinesWarnsTenTimesAtMost) {
  const support::RecordedWarnings warnings;
  std::string text;
  for (int index = 0; index < 1000; ++index) {
    text += "[odd]\n";
  }
  static_cast<void>(parse(text));
  EXPECT_EQ(warnings.places().size(), 10U);
  EXPECT_EQ(warnings.places().back(), "profile.ignored /c");
}

TEST(SharedConfig, ManyKeysAndSectionsDoNotTakeQuadraticTime) {
  std::string text = "[profile a]\n";
  for (int index = 0; index < 100'000; ++index) {
    text += "k" + std::to_string(index % 50'000) + " = " + std::to_string(index) + "\n[profile a]\n";
  }
  const auto config = parse(text);  // the test's time limit fails what is quadratic
  EXPECT_EQ(config->profile("a")->properties().size(), 50'000U);
  EXPECT_EQ(config->profile("a")->get("k7"), "50007");
}

TEST(SharedConfig, ALongContinuationDoesNotTakeQuadraticTime) {
  std::string text = "[default]\nk = v";
  for (int index = 0; index < 500'000; ++index) {
    text += "\n w";
  }
  EXPECT_EQ(parse(text)->profile("default")->get("k")->size(), 1'000'001U);
}

TEST(SharedConfig, TextIsFoundToEndWhereUtf8DoesOrAtANulByte) {
  const std::vector<std::pair<std::string_view, std::size_t>> cases{
      {"", 0},
      {"a", 1},
      {"0123456789abcdef", 16},
      {"01234567\0"sv, 8},
      {"\0"sv, 0},
      {"0123456\x80", 7},
      {"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x82", 9},
      {"\xC0\x80", 0},
      {"a\xC3", 1},
      {"\xE0\x80\x80", 0},
      {"\xED\xA0\x80", 0},
      {"\xEF\xBF\xBF", 3},
      {"\xF0\x80\x80\x80", 0},
      {"\xF4\x8F\xBF\xBF", 4},
      {"\xF4\x90\x80\x80", 0},
      {"\xF5\x80\x80\x80", 0},
      {"\xE2\x82", 0},
  };
  for (const auto& [text, end] : cases) {
    EXPECT_EQ(find_non_text(text), end) << ::testing::PrintToString(text);
  }
}

}  // namespace
}  // namespace aws_refresh_session::profile
