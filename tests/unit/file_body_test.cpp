#include "support/aws_home.hpp"

#include <aws_refresh_session/exceptions.hpp>
#include <aws_refresh_session/http_body.hpp>

#include <gtest/gtest.h>
#include <unistd.h>
#include <array>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace aws_refresh_session {
namespace {

class FileBodyTest : public ::testing::Test {
 protected:
  support::AwsHome home;

  [[nodiscard]] std::string content(std::string_view name) const {
    std::ifstream file{home.path(name)};
    return {std::istreambuf_iterator<char>{file}, {}};
  }
  [[nodiscard]] std::ptrdiff_t files() const {
    return std::distance(std::filesystem::directory_iterator{home.path()}, std::filesystem::directory_iterator{});
  }
  static std::string read_all(BodySource& source) {
    std::string text;
    std::array<char, 3> buffer{};
    while (const auto count = source.read(buffer)) {
      text.append(buffer.data(), count);
    }
    return text;
  }
  template <typename Action>
  static std::string code_of(Action action) {
    try {
      action();
    } catch (const ConfigurationError& error) {
      EXPECT_EQ(error.param(), "path");
      return error.code();
    }
    return {};
  }
};

TEST_F(FileBodyTest, AFileIsReadFromItsBeginningAsOftenAsItIsRewound) {
  home.write("f", "hello world");
  const auto source = make_file_source(home.path("f"));
  EXPECT_EQ(source->size(), 11U);
  EXPECT_EQ(read_all(*source), "hello world");
  source->rewind();
  EXPECT_EQ(read_all(*source), "hello world");
}

TEST_F(FileBodyTest, APartIsReadAloneAndOneThatIsNotThereIsRefused) {
  home.write("f", "hello world");
  const auto source = make_file_source(home.path("f"), {.offset = 6, .length = 3});
  EXPECT_EQ(source->size(), 3U);
  EXPECT_EQ(read_all(*source), "wor");
  EXPECT_EQ(read_all(*make_file_source(home.path("f"), {.offset = 11})), "");
  EXPECT_EQ(code_of([&] { static_cast<void>(make_file_source(home.path("f"), {.offset = 12})); }),
            "BodyFileUnreadable");
  EXPECT_EQ(code_of([&] { static_cast<void>(make_file_source(home.path("f"), {.offset = 6, .length = 6})); }),
            "BodyFileUnreadable");
  EXPECT_EQ(
      code_of([&] { static_cast<void>(make_file_source(home.path("f"), {.offset = 1, .length = ~std::uint64_t{0}})); }),
      "BodyFileUnreadable");
}

TEST_F(FileBodyTest, WhatIsNoRegularFileIsRefused) {
  EXPECT_EQ(code_of([&] { static_cast<void>(make_file_source(home.path("missing"))); }), "BodyFileUnreadable");
  EXPECT_EQ(code_of([&] { static_cast<void>(make_file_source(home.path())); }), "BodyFileUnreadable");
  EXPECT_EQ(code_of([&] { static_cast<void>(make_file_source("/dev/null")); }), "BodyFileUnreadable");
}

TEST_F(FileBodyTest, AFileThatShrinksIsAnErrorAndNotAnEnd) {
  home.write("f", "hello world");
  const auto source = make_file_source(home.path("f"));
  ASSERT_EQ(::truncate(home.path("f").c_str(), 4), 0);
  EXPECT_EQ(code_of([&] { read_all(*source); }), "BodyFileChanged");
}

TEST_F(FileBodyTest, ABodyGetsItsNameWhenItIsComplete) {
  home.write("f", "old");
  FileSink sink{home.path("f")};
  EXPECT_EQ(files(), 2) << "no I/O before the body";
  sink.begin();
  sink.write("broken attempt, longer");
  sink.begin();
  sink.write("new");
  EXPECT_EQ(content("f"), "old");
  EXPECT_EQ(sink.size(), 3U);
  sink.commit();
  sink.commit();
  EXPECT_EQ(content("f"), "new") << "committed once";
  EXPECT_EQ(files(), 2);
}

TEST_F(FileBodyTest, WhatIsNotCommittedLeavesNothing) {
  {
    FileSink sink{home.path("f")};
    sink.begin();
    sink.write("part");
    EXPECT_EQ(files(), 2);
  }
  EXPECT_EQ(files(), 1);
}

TEST_F(FileBodyTest, AnEmptyBodyMakesAnEmptyFile) {
  FileSink sink{home.path("f")};
  sink.commit();
  EXPECT_TRUE(std::filesystem::exists(home.path("f")));
  EXPECT_EQ(content("f"), "");
}

TEST_F(FileBodyTest, WhatCannotBeWrittenIsAnErrorThatLeavesTheOldFile) {
  EXPECT_EQ(code_of([&] { FileSink{home.path("missing/f")}.begin(); }), "BodyFileUnwritable");
  FileSink sink{home.path(".aws")};
  sink.begin();
  EXPECT_EQ(code_of([&] { sink.commit(); }), "BodyFileUnwritable") << "a directory has that name";
  EXPECT_TRUE(std::filesystem::is_directory(home.path(".aws")));
}

}  // namespace
}  // namespace aws_refresh_session
