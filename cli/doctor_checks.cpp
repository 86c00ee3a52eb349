#include "cli/doctor_checks.hpp"

#include "cli/output.hpp"
#include "cli/suggestion.hpp"

#include <aws_refresh_session/exceptions.hpp>
#include <aws_refresh_session/explain.hpp>

#include <fmt/format.h>

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <filesystem>

namespace aws_refresh_session::cli {
namespace {

/// https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html, and what the AWS CLI adds.
const std::vector<std::string>& known_keys() {
  static const std::vector<std::string> keys{"aws_access_key_id",
                                             "aws_secret_access_key",
                                             "aws_session_token",
                                             "aws_security_token",
                                             "aws_account_id",
                                             "aws_credential_expiration",
                                             "credential_process",
                                             "credential_source",
                                             "source_profile",
                                             "role_arn",
                                             "role_session_name",
                                             "duration_seconds",
                                             "external_id",
                                             "mfa_serial",
                                             "web_identity_token_file",
                                             "sso_session",
                                             "sso_account_id",
                                             "sso_role_name",
                                             "sso_start_url",
                                             "sso_region",
                                             "sso_registration_scopes",
                                             "login_session",
                                             "region",
                                             "output",
                                             "ca_bundle",
                                             "endpoint_url",
                                             "services",
                                             "ignore_configured_endpoint_urls",
                                             "use_fips_endpoint",
                                             "use_dualstack_endpoint",
                                             "sts_regional_endpoints",
                                             "retry_mode",
                                             "max_attempts",
                                             "defaults_mode",
                                             "cli_pager",
                                             "cli_auto_prompt",
                                             "cli_timestamp_format",
                                             "cli_binary_format",
                                             "cli_history",
                                             "cli_follow_urlparam",
                                             "parameter_validation",
                                             "tcp_keepalive",
                                             "api_versions",
                                             "s3",
                                             "s3api",
                                             "s3_us_east_1_regional_endpoint",
                                             "s3_use_arn_region",
                                             "s3_disable_multiregion_access_points",
                                             "s3_disable_express_session_auth",
                                             "metadata_service_timeout",
                                             "metadata_service_num_attempts",
                                             "ec2_metadata_service_endpoint",
                                             "ec2_metadata_service_endpoint_mode",
                                             "ec2_metadata_v1_disabled",
                                             "account_id_endpoint_mode",
                                             "request_checksum_calculation",
                                             "response_checksum_validation",
                                             "request_min_compression_size_bytes",
                                             "disable_request_compression",
                                             "sdk_ua_app_id",
                                             "auth_scheme_preference",
                                             "sigv4a_signing_region_set",
                                             "signature_version",
                                             "endpoint_discovery_enabled",
                                             "user_agent_appid",
                                             "toolkit_artifact_guid"};
  return keys;
}

void good(Findings& findings, std::string check, std::string text) {
  findings.push_back({std::move(check), false, std::move(text), {}});
}

void bad(Findings& findings, std::string check, std::string text, std::string cure) {
  findings.push_back({std::move(check), true, std::move(text), std::move(cure)});
}

std::string cure_of(const Error& error) {
  return error.kind() == ErrorKind::recoverable ? "Try again; if it stays, look at the network and at proxies."
                                                : "Do what the message says; `whoami --explain` shows every source.";
}

}  // namespace

void check_files(const ProviderSeams& seams, Findings& findings) {
  try {
    const auto files = summarize_shared_files(seams);
    good(findings, "files",
         fmt::format("{} and {}: {} profiles", files.config_file, files.credentials_file, files.profiles.size()));
    check_profiles(files.profiles, findings);
    check_mode(files.credentials_file, true, findings);
    check_mode(files.config_file, false, findings);
  } catch (const Error& error) {
    bad(findings, "files", error.message(), "Correct the file: until then every program fails that reads it.");
  }
}

void check_profiles(const std::vector<ProfileSummary>& profiles, Findings& findings) {
  for (const auto& profile : profiles) {
    if (profile.problem) {
      bad(findings, "profile", fmt::format("{}: {}", profile.place, profile.problem->message()),
          "Correct the profile, or take it out.");
    }
    for (const auto& key : profile.keys) {
      const auto& known = known_keys();
      if (std::find(known.begin(), known.end(), key.name) != known.end()) {
        continue;
      }
      if (const auto meant = closest(key.name, known); !meant.empty()) {
        bad(findings, "profile", fmt::format("{}: nobody reads the key {}.", key.place, key.name),
            fmt::format("Write {}, if that was meant.", meant));
      }
    }
  }
}

void check_mode(const std::string& path, bool holds_secrets, Findings& findings) {
  struct ::stat status {};
  if (path.empty() || ::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) {
    return;
  }
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    bad(findings, "modes", fmt::format("Others can change {}, and with it who your programs are.", path),
        fmt::format("chmod go-w '{}'", path));
  }
  if (holds_secrets && (status.st_mode & (S_IRGRP | S_IROTH)) != 0) {
    bad(findings, "modes", fmt::format("Others can read {}, which is for secret keys.", path),
        fmt::format("chmod 600 '{}'", path));
  }
  struct ::stat directory {};
  const auto parent = std::filesystem::path{path}.parent_path();
  if (::stat(parent.c_str(), &directory) == 0 && (directory.st_mode & S_IWOTH) != 0 &&
      (directory.st_mode & S_ISVTX) == 0) {
    bad(findings, "modes", fmt::format("Others can replace the files in {}.", parent.string()),
        fmt::format("chmod o-w '{}'", parent.string()));
  }
}

void check_environment(const Environment& environment, bool profile_chosen, Findings& findings) {
  const auto before = findings.size();
  const auto has = [&](std::string_view name) { return environment.get(name).has_value(); };
  const bool id = has("AWS_ACCESS_KEY_ID");
  const bool secret = has("AWS_SECRET_ACCESS_KEY");
  if (id != secret) {
    bad(findings, "environment",
        fmt::format("{} is set without {}.", id ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY",
                    id ? "AWS_SECRET_ACCESS_KEY" : "AWS_ACCESS_KEY_ID"),
        "Set both, or unset both.");
  }
  if (!id && !secret && has("AWS_SESSION_TOKEN")) {
    bad(findings, "environment", "AWS_SESSION_TOKEN is set without the keys that it belongs to.",
        "unset AWS_SESSION_TOKEN");
  }
  if (has("AWS_SECURITY_TOKEN") && environment.get("AWS_SECURITY_TOKEN") != environment.get("AWS_SESSION_TOKEN")) {
    bad(findings, "environment",
        "AWS_SECURITY_TOKEN is set, which botocore and the AWS CLI prefer to AWS_SESSION_TOKEN.",
        "unset AWS_SECURITY_TOKEN");
  }
  if (id && secret && (has("AWS_PROFILE") || has("AWS_DEFAULT_PROFILE"))) {
    bad(findings, "environment",
        fmt::format("Keys and a profile are both in the environment: {}, the AWS CLI uses the keys, and the SDK for "
                    "JavaScript the profile.",
                    profile_chosen ? "with --profile this program uses that" : "this program uses the keys"),
        "Unset AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, or AWS_PROFILE.");
  }
  if (has("AWS_PROFILE") && has("AWS_DEFAULT_PROFILE") &&
      environment.get("AWS_PROFILE") != environment.get("AWS_DEFAULT_PROFILE")) {
    bad(findings, "environment", "AWS_PROFILE and AWS_DEFAULT_PROFILE name two profiles.",
        "unset AWS_DEFAULT_PROFILE, which only some programs read");
  }
  if (has("AWS_REGION") && has("AWS_DEFAULT_REGION") &&
      environment.get("AWS_REGION") != environment.get("AWS_DEFAULT_REGION")) {
    bad(findings, "environment",
        "AWS_REGION and AWS_DEFAULT_REGION name two regions: old boto3 and AWS CLI read the second, all else the "
        "first.",
        "Set both alike.");
  }
  if (has("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") && has("AWS_CONTAINER_CREDENTIALS_FULL_URI")) {
    bad(findings, "environment", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI hides AWS_CONTAINER_CREDENTIALS_FULL_URI.",
        "Unset one of them.");
  }
  if (has("AWS_WEB_IDENTITY_TOKEN_FILE") != has("AWS_ROLE_ARN") && has("AWS_WEB_IDENTITY_TOKEN_FILE")) {
    bad(findings, "environment", "AWS_WEB_IDENTITY_TOKEN_FILE is set without AWS_ROLE_ARN.", "Set both, or unset it.");
  }
  if (findings.size() == before) {
    good(findings, "environment", "no variables that contradict each other");
  }
}

void check_service(const Source& source, const std::stop_token& stop, Findings& findings) {
  std::string url;
  try {
    const auto client = explain_sts_client(source.client, source.seams, stop);
    if (!client.profile_exists && client.profile.origin != "default") {
      bad(findings, "profile",
          fmt::format("Profile {} ({}) does not exist.", client.profile.value, client.profile.origin),
          "Name another, or add it to one of the files.");
    }
    good(findings, "region", fmt::format("{} ({})", client.region.value, client.region.origin));
    url = client.endpoint.value;
    HttpRequest request;
    request.url = url;
    request.ca_bundle = client.ca_bundle;
    request.verify_tls = source.client.verify_tls;
    const auto sent = std::chrono::system_clock::now();
    const auto response = source.seams.transport->send(request, stop);
    const auto received = std::chrono::system_clock::now();
    good(findings, "endpoint", fmt::format("{} answers ({})", url, client.endpoint.origin));
    const auto* const date = response.header("date");
    if (const auto service = date == nullptr ? std::nullopt : http_date(*date)) {
      const auto middle = sent + (received - sent) / 2;
      check_clock(std::chrono::duration_cast<std::chrono::seconds>(*service - middle), findings);
    }
  } catch (const ConnectionError& error) {
    bad(findings, "endpoint", fmt::format("{} does not answer: {}", url, error.message()),
        "Look at the network, at proxies (HTTPS_PROXY, NO_PROXY), at AWS_CA_BUNDLE, and at the endpoint's name.");
  } catch (const Error& error) {
    bad(findings, "settings", error.message(), cure_of(error));
  }
}

void check_clock(std::chrono::seconds ahead, Findings& findings) {
  // A Date header is exact to a second. Services refuse signatures that are five minutes off, and a set of credentials
  // seems to end that much earlier or later.
  constexpr std::chrono::seconds kMuch{30};
  if (std::chrono::abs(ahead) < kMuch) {
    good(findings, "clock", "right to within half a minute");
    return;
  }
  bad(findings, "clock",
      fmt::format("This machine's clock is {} s {}.", std::chrono::abs(ahead).count(),
                  ahead > std::chrono::seconds::zero() ? "behind" : "ahead"),
      "Set it: timedatectl set-ntp true. AWS refuses signatures that are five minutes off.");
}

void check_source(const Source& source, const std::stop_token& stop, Findings& findings) {
  try {
    const Credentials credentials = source.usable_credentials(stop);
    std::string winner = to_string(credentials);
    for (const auto& report : source.chain ? source.chain->report() : std::vector<SourceReport>{}) {
      if (report.outcome == SourceReport::Outcome::answered) {
        winner = fmt::format("{}: {}", report.source, report.reason);
      }
    }
    good(findings, "source", std::move(winner));
    const auto identity = get_caller_identity(credentials, source.client, source.seams, stop);
    good(findings, "identity", identity.arn);
  } catch (const Error& error) {
    if (!stop.stop_requested()) {
      bad(findings, "source", error.what(), cure_of(error));
    }
  }
}

std::optional<WallTime> http_date(const std::string& text) {
  std::tm parts{};
  const char* const end = ::strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  if (end == nullptr || *end != '\0') {
    return std::nullopt;
  }
  return std::chrono::system_clock::from_time_t(::timegm(&parts));
}

}  // namespace aws_refresh_session::cli
