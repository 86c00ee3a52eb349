#include "emulator/sts_parameters.hpp"

#include "emulator/aws_error.hpp"
#include "emulator/http_message.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>

namespace aws_refresh_session::emulator {
namespace {

constexpr std::size_t kMostPolicies = 10;
constexpr std::size_t kMostTags = 50;
constexpr std::size_t kMostContexts = 5;
constexpr std::size_t kMostLogged = 200;

/// What AWS's patterns allow beside `\w`. Letters there are ASCII.
constexpr std::string_view kNameMarks = "+=,.@-";
constexpr std::string_view kExternalIdMarks = "+=,.@:/-";
constexpr std::string_view kSerialMarks = "+=/:,.@-";

bool is_word(char c, std::string_view marks) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' ||
         marks.find(c) != std::string_view::npos;
}

/// Short and printable, for an error message.
std::string shown(std::string_view value) {
  std::string text{value.substr(0, 100)};
  std::ranges::replace_if(
      text, [](char c) { return c < ' ' || c > '~'; }, '?');
  return text;
}

/// Characters, not bytes: AWS counts so.
std::size_t length(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
}

/// Reads parameters and collects what is wrong with them, as AWS reports it: all at once.
class Reader {
 public:
  explicit Reader(const Parameters& parameters) : parameters_(parameters) {}

  [[nodiscard]] std::optional<std::string> find(std::string_view name) const {
    const auto found = std::ranges::find(parameters_, name, &Parameters::value_type::first);
    return found == parameters_.end() ? std::nullopt : std::optional{found->second};
  }

  std::string required(std::string_view name, std::size_t least, std::size_t most) {
    if (const auto value = find(name)) {
      bounded(name, *value, least, most);
      return *value;
    }
    complain(fmt::format("Value null at '{}' failed to satisfy constraint: Member must not be null", place(name)));
    return {};
  }

  std::string optional(std::string_view name, std::size_t least, std::size_t most, std::string_view marks) {
    const auto value = find(name);
    if (!value) {
      return {};
    }
    bounded(name, *value, least, most);
    pattern(name, *value, marks);
    return *value;
  }

  void pattern(std::string_view name, std::string_view value, std::string_view marks) {
    if (!std::ranges::all_of(value, [marks](char c) { return is_word(c, marks); })) {
      complain(
          fmt::format("Value '{}' at '{}' failed to satisfy constraint: Member must satisfy regular expression "
                      "pattern: [\\w{}]*",
                      shown(value), place(name), marks));
    }
  }

  void bounded(std::string_view name, std::string_view value, std::size_t least, std::size_t most) {
    const auto size = length(value);
    if (size < least || size > most) {
      complain(
          fmt::format("Value '{}' at '{}' failed to satisfy constraint: Member must have length {} than or equal "
                      "to {}",
                      shown(value), place(name), size < least ? "greater" : "less", size < least ? least : most));
    }
  }

  /// A code is not repeated in a message.
  std::string token_code() {
    const auto code = find("TokenCode");
    if (code && (code->size() != 6 || code->find_first_not_of("0123456789") != std::string::npos)) {
      complain("Value at 'tokenCode' failed to satisfy constraint: Member must be six digits");
    }
    return code.value_or("");
  }

  std::optional<std::chrono::seconds> duration() {
    const auto text = find("DurationSeconds");
    if (!text) {
      return std::nullopt;
    }
    int count = 0;
    const auto [rest, error] = std::from_chars(text->data(), text->data() + text->size(), count);
    if (error != std::errc{} || rest != text->data() + text->size()) {
      throw AwsError(400, "MalformedInput", "DurationSeconds is not a number.");
    }
    return std::chrono::seconds{count};
  }

  /// The numbers N of the parameters `LIST.member.N...`, in order.
  [[nodiscard]] std::set<unsigned> members(std::string_view list) const {
    const auto prefix = fmt::format("{}.member.", list);
    std::set<unsigned> numbers;
    for (const auto& [name, value] : parameters_) {
      unsigned number = 0;
      if (name.starts_with(prefix) &&
          std::from_chars(name.data() + prefix.size(), name.data() + name.size(), number).ec == std::errc{}) {
        numbers.insert(number);
      }
    }
    return numbers;
  }

  void at_most(std::string_view list, std::size_t count, std::size_t most) {
    if (count > most) {
      complain(
          fmt::format("Value at '{}' failed to satisfy constraint: Member must have length less than or equal to {}",
                      place(list), most));
    }
  }

  void finish() const {
    if (!complaints_.empty()) {
      throw AwsError(400, "ValidationError",
                     fmt::format("{} validation error{} detected: {}", complaints_.size(),
                                 complaints_.size() == 1 ? "" : "s", fmt::join(complaints_, "; ")));
    }
  }

 private:
  /// AWS names members with a small first letter.
  static std::string place(std::string_view name) { return lower(name.substr(0, 1)) + std::string{name.substr(1)}; }
  void complain(std::string text) { complaints_.push_back(std::move(text)); }

  const Parameters& parameters_;
  std::vector<std::string> complaints_;
};

void read_tags(Reader& reader, AssumeRoleRequest& request) {
  std::set<std::string> seen;
  const auto numbers = reader.members("Tags");
  reader.at_most("Tags", numbers.size(), kMostTags);
  for (const unsigned number : numbers) {
    const auto key = reader.required(fmt::format("Tags.member.{}.Key", number), 1, 128);
    const auto value = reader.required(fmt::format("Tags.member.{}.Value", number), 0, 256);
    if (!seen.insert(lower(key)).second) {
      throw AwsError(400, "InvalidParameterValue",
                     "Duplicate tag keys found. Please note that Tag keys are case insensitive.");
    }
    request.tags.push_back({.key = key, .value = value});
  }
  const auto keys = reader.members("TransitiveTagKeys");
  reader.at_most("TransitiveTagKeys", keys.size(), kMostTags);
  for (const unsigned number : keys) {
    const auto key = lower(reader.required(fmt::format("TransitiveTagKeys.member.{}", number), 1, 128));
    if (!seen.contains(key)) {
      throw AwsError(400, "InvalidParameterValue",
                     "The specified transitive tag key must be included in the requested tags.");
    }
    request.transitive_tag_keys.insert(key);
  }
}

void read_policies(Reader& reader, AssumeRoleRequest& request) {
  if (const auto policy = reader.find("Policy")) {
    reader.bounded("Policy", *policy, 1, 2'048);
    const auto json = nlohmann::json::parse(*policy, nullptr, false);
    if (!json.is_object() || !json.contains("Statement")) {
      throw AwsError(400, "MalformedPolicyDocument", "The session policy is not a policy document in JSON.");
    }
    request.policy = *policy;
  }
  const auto numbers = reader.members("PolicyArns");
  reader.at_most("PolicyArns", numbers.size(), kMostPolicies);
  for (const unsigned number : numbers) {
    request.policy_arns.push_back(reader.required(fmt::format("PolicyArns.member.{}.arn", number), 20, 2'048));
  }
}

}  // namespace

AssumeRoleRequest read_assume_role(const Parameters& parameters) {
  Reader reader{parameters};
  AssumeRoleRequest request;
  request.role_arn = reader.required("RoleArn", 20, 2'048);
  request.role_session_name = reader.required("RoleSessionName", 2, 64);
  reader.pattern("RoleSessionName", request.role_session_name, kNameMarks);
  read_policies(reader, request);
  request.duration = reader.duration();
  request.external_id = reader.optional("ExternalId", 2, 1'224, kExternalIdMarks);
  request.serial_number = reader.optional("SerialNumber", 9, 256, kSerialMarks);
  request.token_code = reader.token_code();
  read_tags(reader, request);
  request.source_identity = reader.optional("SourceIdentity", 2, 64, kNameMarks);
  const auto contexts = reader.members("ProvidedContexts");
  reader.at_most("ProvidedContexts", contexts.size(), kMostContexts);
  for (const unsigned number : contexts) {
    static_cast<void>(reader.required(fmt::format("ProvidedContexts.member.{}.ProviderArn", number), 20, 2'048));
    static_cast<void>(reader.required(fmt::format("ProvidedContexts.member.{}.ContextAssertion", number), 4, 2'048));
  }
  request.provided_contexts = contexts.size();
  reader.finish();
  return request;
}

SessionTokenRequest read_get_session_token(const Parameters& parameters) {
  Reader reader{parameters};
  SessionTokenRequest request;
  request.duration = reader.duration();
  request.serial_number = reader.optional("SerialNumber", 9, 256, kSerialMarks);
  request.token_code = reader.token_code();
  reader.finish();
  return request;
}

std::map<std::string, std::string> loggable(const Parameters& parameters) {
  std::map<std::string, std::string> result;
  for (const auto& [name, value] : parameters) {
    if (name.starts_with("X-Amz-") || result.size() == kMostLogged) {
      continue;
    }
    const bool secret = name == "TokenCode" || name.ends_with(".ContextAssertion");
    result.insert_or_assign(name.substr(0, 128), secret ? "***" : value.substr(0, 2'048));
  }
  return result;
}

}  // namespace aws_refresh_session::emulator
