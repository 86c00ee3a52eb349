#pragma once

/// \file
/// JSON that is full of secrets: the files that `aws sso login` and `aws login` leave, and what the token services
/// answer.

#include <aws_refresh_session/clock.hpp>
#include <aws_refresh_session/credentials.hpp>
#include <aws_refresh_session/exceptions.hpp>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace aws_refresh_session::providers {

/// What the errors say.
struct TokenSubject {
  /// Begins the message: `The cached SSO token`.
  std::string_view what;
  std::string_view code;
  /// Ends it: "run `aws sso login`".
  std::string_view advice;
  /// Recoverable for a service's answer: another attempt may reach the service itself.
  ErrorKind kind = ErrorKind::non_recoverable;
};

/// A JSON object, all texts of which are zeroed at the end. Move-only: a copy would have to be wiped, too.
class TokenDocument {
 public:
  /// Nullopt for what core::parse_json refuses, or is no object.
  [[nodiscard]] static std::optional<TokenDocument> parse(std::string_view text);
  /// \throws CredentialError of the subject's code instead
  [[nodiscard]] static TokenDocument parse_or_throw(std::string_view text, const TokenSubject& subject);

  TokenDocument(TokenDocument&&) noexcept = default;
  TokenDocument& operator=(TokenDocument&&) = delete;
  TokenDocument(const TokenDocument&) = delete;
  TokenDocument& operator=(const TokenDocument&) = delete;
  ~TokenDocument();

  [[nodiscard]] const nlohmann::json& value() const noexcept { return value_; }
  /// Sets a text member, zeroing what it replaces. \param parent names a member that is an object; empty: the top
  void set(std::string_view parent, std::string_view name, std::string_view text);
  /// The whole document as JSON.
  [[nodiscard]] SecretString dump() const;

 private:
  explicit TokenDocument(nlohmann::json value) noexcept : value_(std::move(value)) {}

  nlohmann::json value_;
};

/// Reads the members of one object, and says which cannot be used: never what they hold.
class TokenReader {
 public:
  using Subject = TokenSubject;

  /// \param object outlives the reader
  /// \param path of the object, for errors: `accessToken.`
  TokenReader(const nlohmann::json& object, Subject subject, std::string_view path = {})
      : object_(&object), subject_(subject), path_(path) {}

  /// An object member.
  [[nodiscard]] TokenReader object(std::string_view name) const;
  /// A text; null counts as missing.
  /// \throws CredentialError when it is no text, or required and missing or blank
  [[nodiscard]] SecretString text(std::string_view name, bool required) const;
  /// A required text that a header can carry: printable ASCII without blanks.
  [[nodiscard]] SecretString visible_text(std::string_view name) const;
  /// An RFC 3339 time, or one that ends in `UTC` as older versions of the AWS CLI wrote it.
  [[nodiscard]] std::optional<WallTime> time(std::string_view name, bool required) const;
  /// A whole number from 1 to `most`.
  [[nodiscard]] std::int64_t number(std::string_view name, std::int64_t most) const;

  [[noreturn]] void refuse(std::string_view name, std::string_view why) const;

 private:
  [[nodiscard]] const nlohmann::json* find(std::string_view name, bool required) const;

  const nlohmann::json* object_;
  Subject subject_;
  std::string path_;
};

}  // namespace aws_refresh_session::providers
