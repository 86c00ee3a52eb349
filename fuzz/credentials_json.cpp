#include "providers/credentials_json.hpp"

#include "fuzzing.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <algorithm>

namespace ars = aws_refresh_session;
using ars::fuzz::require;
using ars::providers::CredentialsJson;

namespace {

bool is_visible(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = ars::fuzz::as_text(data, size);
  for (const auto form : {CredentialsJson::served, CredentialsJson::process}) {
    try {
      const auto set = ars::providers::parse_credentials_json(text, form, "source", "Malformed");
      require(!set.empty() && set.provider_name() == "source");
      // What is taken can be sent and shown.
      require(is_visible(set.access_key_id()) && is_visible(set.session_token().reveal()) &&
              is_visible(set.account_id()));
      require(form == CredentialsJson::process || !set.session_token().empty());
    } catch (const ars::CredentialError& error) {
      require(error.code() == "Malformed" && error.value().empty());
      require((error.kind() == ars::ErrorKind::recoverable) == (form == CredentialsJson::served));
    }
  }
  return 0;
}
