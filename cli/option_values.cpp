#include "cli/option_values.hpp"

#include "cli/usage_error.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <memory>
#include <optional>
#include <system_error>

namespace aws_refresh_session::cli {
namespace {

constexpr std::size_t kLargestFile = std::size_t{1} << 20;
constexpr double kLongestSpanMs = 24.0 * 3600 * 1000;

/// What the user typed, short enough for one line and without anything a terminal would act on.
std::string shown(std::string_view text) {
  constexpr std::size_t kMost = 60;
  std::string out;
  for (const char c : text.substr(0, kMost)) {
    const auto byte = static_cast<unsigned char>(c);
    out += byte < 0x20 || byte == 0x7f ? '?' : c;
  }
  return text.size() > kMost ? out + "..." : out;
}

template <typename Number>
std::optional<Number> whole(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return number;
}

/// Digits with at most one point: no sign, no exponent, no `inf`.
std::optional<double> decimal(std::string_view text) {
  if (text.empty() || text.find_first_not_of("0123456789.") != std::string_view::npos) {
    return std::nullopt;
  }
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return number;
}

}  // namespace

std::chrono::seconds parse_seconds(std::string_view option, std::string_view text) {
  // AWS's own limits are the library's to check; this one keeps the arithmetic whole.
  constexpr int kMost = 100'000'000;
  const auto number = whole<int>(text);
  if (!number || *number < 1 || *number > kMost) {
    throw UsageError{
        fmt::format("{}: '{}' is not a number of seconds. Give a whole number such as 3600.", option, shown(text))};
  }
  return std::chrono::seconds{*number};
}

std::chrono::milliseconds parse_span(std::string_view option, std::string_view text) {
  const auto unit_at = text.find_last_of("0123456789.");
  const auto digits = unit_at == std::string_view::npos ? std::string_view{} : text.substr(0, unit_at + 1);
  const auto unit = text.substr(digits.size());
  double factor = 0;
  if (unit == "ms") {
    factor = 1;
  } else if (unit.empty() || unit == "s") {
    factor = 1'000;
  } else if (unit == "m") {
    factor = 60'000;
  } else if (unit == "h") {
    factor = 3'600'000;
  }
  const auto number = decimal(digits);
  if (!number || factor == 0) {
    throw UsageError{fmt::format(
        "{}: '{}' is not a time span. Give a number of seconds, or one with ms, s, m or h: 2.5, 500ms, 10m.", option,
        shown(text))};
  }
  const double milliseconds = std::round(*number * factor);
  if (milliseconds < 1 || milliseconds > kLongestSpanMs) {
    throw UsageError{fmt::format("{}: '{}' is out of range. Give 1ms to 24h.", option, shown(text))};
  }
  return std::chrono::milliseconds{static_cast<std::chrono::milliseconds::rep>(milliseconds)};
}

int parse_count(std::string_view option, std::string_view text, int lowest, int highest) {
  const auto number = whole<int>(text);
  if (!number || *number < lowest || *number > highest) {
    throw UsageError{
        fmt::format("{}: '{}' will not do. Give a whole number from {} to {}.", option, shown(text), lowest, highest)};
  }
  return *number;
}

Tag parse_tag(std::string_view option, std::string_view text) {
  const auto at = text.find('=');
  if (at == std::string_view::npos || at == 0) {
    throw UsageError{
        fmt::format("{}: '{}' is not a tag. Give key=value, and repeat the option for more.", option, shown(text))};
  }
  return {std::string{text.substr(0, at)}, std::string{text.substr(at + 1)}};
}

ProvidedContext parse_provided_context(std::string_view option, std::string_view text) {
  const auto at = text.find('=');
  if (at == std::string_view::npos || at == 0 || at + 1 == text.size()) {
    // The assertion is a signed token: it is not repeated.
    throw UsageError{fmt::format(
        "{}: this is not a provided context. Give PROVIDER_ARN=ASSERTION, and repeat the option for more.", option)};
  }
  return {std::string{text.substr(0, at)}, std::string{text.substr(at + 1)}};
}

std::string text_or_file(std::string_view option, const std::string& text) {
  constexpr std::string_view kScheme = "file://";
  if (text.compare(0, kScheme.size(), kScheme) != 0) {
    return text;
  }
  const std::string path = text.substr(kScheme.size());
  const auto fail = [&](const std::string& why) {
    throw UsageError{fmt::format("{}: cannot read '{}': {}.", option, shown(path), why)};
  };

  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file{std::fopen(path.c_str(), "rbe"), &std::fclose};
  if (!file) {
    fail(std::generic_category().message(errno));
  }
  std::string content(kLargestFile + 1, '\0');
  errno = 0;
  content.resize(std::fread(content.data(), 1, content.size(), file.get()));
  if (std::ferror(file.get()) != 0) {
    fail(std::generic_category().message(errno));
  }
  if (content.size() > kLargestFile) {
    fail("it is larger than 1 MiB");
  }
  return content;
}

}  // namespace aws_refresh_session::cli
