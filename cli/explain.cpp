#include "cli/explain.hpp"

#include "cli/output.hpp"

#include <aws_refresh_session/exceptions.hpp>
#include <aws_refresh_session/explain.hpp>

#include <fmt/format.h>

#include <string_view>
#include <vector>

namespace aws_refresh_session::cli {
namespace {

struct Row {
  std::string_view label;
  std::string_view json_name;
  ExplainedSetting setting;
};

std::vector<SourceReport> sources_of(const Source& source) {
  return source.chain ? source.chain->report() : std::vector<SourceReport>{};
}

std::vector<Row> rows_of(const Source& source, const std::stop_token& stop) {
  ClientExplanation client;
  try {
    client = explain_sts_client(source.client, source.seams, stop);
  } catch (const Error& error) {
    return {{"settings", "Settings", {error.what(), "cannot be used"}}};
  }
  auto profile_origin = client.profile.origin;
  if (!client.profile_exists) {
    profile_origin += ", does not exist";
  }
  const ExplainedSetting trust = !source.client.verify_tls  ? ExplainedSetting{"any certificate", "option verify_tls"}
                                 : client.ca_bundle.empty() ? ExplainedSetting{"the system's certificates", ""}
                                                            : ExplainedSetting{client.ca_bundle, ""};
  return {{"profile", "Profile", {client.profile.value, profile_origin}},
          {"config", "ConfigFile", {client.config_file, ""}},
          {"credentials", "CredentialsFile", {client.credentials_file, ""}},
          {"region", "Region", client.region},
          {"endpoint", "Endpoint", client.endpoint},
          {"trust", "Trust", trust}};
}

}  // namespace

std::string explanation(const Source& source, const std::stop_token& stop) {
  std::string text;
  for (const auto& report : sources_of(source)) {
    text += fmt::format("{:<12} {:<14} {}\n", report.source, to_string(report.outcome), one_line(report.reason));
  }
  for (const auto& [label, json_name, setting] : rows_of(source, stop)) {
    text += setting.origin.empty()
                ? fmt::format("{:<12} {}\n", label, one_line(setting.value))
                : fmt::format("{:<12} {} ({})\n", label, one_line(setting.value), one_line(setting.origin));
  }
  return text;
}

void explain(const Source& source, JsonObject& json, const std::stop_token& stop) {
  JsonObject sources;
  for (const auto& report : sources_of(source)) {
    JsonObject each;
    each.text("Outcome", to_string(report.outcome));
    each.text("Reason", report.reason);
    sources.object(report.source, each);
  }
  json.object("Sources", sources);
  for (const auto& [label, json_name, setting] : rows_of(source, stop)) {
    JsonObject each;
    each.text("Value", setting.value);
    each.text("Origin", setting.origin);
    json.object(json_name, each);
  }
}

}  // namespace aws_refresh_session::cli
