#include "core/rfc3339.hpp"

#include "fuzzing.hpp"

#include <chrono>
#include <string>

namespace ars = aws_refresh_session;
using ars::fuzz::require;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = ars::fuzz::as_text(data, size);
  if (const auto time = ars::core::parse_rfc3339(text)) {
    const auto formatted = ars::core::format_rfc3339(*time);
    require(formatted.size() == 20);
    require(ars::core::parse_rfc3339(formatted) == std::chrono::floor<std::chrono::seconds>(*time));
    require(!ars::core::is_rfc3339_without_zone(text));
    require(ars::core::format_basic_iso8601(*time).size() == 16);
  }
  if (ars::core::is_rfc3339_without_zone(text)) {
    require(ars::core::parse_rfc3339(std::string{text} + "Z").has_value());
  }
  if (const auto time = ars::core::parse_http_date(text)) {
    require(text.size() == 29);
    require(ars::core::parse_rfc3339(ars::core::format_rfc3339(*time)) == *time);
  }
  return 0;
}
