#pragma once

/// \file
/// Turns the text of options into values. All functions throw UsageError naming the option.

#include <aws_refresh_session/sts.hpp>

#include <chrono>
#include <string>
#include <string_view>

namespace aws_refresh_session::cli {

/// A whole number of seconds: `3600`. Nothing else: AWS spells durations so.
[[nodiscard]] std::chrono::seconds parse_seconds(std::string_view option, std::string_view text);

/// A time span: a number, and `ms`, `s` (the default), `m` or `h`; decimals are taken: `500ms`, `2.5`, `10m`.
/// From 1 ms to 24 hours.
[[nodiscard]] std::chrono::milliseconds parse_span(std::string_view option, std::string_view text);

/// A whole number from `lowest` to `highest`.
[[nodiscard]] int parse_count(std::string_view option, std::string_view text, int lowest, int highest);

/// `key=value`, split at the first `=`; the value may be empty.
[[nodiscard]] Tag parse_tag(std::string_view option, std::string_view text);

/// `arn=assertion`, split at the first `=` (ARNs of providers hold none).
[[nodiscard]] ProvidedContext parse_provided_context(std::string_view option, std::string_view text);

/// The text itself, or for `file://PATH` what the file holds (at most 1 MiB).
[[nodiscard]] std::string text_or_file(std::string_view option, const std::string& text);

}  // namespace aws_refresh_session::cli
