#include "core/shell_words.hpp"

#include "fuzzing.hpp"
#include "providers/one_time_code.hpp"

#include <string>

namespace ars = aws_refresh_session;
using ars::fuzz::require;

namespace {

/// The word in single quotes, so that it splits back into itself.
std::string quote(const std::string& word) {
  std::string quoted = "'";
  for (const char each : word) {
    if (each == '\'') {
      quoted += "'\\''";
    } else {
      quoted += each;
    }
  }
  return quoted + "'";
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = ars::fuzz::as_text(data, size);
  if (const auto words = ars::core::split_shell_words(text)) {
    std::string line;
    for (const auto& word : *words) {
      line += quote(word) + " ";
    }
    require(ars::core::split_shell_words(line) == words);
  }
  if (const auto code = ars::providers::find_one_time_code(text)) {
    require(ars::providers::is_one_time_code(*code));
  }
  return 0;
}
