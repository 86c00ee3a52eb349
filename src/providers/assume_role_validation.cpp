#include "aws/endpoints.hpp"
#include "core/json.hpp"

#include <aws_refresh_session/exceptions.hpp>
#include <aws_refresh_session/sts.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <set>

// The limits of https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html and of the API's model. Where
// AWS writes \w it means ASCII: no locale decides here.

namespace aws_refresh_session {
namespace {

/// \param value shown in the error; empty for what nobody should see
[[noreturn]] void refuse(const std::string& param, const std::string& message, std::string_view value = {}) {
  constexpr std::size_t kLongestShown = 128;
  throw ValidationError{{.message = param + ' ' + message,
                         .code = "InvalidParameter",
                         .param = param,
                         .value = std::string{value.substr(0, kLongestShown)}}};
}

bool is_word(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool consists_of_word_and(std::string_view text, std::string_view others) noexcept {
  return std::all_of(text.begin(), text.end(),
                     [&](char c) { return is_word(c) || others.find(c) != std::string_view::npos; });
}

/// One code point off the front; nullopt for what is not UTF-8 (RFC 3629).
std::optional<char32_t> take_code_point(std::string_view& text) noexcept {
  const auto first = static_cast<unsigned char>(text.front());
  std::size_t length = 1;
  char32_t point = first;
  char32_t least = 0;
  if (first >= 0x80) {
    if ((first & 0xE0U) == 0xC0U) {
      length = 2, point = first & 0x1FU, least = 0x80;
    } else if ((first & 0xF0U) == 0xE0U) {
      length = 3, point = first & 0x0FU, least = 0x800;
    } else if ((first & 0xF8U) == 0xF0U) {
      length = 4, point = first & 0x07U, least = 0x10000;
    } else {
      return std::nullopt;
    }
  }
  if (text.size() < length) {
    return std::nullopt;
  }
  for (std::size_t i = 1; i < length; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xC0U) != 0x80U) {
      return std::nullopt;
    }
    point = (point << 6U) | (next & 0x3FU);
  }
  if (point < least || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) {
    return std::nullopt;
  }
  text.remove_prefix(length);
  return point;
}

/// The number of characters, if every one passes.
template <typename Predicate>
std::optional<std::size_t> count_characters(std::string_view text, Predicate allowed) {
  std::size_t count = 0;
  while (!text.empty()) {
    const auto point = take_code_point(text);
    if (!point || !allowed(*point)) {
      return std::nullopt;
    }
    ++count;
  }
  return count;
}

/// AWS takes letters, digits and spaces of all scripts. Their tables are the service's: past ASCII only control
/// characters are refused.
bool is_tag_character(char32_t point) noexcept {
  constexpr char32_t kFirstPastControls = 0xA0;
  if (point < 0x80) {
    const auto c = static_cast<char>(point);
    return is_word(c) || std::string_view{" .:/=+-@"}.find(c) != std::string_view::npos;
  }
  return point >= kFirstPastControls;
}

std::string range(std::size_t least, std::size_t most) {
  return "must have " + std::to_string(least) + " to " + std::to_string(most) + " characters";
}

void check_word(const std::string& param, std::string_view value, std::size_t least, std::size_t most,
                std::string_view others) {
  if (value.size() < least || value.size() > most) {
    refuse(param, range(least, most), value);
  }
  if (!consists_of_word_and(value, others)) {
    refuse(param, "may hold ASCII letters, digits and any of _" + std::string{others}, value);
  }
}

/// `arn:partition:service:region:account:resource`; region and account may be empty.
void check_arn(const std::string& param, std::string_view value) {
  constexpr std::size_t kShortest = 20;
  constexpr std::size_t kLongest = 2048;
  const auto count = count_characters(value, [](char32_t point) { return point > 0x20 && point != 0x7F; });
  if (!count) {
    refuse(param, "must not hold spaces, control characters or broken UTF-8");
  }
  if (*count < kShortest || *count > kLongest) {
    refuse(param, range(kShortest, kLongest), value);
  }
  constexpr int kFields = 6;
  auto rest = value;
  for (int field = 0; field < kFields; ++field) {
    const bool last = field == kFields - 1;
    const auto colon = last ? rest.size() : rest.find(':');
    const bool may_be_empty = field == 3 || field == 4;
    if (colon == std::string_view::npos || (colon == 0 && !may_be_empty) ||
        (field == 0 && rest.substr(0, colon) != "arn")) {
      refuse(param, "must be an ARN, like arn:aws:iam::123456789012:role/name", value);
    }
    rest.remove_prefix(last ? colon : colon + 1);
  }
}

void check_policy(const std::string& policy) {
  constexpr std::size_t kLongest = 2048;
  const auto count = count_characters(policy, [](char32_t point) {
    return point == '\t' || point == '\n' || point == '\r' || (point >= 0x20 && point <= 0xFF);
  });
  if (!count) {
    refuse("Policy", "may hold characters from U+0020 to U+00FF, tabs and line ends, in UTF-8");
  }
  if (*count > kLongest) {
    refuse("Policy", "must have 2048 characters at most: drop its spaces, or use PolicyArns");
  }
  if (!core::is_json_object(policy)) {
    refuse("Policy", "must be a JSON object");
  }
}

std::string folded(std::string_view key) {
  std::string result{key};
  for (auto& c : result) {
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return result;
}

void check_tag_text(const std::string& param, std::string_view text, std::size_t least, std::size_t most) {
  const auto count = count_characters(text, is_tag_character);
  if (!count) {
    refuse(param, "may hold letters, digits, spaces and any of _.:/=+-@, in UTF-8");
  }
  if (*count < least || *count > most) {
    refuse(param, range(least, most), text);
  }
}

void check_tags(const AssumeRoleOptions& options) {
  constexpr std::size_t kMost = 50;
  constexpr std::size_t kLongestKey = 128;
  constexpr std::size_t kLongestValue = 256;
  if (options.tags.size() > kMost) {
    refuse("Tags", "takes 50 tags at most", std::to_string(options.tags.size()));
  }
  std::set<std::string> keys;
  for (const auto& tag : options.tags) {
    check_tag_text("Tags.Key", tag.key, 1, kLongestKey);
    check_tag_text("Tags.Value", tag.value, 0, kLongestValue);
    if (!keys.insert(folded(tag.key)).second) {
      refuse("Tags", "must not name a key twice; keys differ by more than letter case", tag.key);
    }
  }
  if (options.transitive_tag_keys.size() > kMost) {
    refuse("TransitiveTagKeys", "takes 50 keys at most", std::to_string(options.transitive_tag_keys.size()));
  }
  for (const auto& key : options.transitive_tag_keys) {
    check_tag_text("TransitiveTagKeys", key, 1, kLongestKey);
    if (!keys.contains(folded(key))) {
      refuse("TransitiveTagKeys", "must name keys of Tags", key);
    }
  }
}

void check_duration(std::chrono::seconds duration) {
  constexpr std::chrono::seconds kLongest{43'200};
  if (duration < std::chrono::seconds{1} || duration > kLongest) {
    refuse("DurationSeconds", "must be 900 to 43200 (12 hours)", std::to_string(duration.count()));
  }
}

void check_contexts(const std::vector<ProvidedContext>& contexts) {
  constexpr std::size_t kMost = 5;
  constexpr std::size_t kShortestAssertion = 4;
  constexpr std::size_t kLongestAssertion = 2048;
  if (contexts.size() > kMost) {
    refuse("ProvidedContexts", "takes 5 contexts at most", std::to_string(contexts.size()));
  }
  for (const auto& context : contexts) {
    check_arn("ProvidedContexts.ProviderArn", context.provider_arn);
    if (context.context_assertion.size() < kShortestAssertion || context.context_assertion.size() > kLongestAssertion) {
      refuse("ProvidedContexts.ContextAssertion", range(kShortestAssertion, kLongestAssertion));
    }
  }
}

void check_mfa(const AssumeRoleOptions& options) {
  constexpr std::size_t kDigits = 6;
  const bool has_serial = !options.serial_number.empty();
  const bool has_code = !options.token_code.empty();
  if (options.mfa_token_provider && !has_serial) {
    throw ConfigurationError{{.message = "An mfa_token_provider needs SerialNumber, the device its codes belong to",
                              .code = "MissingParameter",
                              .param = "SerialNumber"}};
  }
  if (!options.mfa_token_provider && has_serial != has_code) {
    throw ConfigurationError{{.message = has_serial ? "SerialNumber needs a code: give an mfa_token_provider, or "
                                                      "TokenCode for a single call"
                                                    : "TokenCode needs SerialNumber, the device it belongs to",
                              .code = "MissingParameter",
                              .param = has_serial ? "TokenCode" : "SerialNumber"}};
  }
  if (has_serial) {
    check_word("SerialNumber", options.serial_number, 9, 256, "+=/:,.@-");
  }
  if (has_code &&
      !(options.token_code.size() == kDigits && std::all_of(options.token_code.begin(), options.token_code.end(),
                                                            [](char c) { return c >= '0' && c <= '9'; }))) {
    refuse("TokenCode", "must be six ASCII digits");
  }
}

}  // namespace

void AssumeRoleOptions::validate() const {
  if (role_arn.empty()) {
    refuse("RoleArn", "is required");
  }
  check_arn("RoleArn", role_arn);
  if (!role_session_name.empty()) {
    check_word("RoleSessionName", role_session_name, 2, 64, "+=,.@-");
  }
  constexpr std::size_t kMostPolicies = 10;
  if (policy_arns.size() > kMostPolicies) {
    refuse("PolicyArns", "takes 10 policies at most", std::to_string(policy_arns.size()));
  }
  for (const auto& arn : policy_arns) {
    check_arn("PolicyArns", arn);
  }
  if (!policy.empty()) {
    check_policy(policy);
  }
  if (duration) {
    check_duration(*duration);
  }
  if (!external_id.empty()) {
    check_word("ExternalId", external_id, 2, 1224, "+=,.@:/-");
  }
  check_mfa(*this);
  check_tags(*this);
  if (!source_identity.empty()) {
    if (folded(source_identity).starts_with("aws:")) {
      refuse("SourceIdentity", "must not begin with aws:, which AWS keeps for itself", source_identity);
    }
    check_word("SourceIdentity", source_identity, 2, 64, "+=,.@-");
  }
  check_contexts(provided_contexts);
  aws::validate(client);
}

}  // namespace aws_refresh_session
