#include "providers/credentials_json.hpp"

#include "core/json.hpp"
#include "core/rfc3339.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

namespace aws_refresh_session::providers {
namespace {

/// Keys, tokens and accounts are visible ASCII: anything else would break the header that carries it, or the line that
/// shows it. The secret key goes nowhere, so only what is surely a mistake is refused.
bool is_sendable(std::string_view text, bool is_secret_key) noexcept {
  return std::all_of(text.begin(), text.end(), [is_secret_key](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return is_secret_key ? byte >= 0x20 && byte != 0x7F : byte > 0x20 && byte < 0x7F;
  });
}

class Reader {
 public:
  Reader(nlohmann::json& document, std::string_view source, std::string_view code, ErrorKind kind)
      : document_(document), source_(source), code_(code), kind_(kind) {}

  /// A key, a token or an account.
  [[nodiscard]] SecretString secret(const char* field, bool required) {
    auto secret = text(field, required);
    if (required && secret.reveal().find_first_not_of(" \t\r\n") == std::string::npos) {
      refuse(field, "is empty");
    }
    if (!is_sendable(secret.reveal(), std::string_view{field} == "SecretAccessKey")) {
      refuse(field, "holds white space, control characters or what is not ASCII");
    }
    return secret;
  }

  [[nodiscard]] std::optional<WallTime> expiration() {
    const auto text = this->text("Expiration", false);
    if (text.empty()) {
      return std::nullopt;
    }
    const auto time = core::parse_rfc3339(text.reveal());
    if (!time) {
      refuse("Expiration", "is not an RFC 3339 time with a zone, like 2026-01-01T00:00:00Z");
    }
    return time;
  }

  [[noreturn]] void refuse(std::string_view field, std::string_view why) const {
    ErrorFields fields;
    fields.message.append("The answer of ").append(source_).append(" cannot be used: ").append(field);
    fields.message.append(" ").append(why);
    fields.code = code_;
    fields.param = field;
    fields.kind = kind_;
    throw CredentialError{std::move(fields)};
  }

 private:
  /// The text, moved out of the document so that no second copy stays there.
  [[nodiscard]] SecretString text(const char* field, bool required) {
    const auto found = document_.find(field);
    if (found == document_.end() || found->is_null()) {
      if (required) {
        refuse(field, "is missing");
      }
      return {};
    }
    if (!found->is_string()) {
      refuse(field, "is not a text");
    }
    auto& text = found->get_ref<std::string&>();
    SecretString taken{text};
    wipe(text);
    return taken;
  }

  nlohmann::json& document_;
  std::string_view source_;
  std::string_view code_;
  ErrorKind kind_;
};

struct WipedDocument {
  nlohmann::json value;
  explicit WipedDocument(nlohmann::json parsed) : value(std::move(parsed)) {}
  WipedDocument(const WipedDocument&) = delete;
  WipedDocument& operator=(const WipedDocument&) = delete;
  ~WipedDocument() { core::wipe_texts(value); }
};

}  // namespace

Credentials parse_credentials_json(std::string_view text, CredentialsJson form, std::string_view source,
                                   std::string_view code) {
  // A server's next answer may be whole; a program that prints the wrong thing will go on doing so.
  const auto kind = form == CredentialsJson::served ? ErrorKind::recoverable : ErrorKind::non_recoverable;
  auto parsed = core::parse_json(text);
  if (!parsed || !parsed->is_object()) {
    ErrorFields fields;
    fields.message.append("The answer of ").append(source).append(" cannot be used: it is not a JSON object");
    fields.code = code;
    fields.kind = kind;
    throw CredentialError{std::move(fields)};
  }
  WipedDocument document{std::move(*parsed)};
  Reader reader{document.value, source, code, kind};
  if (form == CredentialsJson::process) {
    const auto version = document.value.find("Version");
    if (version == document.value.end() || *version != 1) {
      reader.refuse("Version", "is not the number 1");
    }
  }
  const auto access_key_id = reader.secret("AccessKeyId", true);
  const auto secret_access_key = reader.secret("SecretAccessKey", true);
  const auto token =
      reader.secret(form == CredentialsJson::process ? "SessionToken" : "Token", form == CredentialsJson::served);
  const auto expiration = reader.expiration();
  const auto account_id = reader.secret("AccountId", false);
  return {access_key_id.reveal(), secret_access_key.reveal(), token.reveal(), expiration, account_id.reveal(), source};
}

}  // namespace aws_refresh_session::providers
