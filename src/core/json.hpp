#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace aws_refresh_session::core {

/// Parses JSON from outside, within limits: at most 1 MiB and 32 levels of nesting. Of a repeated key the last value
/// counts. Throws nothing but std::bad_alloc; anything else is nullopt. The values are not wiped.
[[nodiscard]] std::optional<nlohmann::json> parse_json(std::string_view text);

/// True for a text that `parse_json` takes and that is an object, as a policy must be.
[[nodiscard]] bool is_json_object(std::string_view text);

/// The text member of that name; nullopt if it is missing or no text, or `value` is no object.
[[nodiscard]] std::optional<std::string> json_text(const nlohmann::json& value, std::string_view name);

/// Zeroes every text in the document, whatever it was for.
void wipe_texts(nlohmann::json& value);

/// What an AWS service says in a JSON error answer.
struct JsonError {
  /// The bare name: `AccessDenied` of `com.amazonaws.x#AccessDenied:http://...`.
  std::string code;
  std::string message;
};

/// Reads `{"__type" | "code" | "Code": ..., "message" | "Message": ...}`; nullopt if there is neither.
/// https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html#operation-error-serialization
[[nodiscard]] std::optional<JsonError> parse_json_error(std::string_view text);

}  // namespace aws_refresh_session::core
