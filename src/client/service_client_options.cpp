#include "aws/endpoints.hpp"

#include <aws_refresh_session/service_client.hpp>

#include <fmt/format.h>

namespace aws_refresh_session {
namespace {

/// With its length, so that no text can look like two.
void add(std::string& key, std::string_view text) {
  key += fmt::format("{}:{};", text.size(), text);
}

std::string_view to_text(const std::optional<bool>& flag) noexcept {
  return !flag ? "-" : *flag ? "1" : "0";
}

}  // namespace

std::string ServiceClientOptions::cache_key() const {
  std::string key;
  add(key, service);
  add(key, signing_name);
  add(key, region);
  // One that is refused may hold a password; no client is made of it.
  add(key, endpoint_url.empty() || !aws::endpoint_fault(endpoint_url) ? endpoint_url : "refused");
  add(key, ca_bundle);
  add(key, profile);
  key += fmt::format("{}{}{}{}{};{};{};{};{};", to_text(use_fips_endpoint), to_text(use_dualstack_endpoint),
                     static_cast<int>(s3_addressing), sign_s3_payload ? 1 : 0, verify_tls ? 1 : 0,
                     connect_timeout.count(), attempt_timeout.count(), max_attempts.value_or(0), max_response);
  // Who holds the client holds these: an address is not used again meanwhile.
  key += fmt::format("{};{};{};{}", fmt::ptr(seams.clock.get()), fmt::ptr(seams.transport.get()),
                     fmt::ptr(seams.environment.get()), fmt::ptr(seams.skew.get()));
  return key;
}

}  // namespace aws_refresh_session
