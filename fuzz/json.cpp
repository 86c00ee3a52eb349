#include "core/json.hpp"

#include "fuzzing.hpp"

namespace ars = aws_refresh_session;
using ars::fuzz::require;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = ars::fuzz::as_text(data, size);
  const auto value = ars::core::parse_json(text);
  require(ars::core::is_json_object(text) == (value && value->is_object()));
  const auto error = ars::core::parse_json_error(text);
  require(!error || value);
  if (value) {
    require(ars::core::parse_json(value->dump()) == value);
  }
  return 0;
}
