/// \file
/// The cached login token and the sign-in service's answer, divided by a line `====`; without one, the token alone.

#include "providers/login_token.hpp"
#include "fuzzing.hpp"
#include "providers/dpop.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <chrono>
#include <string_view>

namespace ars = aws_refresh_session;
using ars::fuzz::require;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::string_view kDivider = "\n====\n";
  const auto text = ars::fuzz::as_text(data, size);
  const auto divider = text.find(kDivider);
  const auto file = text.substr(0, divider);
  const ars::WallTime now{std::chrono::seconds{1'767'225'600}};
  try {
    const auto token = ars::providers::parse_login_token(file, "log in", "login");
    require(!token.credentials.empty() && token.credentials.expiration() == token.expires_at);
    static_cast<void>(ars::providers::create_oauth2_token_body(token));
    static_cast<void>(ars::providers::dpop_proof(
        token.dpop_key.reveal(), {.method = "POST", .url = "https://a.example/v1/token", .issued_at = now, .id = "1"}));
    if (divider == std::string_view::npos) {
      return 0;
    }
    const auto answer = text.substr(divider + kDivider.size());
    const auto fresh = ars::providers::parse_login_token(
        ars::providers::refreshed_login_token(file, answer, now).reveal(), "log in", "login");
    require(fresh.expires_at > now && fresh.dpop_key == token.dpop_key);
    require(fresh.credentials.account_id() == token.credentials.account_id());
  } catch (const ars::CredentialError& error) {
    require(error.code() == "LoginTokenMalformed" || error.code() == "MalformedResponse");
    require(std::string_view{error.what()}.find("SECRETCANARY") == std::string_view::npos);
  }
  return 0;
}
