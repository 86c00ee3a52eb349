#include "cache/entry_text.hpp"

#include "core/json.hpp"
#include "core/rfc3339.hpp"

#include <array>
#include <string>
#include <utility>

namespace aws_refresh_session::cache {
namespace {

using nlohmann::json;

constexpr std::array kKinds{ErrorKind::not_configured, ErrorKind::recoverable, ErrorKind::non_recoverable};

std::optional<WallTime> time_of(const json& object, std::string_view name) {
  const auto text = core::json_text(object, name);
  return text ? core::parse_rfc3339(*text) : std::nullopt;
}

std::optional<Credentials> read_credentials(const json& object) {
  auto id = core::json_text(object, "AccessKeyId");
  auto secret = core::json_text(object, "SecretAccessKey");
  auto token = core::json_text(object, "SessionToken");
  std::optional<Credentials> credentials;
  // A set that does not expire is never kept: one without the time is damaged.
  if (const auto expiration = time_of(object, "Expiration"); id && secret && token && expiration) {
    credentials.emplace(*id, *secret, *token, expiration, core::json_text(object, "AccountId").value_or(""),
                        core::json_text(object, "ProviderName").value_or(""));
  }
  for (auto* text : {&secret, &token}) {
    if (*text) {
      wipe(**text);
    }
  }
  return credentials;
}

std::optional<CachedFailure> read_failure(const json& object) {
  const auto at = time_of(object, "At");
  if (!at) {
    return std::nullopt;
  }
  CachedFailure failure{.at = *at,
                        .message = core::json_text(object, "Message").value_or(""),
                        .code = core::json_text(object, "Code").value_or("")};
  if (const auto status = object.find("StatusCode"); status != object.end() && status->is_number_integer()) {
    failure.status_code = status->get<int>();
  }
  const auto kind = core::json_text(object, "Kind");
  for (const auto known : kKinds) {
    if (kind == to_string(known)) {
      failure.kind = known;
    }
  }
  return failure;
}

}  // namespace

SecretString write_entry(const CacheEntry& entry) {
  json document{{"Label", entry.label}};
  if (entry.credentials) {
    const auto& set = *entry.credentials;
    document["Received"] = core::format_rfc3339(entry.received);
    document["Credentials"] = {{"AccessKeyId", set.access_key_id()},
                               {"SecretAccessKey", set.secret_access_key().reveal()},
                               {"SessionToken", set.session_token().reveal()},
                               {"AccountId", set.account_id()},
                               {"ProviderName", set.provider_name()}};
    if (set.expiration()) {
      document["Credentials"]["Expiration"] = core::format_rfc3339(*set.expiration());
    }
  }
  if (entry.last_failure) {
    const auto& failure = *entry.last_failure;
    document["LastFailure"] = {{"At", core::format_rfc3339(failure.at)},
                               {"Message", failure.message},
                               {"Code", failure.code},
                               {"Kind", to_string(failure.kind)}};
    if (failure.status_code) {
      document["LastFailure"]["StatusCode"] = *failure.status_code;
    }
  }
  // Texts that are no UTF-8 must not stop it.
  auto text = document.dump(-1, ' ', false, json::error_handler_t::replace);
  core::wipe_texts(document);
  SecretString secret{text};
  wipe(text);
  return secret;
}

std::optional<CacheEntry> read_entry(std::string_view text) {
  auto document = core::parse_json(text);
  if (!document || !document->is_object()) {
    return std::nullopt;
  }
  CacheEntry entry{.label = core::json_text(*document, "Label").value_or("")};
  if (const auto found = document->find("Credentials"); found != document->end()) {
    const auto received = time_of(*document, "Received");
    entry.credentials = read_credentials(*found);
    entry.received = received.value_or(WallTime{});
    if (!received || !entry.credentials) {
      core::wipe_texts(*document);
      return std::nullopt;
    }
  }
  if (const auto found = document->find("LastFailure"); found != document->end()) {
    entry.last_failure = read_failure(*found);
  }
  core::wipe_texts(*document);
  return entry;
}

}  // namespace aws_refresh_session::cache
