#pragma once

#include "cli/secret_text.hpp"

#include <aws_refresh_session/credentials.hpp>

#include <cstdint>
#include <deque>
#include <string_view>

namespace aws_refresh_session::cli {

/// Writes one JSON object (RFC 8259) member by member, in order. A JSON library would leave copies of a secret in
/// freed memory. Names must be plain ASCII; bytes of values that are not UTF-8 come out as
/// U+FFFD.
class JsonObject {
 public:
  JsonObject() { text_.append("{}"); }

  void text(std::string_view name, std::string_view value);
  void secret(std::string_view name, const SecretString& value) { text(name, value.reveal()); }
  void number(std::string_view name, std::uint64_t value);
  /// With three decimals.
  void number(std::string_view name, double value);
  void boolean(std::string_view name, bool value);
  void object(std::string_view name, const JsonObject& value);
  /// An array of objects.
  void objects(std::string_view name, const std::deque<JsonObject>& values);

  /// `{...}`, valid until the next call.
  [[nodiscard]] std::string_view str() const noexcept { return text_.str(); }

 private:
  void begin(std::string_view name);

  /// Always a complete object: the closing brace is taken off and put back.
  SecretText text_;
};

}  // namespace aws_refresh_session::cli
