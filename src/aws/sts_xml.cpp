#include "aws/sts_xml.hpp"

#include "core/error_text.hpp"
#include "core/rfc3339.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <pugixml.hpp>

#include <algorithm>

namespace aws_refresh_session::aws {
namespace {

using core::printable;

constexpr std::size_t kLongestMessage = 1024;
constexpr std::size_t kLongestField = 256;

bool is_space(char c) noexcept {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

/// The name without a namespace prefix.
std::string_view local_name(const pugi::xml_node& node) noexcept {
  const std::string_view name = node.name();
  const auto colon = name.rfind(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

pugi::xml_node child(const pugi::xml_node& node, std::string_view name) noexcept {
  return node.find_child([&](const pugi::xml_node& each) { return local_name(each) == name; });
}

std::string_view text(const pugi::xml_node& node, std::string_view name) noexcept {
  return child(node, name).text().get();
}

std::string_view trimmed(std::string_view value) noexcept {
  while (!value.empty() && is_space(value.front())) {
    value.remove_prefix(1);
  }
  while (!value.empty() && is_space(value.back())) {
    value.remove_suffix(1);
  }
  return value;
}

/// Wraps without a copy that stays behind: the exact size is known before the first byte is written.
SecretString without_spaces(std::string_view value) {
  std::string compact;
  compact.reserve(value.size());
  std::remove_copy_if(value.begin(), value.end(), std::back_inserter(compact), is_space);
  SecretString secret{compact};
  wipe(compact);
  return secret;
}

/// In place and always as UTF-8: a conversion would copy the secrets to memory that nobody wipes.
bool parse(pugi::xml_document& document, std::string& body) {
  return !body.empty() && body.size() <= kLargestAnswer &&
         document.load_buffer_inplace(body.data(), body.size(), pugi::parse_default, pugi::encoding_utf8);
}

ErrorFields malformed(std::string_view what) {
  return {.message = std::string{"STS answered with something that cannot be used: "}.append(what) +
                     ". Check that endpoint_url is an STS endpoint and that no proxy answers for it",
          .code = "MalformedResponse",
          .kind = ErrorKind::recoverable};
}

}  // namespace

std::optional<ServiceError> parse_error(std::string& body) {
  pugi::xml_document document;
  if (!parse(document, body)) {
    return std::nullopt;
  }
  const auto root = document.document_element();
  auto error = local_name(root) == "Error" ? root : child(root, "Error");
  if (!error) {
    error = child(child(root, "Errors"), "Error");  // EC2's way
  }
  ServiceError result{printable(text(error, "Code"), kLongestField), printable(text(error, "Message"), kLongestMessage),
                      printable(text(root, "RequestId"), kLongestField)};
  if (result.request_id.empty()) {
    result.request_id = printable(text(root, "RequestID"), kLongestField);
  }
  if (result.code.empty()) {
    return std::nullopt;
  }
  return result;
}

Credentials parse_assume_role(std::string& body, std::string_view action) {
  pugi::xml_document document;
  if (!parse(document, body)) {
    throw CredentialError{malformed(body.empty()                   ? "an empty answer"
                                    : body.size() > kLargestAnswer ? "an answer that is far too long"
                                                                   : "an answer that is not XML")};
  }
  const auto root = document.document_element();
  if (local_name(root) != std::string{action} + "Response") {
    throw CredentialError{malformed("an answer to another question")};
  }
  const auto result = child(root, std::string{action} + "Result");
  const auto fields = child(result, "Credentials");
  const auto key_id = trimmed(text(fields, "AccessKeyId"));
  const auto secret = without_spaces(text(fields, "SecretAccessKey"));
  const auto token = without_spaces(text(fields, "SessionToken"));
  const auto expiration = trimmed(text(fields, "Expiration"));
  std::string missing;
  for (const auto& [name, is_missing] :
       {std::pair{"AccessKeyId", key_id.empty()}, std::pair{"SecretAccessKey", secret.empty()},
        std::pair{"SessionToken", token.empty()}, std::pair{"Expiration", expiration.empty()}}) {
    if (is_missing) {
      missing.append(missing.empty() ? "" : ", ").append(name);
    }
  }
  if (!missing.empty()) {
    throw CredentialError{malformed("an answer without " + missing)};
  }
  if (std::any_of(key_id.begin(), key_id.end(), is_space)) {
    throw CredentialError{malformed("an AccessKeyId with white space in it")};
  }
  const auto expires = core::parse_rfc3339(expiration);
  if (!expires) {
    throw CredentialError{malformed(core::is_rfc3339_without_zone(expiration)
                                        ? "an Expiration without a time zone"
                                        : "an Expiration that is not an RFC 3339 time")};
  }
  const auto account = account_of_arn(trimmed(text(child(result, "AssumedRoleUser"), "Arn")));
  return Credentials{key_id, secret.reveal(), token.reveal(), *expires, account, "sts"};
}

Identity parse_caller_identity(std::string& body) {
  pugi::xml_document document;
  if (!parse(document, body)) {
    throw RequestError{malformed("an answer that is empty, too long or not XML")};
  }
  const auto root = document.document_element();
  const auto result = child(root, "GetCallerIdentityResult");
  Identity identity;
  identity.user_id = printable(text(result, "UserId"), kLongestField);
  identity.account = printable(text(result, "Account"), kLongestField);
  identity.arn = printable(text(result, "Arn"), 2 * kLongestMessage);
  if (local_name(root) != "GetCallerIdentityResponse" || identity.arn.empty()) {
    throw RequestError{malformed("an answer without an Arn")};
  }
  return identity;
}

std::string_view account_of_arn(std::string_view arn) noexcept {
  // arn:partition:service:region:account:resource
  for (int field = 0; field < 4; ++field) {
    const auto colon = arn.find(':');
    if (colon == std::string_view::npos) {
      return {};
    }
    arn.remove_prefix(colon + 1);
  }
  const auto colon = arn.find(':');
  return colon == std::string_view::npos ? std::string_view{} : arn.substr(0, colon);
}

}  // namespace aws_refresh_session::aws
