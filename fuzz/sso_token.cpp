/// \file
/// The cached SSO token and the OIDC service's answer, divided by a line `====`; without one, the token alone.

#include "providers/sso_token.hpp"
#include "fuzzing.hpp"

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
    const auto token = ars::providers::parse_sso_token(file, "log in");
    require(!token.access_token.empty());
    require(!token.refreshable(now) || (!token.refresh_token.empty() && *token.registration_expires_at > now));
    static_cast<void>(ars::providers::create_token_body(token));
    if (divider == std::string_view::npos) {
      return 0;
    }
    const auto answer = text.substr(divider + kDivider.size());
    const auto fresh =
        ars::providers::parse_sso_token(ars::providers::refreshed_sso_token(file, answer, now).reveal(), "log in");
    require(fresh.expires_at > now && fresh.client_id == token.client_id);
    require(fresh.registration_expires_at == token.registration_expires_at);
  } catch (const ars::CredentialError& error) {
    require(error.code() == "SsoTokenMalformed" || error.code() == "MalformedResponse");
    require(std::string_view{error.what()}.find("SECRETCANARY") == std::string_view::npos);
  }
  return 0;
}
