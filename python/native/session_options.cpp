#include "python/native/session_options.hpp"

#include "python/native/errors.hpp"
#include "python/native/values.hpp"

#include <utility>

namespace aws_refresh_session::python {
namespace {

using std::chrono::milliseconds;

template <typename Target, typename Value>
void set(Target& target, const std::optional<Value>& value) {
  if (value) {
    target = *value;
  }
}

std::chrono::seconds whole_seconds(const std::string& key, PyObject* value) {
  return std::chrono::ceil<std::chrono::seconds>(to_milliseconds(key, value));
}

std::vector<WindowTier> read_tiers(const std::vector<PyObject*>& items) {
  constexpr const char* kKey = "advisory_tiers";
  std::vector<WindowTier> tiers;
  for (auto* const each : items) {
    if ((PyTuple_Check(each) == 0 && PyList_Check(each) == 0) || PySequence_Size(each) != 2) {
      OptionReader::refuse(kKey, "a list of pairs (up_to, window) in seconds", each);
    }
    const Owned up_to{PySequence_GetItem(each, 0)};
    const Owned window{PySequence_GetItem(each, 1)};
    if (!up_to || !window) {
      throw PythonException::fetch();
    }
    tiers.push_back({whole_seconds(kKey, up_to.get()), whole_seconds(kKey, window.get())});
  }
  return tiers;
}

RefreshOptions read_refresh(OptionReader options) {
  RefreshOptions refresh;
  if (const auto preset = options.text("preset")) {
    if (*preset != "aws_sdk_2026") {
      throw_invalid("preset", "preset must be \"aws_sdk_2026\": there is no other.");
    }
    refresh = RefreshOptions::aws_sdk_2026();
  }
  set(refresh.advisory_window, options.seconds("advisory_window"));
  set(refresh.mandatory_window, options.seconds("mandatory_window"));
  if (const auto tiers = options.items("advisory_tiers")) {
    refresh.advisory_tiers = read_tiers(*tiers);
  }
  set(refresh.advisory_fraction, options.number("advisory_fraction"));
  set(refresh.advisory_jitter, options.number("advisory_jitter"));
  set(refresh.mandatory_fraction, options.number("mandatory_fraction"));
  set(refresh.mandatory_limit, options.seconds("mandatory_limit"));
  set(refresh.backoff_initial, options.seconds("backoff_initial"));
  set(refresh.backoff_max, options.seconds("backoff_max"));
  set(refresh.exponential_backoff, options.boolean("exponential_backoff"));
  set(refresh.backoff_ignores_expiration, options.boolean("backoff_ignores_expiration"));
  set(refresh.raise_non_recoverable, options.boolean("raise_non_recoverable"));
  set(refresh.error_ttl_min, options.seconds("error_ttl_min"));
  set(refresh.error_ttl_max, options.seconds("error_ttl_max"));
  set(refresh.serve_expired, options.boolean("serve_expired"));
  set(refresh.background_refresh, options.boolean("background_refresh"));
  set(refresh.mandatory_wait, options.seconds("mandatory_wait"));
  set(refresh.read_timeout, options.seconds("read_timeout"));
  options.finish();
  return refresh;
}

}  // namespace

SessionOptions read_session_options(OptionReader options) {
  SessionOptions session;
  set(session.defer_refresh, options.boolean("defer_refresh"));
  set(session.profile, options.text("profile"));
  set(session.region, options.text("region"));
  set(session.credentials, options.credentials("credentials"));
  if (auto refresh = options.mapping("refresh")) {
    session.refresh = read_refresh(std::move(*refresh));
  }
  options.finish();
  return session;
}

StsClientOptions read_client(OptionReader options) {
  StsClientOptions client;
  set(client.region, options.text("region"));
  set(client.endpoint_url, options.text("endpoint_url"));
  set(client.ca_bundle, options.text("ca_bundle"));
  set(client.verify_tls, options.boolean("verify_tls"));
  set(client.use_fips_endpoint, options.boolean("use_fips_endpoint"));
  set(client.use_dualstack_endpoint, options.boolean("use_dualstack_endpoint"));
  set(client.connect_timeout, options.seconds("connect_timeout"));
  set(client.attempt_timeout, options.seconds("attempt_timeout"));
  if (const auto attempts = options.integer("max_attempts")) {
    client.max_attempts = static_cast<int>(*attempts);
  }
  set(client.credentials, options.credentials("credentials"));
  set(client.profile, options.text("profile"));
  options.finish();
  return client;
}

}  // namespace aws_refresh_session::python
