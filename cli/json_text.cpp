#include "cli/json_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

namespace aws_refresh_session::cli {
namespace {

/// How many bytes the well-formed UTF-8 sequence at the start of `text` has (Unicode 15, table 3-7); 0 if it is none.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const auto continues = [&](std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; ++i) {
      if ((byte(i) & 0xC0U) != 0x80U) {
        return false;
      }
    }
    return true;
  };
  const unsigned first = byte(0);
  const unsigned second = byte(1);
  if (first < 0x80) {
    return 1;
  }
  if (first >= 0xC2 && first <= 0xDF) {
    return continues(1, 2) ? 2 : 0;
  }
  if (first >= 0xE0 && first <= 0xEF) {
    const bool overlong = first == 0xE0 && second < 0xA0;
    const bool surrogate = first == 0xED && second > 0x9F;
    return continues(1, 3) && !overlong && !surrogate ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const bool overlong = first == 0xF0 && second < 0x90;
    const bool too_large = first == 0xF4 && second > 0x8F;
    return continues(1, 4) && !overlong && !too_large ? 4 : 0;
  }
  return 0;
}

}  // namespace

void JsonObject::text(std::string_view name, std::string_view value) {
  begin(name);
  text_.append("\"");
  while (!value.empty()) {
    const std::size_t length = sequence_length(value);
    const char c = value.front();
    if (length == 0) {
      text_.append("\xEF\xBF\xBD");
    } else if (c == '"' || c == '\\') {
      const char escaped[] = {'\\', c};
      text_.append({escaped, 2});
    } else if (static_cast<unsigned char>(c) < 0x20) {
      text_.append(fmt::format("\\u{:04x}", static_cast<unsigned char>(c)));
    } else {
      text_.append(value.substr(0, length));
    }
    value.remove_prefix(std::max<std::size_t>(length, 1));
  }
  text_.append("\"}");
}

void JsonObject::number(std::string_view name, std::uint64_t value) {
  begin(name);
  text_.append(fmt::format("{}}}", value));
}

void JsonObject::number(std::string_view name, double value) {
  begin(name);
  text_.append(fmt::format("{:.3f}}}", value));
}

void JsonObject::boolean(std::string_view name, bool value) {
  begin(name);
  text_.append(value ? "true}" : "false}");
}

void JsonObject::object(std::string_view name, const JsonObject& value) {
  begin(name);
  text_.append(value.str());
  text_.append("}");
}

void JsonObject::objects(std::string_view name, const std::deque<JsonObject>& values) {
  begin(name);
  text_.append("[");
  std::string_view between;
  for (const auto& value : values) {
    text_.append(between);
    text_.append(value.str());
    between = ", ";
  }
  text_.append("]}");
}

void JsonObject::begin(std::string_view name) {
  text_.drop_last();
  text_.append(text_.str().size() > 1 ? ", \"" : "\"");
  text_.append(name);
  text_.append("\": ");
}

}  // namespace aws_refresh_session::cli
