#include "providers/sso_token.hpp"

#include "aws/sha256.hpp"
#include "core/rfc3339.hpp"
#include "providers/token_document.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <openssl/evp.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <span>

namespace aws_refresh_session::providers {
namespace {

/// No token lives for years: a number beyond this is not what it should be.
constexpr std::int64_t kLongestLife = std::int64_t{10} * 365 * 24 * 3600;

}  // namespace

bool SsoToken::refreshable(WallTime now) const noexcept {
  return !refresh_token.empty() && !client_id.empty() && !client_secret.empty() && registration_expires_at &&
         *registration_expires_at > now;
}

SsoToken parse_sso_token(std::string_view text, std::string_view advice) {
  const TokenReader::Subject subject{.what = "The cached SSO token", .code = "SsoTokenMalformed", .advice = advice};
  const auto document = TokenDocument::parse_or_throw(text, subject);
  const TokenReader reader{document.value(), subject};
  SsoToken token;
  token.access_token = reader.visible_text("accessToken");
  token.expires_at = *reader.time("expiresAt", true);
  token.refresh_token = reader.text("refreshToken", false);
  token.client_id = reader.text("clientId", false);
  token.client_secret = reader.text("clientSecret", false);
  token.registration_expires_at = reader.time("registrationExpiresAt", false);
  return token;
}

std::string sso_token_file_name(std::string_view key) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  // SHA-1 names the file, as the AWS CLI has it: nothing is protected by it.
  if (::EVP_Digest(key.data(), key.size(), digest.data(), &size, ::EVP_sha1(), nullptr) != 1) {
    throw Error{{.message = "OpenSSL cannot compute SHA-1: check its configuration and providers", .code = "OpenSsl"}};
  }
  std::string name;
  aws::append_hex(name, std::span{digest}.first(size));
  return name.append(".json");
}

SecretString create_token_body(const SsoToken& token) {
  auto document = *TokenDocument::parse("{}");
  document.set({}, "clientId", token.client_id.reveal());
  document.set({}, "clientSecret", token.client_secret.reveal());
  document.set({}, "grantType", "refresh_token");
  document.set({}, "refreshToken", token.refresh_token.reveal());
  return document.dump();
}

SecretString refreshed_sso_token(std::string_view file_text, std::string_view answer, WallTime now) {
  const TokenReader::Subject subject{.what = "The answer of the SSO OIDC service",
                                     .code = "MalformedResponse",
                                     .advice = {},
                                     .kind = ErrorKind::recoverable};
  const auto received = TokenDocument::parse_or_throw(answer, subject);
  const TokenReader reader{received.value(), subject};
  const auto access_token = reader.visible_text("accessToken");
  const std::chrono::seconds life{reader.number("expiresIn", kLongestLife)};
  const auto refresh_token = reader.text("refreshToken", false);
  auto document = TokenDocument::parse_or_throw(
      file_text, {.what = "The cached SSO token", .code = "SsoTokenMalformed", .advice = {}});
  document.set({}, "accessToken", access_token.reveal());
  document.set({}, "expiresAt", core::format_rfc3339(now + life));
  // None means that the old one stays good (RFC 6749, 6).
  if (!refresh_token.empty()) {
    document.set({}, "refreshToken", refresh_token.reveal());
  }
  return document.dump();
}

}  // namespace aws_refresh_session::providers
