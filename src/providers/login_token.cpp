#include "providers/login_token.hpp"

#include "aws/sha256.hpp"
#include "core/rfc3339.hpp"
#include "providers/token_document.hpp"

#include <chrono>
#include <cstdint>
#include <utility>

namespace aws_refresh_session::providers {
namespace {

/// Credentials of a login live for minutes, at most hours: a number beyond a week is not what it should be.
constexpr std::int64_t kLongestLife = std::int64_t{7} * 24 * 3600;

constexpr std::string_view kAccessToken = "accessToken";

}  // namespace

LoginToken parse_login_token(std::string_view text, std::string_view advice, std::string_view provider_name) {
  const TokenReader::Subject subject{.what = "The cached login token", .code = "LoginTokenMalformed", .advice = advice};
  const auto document = TokenDocument::parse_or_throw(text, subject);
  const TokenReader reader{document.value(), subject};
  const auto access_token = reader.object(kAccessToken);
  const auto access_key_id = access_token.visible_text("accessKeyId");
  const auto secret_access_key = access_token.visible_text("secretAccessKey");
  const auto session_token = access_token.visible_text("sessionToken");
  const auto account_id = access_token.visible_text("accountId");
  LoginToken token;
  token.expires_at = *access_token.time("expiresAt", true);
  token.credentials = {access_key_id.reveal(), secret_access_key.reveal(), session_token.reveal(),
                       token.expires_at,       account_id.reveal(),        provider_name};
  token.client_id = reader.text("clientId", true);
  token.refresh_token = reader.text("refreshToken", true);
  token.dpop_key = reader.text("dpopKey", true);
  return token;
}

std::string login_token_file_name(std::string_view login_session) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const auto first = login_session.find_first_not_of(kBlanks);
  login_session = first == std::string_view::npos
                      ? std::string_view{}
                      : login_session.substr(first, login_session.find_last_not_of(kBlanks) - first + 1);
  std::string name;
  aws::append_hex(name, aws::Sha256{}.hash(login_session));
  return name.append(".json");
}

SecretString create_oauth2_token_body(const LoginToken& token) {
  auto document = *TokenDocument::parse("{}");
  document.set({}, "clientId", token.client_id.reveal());
  document.set({}, "grantType", "refresh_token");
  document.set({}, "refreshToken", token.refresh_token.reveal());
  return document.dump();
}

SecretString refreshed_login_token(std::string_view file_text, std::string_view answer, WallTime now) {
  const TokenReader::Subject subject{.what = "The answer of the sign-in service",
                                     .code = "MalformedResponse",
                                     .advice = {},
                                     .kind = ErrorKind::recoverable};
  const auto received = TokenDocument::parse_or_throw(answer, subject);
  const TokenReader reader{received.value(), subject};
  const auto access_token = reader.object(kAccessToken);
  const auto access_key_id = access_token.visible_text("accessKeyId");
  const auto secret_access_key = access_token.visible_text("secretAccessKey");
  const auto session_token = access_token.visible_text("sessionToken");
  const auto refresh_token = reader.text("refreshToken", true);
  const std::chrono::seconds life{reader.number("expiresIn", kLongestLife)};
  auto document = TokenDocument::parse_or_throw(
      file_text, {.what = "The cached login token", .code = "LoginTokenMalformed", .advice = {}});
  document.set(kAccessToken, "accessKeyId", access_key_id.reveal());
  document.set(kAccessToken, "secretAccessKey", secret_access_key.reveal());
  document.set(kAccessToken, "sessionToken", session_token.reveal());
  document.set(kAccessToken, "expiresAt", core::format_rfc3339(now + life));
  document.set({}, "refreshToken", refresh_token.reveal());
  return document.dump();
}

}  // namespace aws_refresh_session::providers
