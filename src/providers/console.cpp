#include "providers/console.hpp"

#include "aws/partitions.hpp"
#include "aws/sts_client.hpp"
#include "core/json.hpp"
#include "core/percent_encoding.hpp"
#include "core/url.hpp"
#include "core/wiped_request.hpp"
#include "profile/settings.hpp"
#include "providers/client_settings.hpp"
#include "providers/container_host.hpp"
#include "providers/endpoint_caller.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace aws_refresh_session {
namespace {

constexpr std::chrono::seconds kShortestSession{900};
constexpr std::chrono::seconds kLongestSession{43'200};
constexpr int kBadRequest = 400;
constexpr int kOk = 200;

/// The console of each partition that has its sign-in service under a name of its own.
constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kConsoles{
    {{"aws", "console.aws.amazon.com"},
     {"aws-cn", "console.amazonaws.cn"},
     {"aws-us-gov", "console.amazonaws-us-gov.com"}}};

ValidationError invalid(std::string param, std::string message) {
  return ValidationError{{.message = std::move(message), .code = "InvalidConsoleOption", .param = std::move(param)}};
}

void check(const Credentials& credentials, const ConsoleOptions& options) {
  if (credentials.empty() || credentials.session_token().empty()) {
    throw ValidationError{{.message = "The console takes credentials of a role only, and these have no session token: "
                                      "name a role, or a profile that has one.",
                           .code = "LastingKeys"}};
  }
  if (!options.destination.empty()) {
    const auto url = core::parse_url(options.destination);
    if (!url || url->scheme != "https") {
      throw invalid("destination", "This is no https:// URL of a console page.");
    }
  }
  if (!options.signin_endpoint_url.empty()) {
    const auto url = core::parse_url(options.signin_endpoint_url);
    if (!url || !(url->scheme == "https" || providers::is_local_container_host(url->host)) || !url->query.empty()) {
      throw invalid("signin_endpoint_url",
                    "Keys are sent to https:// endpoints without a query only (http:// on this machine).");
    }
  }
  if (options.session_duration &&
      (*options.session_duration < kShortestSession || *options.session_duration > kLongestSession)) {
    throw invalid("session_duration", "A console session lasts 900 to 43200 seconds.");
  }
}

struct Places {
  std::string signin;
  std::string destination;
};

Places places_of(const ConsoleOptions& options, const profile::Settings& settings) {
  const auto configured = providers::configured_region(options.client.region, settings);
  const std::string region = configured ? configured->value : "";
  const auto& partition = aws::partition_of(region);
  const auto* const console =
      std::find_if(kConsoles.begin(), kConsoles.end(), [&](const auto& each) { return each.first == partition.id; });
  Places places{options.signin_endpoint_url, options.destination};
  if (console == kConsoles.end() && (places.signin.empty() || places.destination.empty())) {
    throw ConfigurationError{{.message = "The sign-in endpoint of partition " + std::string{partition.id} +
                                         " is not known: give both it and the destination.",
                              .code = "NoConsole",
                              .value = region}};
  }
  if (places.signin.empty()) {
    places.signin = "https://" + std::string{partition.signin_suffix} + "/federation";
  }
  if (places.destination.empty()) {
    places.destination = "https://" + std::string{console->second} + "/";
    if (!region.empty() && !aws::is_global_pseudo_region(region)) {
      places.destination += "console/home?region=" + region;
    }
  }
  return places;
}

std::string request_body(const Credentials& credentials, const ConsoleOptions& options) {
  nlohmann::json session{{"sessionId", credentials.access_key_id()},
                         {"sessionKey", credentials.secret_access_key().reveal()},
                         {"sessionToken", credentials.session_token().reveal()}};
  auto text = session.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
  auto encoded = core::percent_encode(text);
  std::string body = "Action=getSigninToken";
  if (options.session_duration) {
    body += "&SessionDuration=" + std::to_string(options.session_duration->count());
  }
  body.reserve(body.size() + encoded.size() + 16);
  body.append("&Session=").append(encoded);
  core::wipe_texts(session);
  wipe(text);
  wipe(encoded);
  return body;
}

/// The endpoint answers a refusal with a page or a line of text, which says nothing that would help.
[[noreturn]] void refuse(const HttpResponse& response, const ConsoleOptions& options, const Credentials& credentials) {
  constexpr std::string_view kWhat = "the sign-in endpoint";
  if (response.status != kBadRequest) {
    throw providers::refused_by_endpoint(response, kWhat, credentials.session_token(), "");
  }
  std::string message =
      "The sign-in endpoint refused these credentials. It takes those of a role or of "
      "GetFederationToken, not those of GetSessionToken.";
  if (options.session_duration) {
    message =
        "The sign-in endpoint refused these credentials, or the session's duration: leave that out unless the "
        "role was assumed with long-term keys. A role that was reached through another role, an SSO login or "
        "GetFederationToken has none.";
  }
  throw RequestError{{.message = std::move(message), .code = "SigninRefused", .status_code = response.status}};
}

SecretString signin_token(HttpResponse& response) {
  auto body = core::parse_json(response.body);
  auto token = body ? core::json_text(*body, "SigninToken").value_or("") : std::string{};
  if (body) {
    core::wipe_texts(*body);
  }
  SecretString secret{token};
  wipe(token);
  if (secret.empty()) {
    throw RequestError{{.message = "The answer of the sign-in endpoint has no SigninToken: check the endpoint, and "
                                   "whether a proxy answers for it.",
                        .code = "MalformedResponse",
                        .status_code = response.status,
                        .kind = ErrorKind::recoverable}};
  }
  return secret;
}

}  // namespace

SecretString console_signin_url(const Credentials& credentials, const ConsoleOptions& options,
                                const ProviderSeams& seams, const std::stop_token& stop) {
  return providers::console_signin_url(credentials, options, seams, stop, {});
}

SecretString providers::console_signin_url(const Credentials& credentials, const ConsoleOptions& options,
                                           const ProviderSeams& seams, const std::stop_token& stop,
                                           aws::RetrySeams retry) {
  check(credentials, options);
  aws::validate(options.client);
  const auto all = ProviderSeams{seams}.completed();
  const auto settings = profile::Settings::load(all.environment, options.client.profile);
  const auto places = places_of(options, settings);

  core::WipedRequest call{{}};
  call.request.method = "POST";
  call.request.url = places.signin;
  call.request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}, {"Accept", "application/json"}};
  call.request.body = request_body(credentials, options);
  providers::apply_tls_settings(call.request, options.client, settings);

  SecretString token;
  const providers::EndpointCaller caller{all, std::move(retry), "the sign-in endpoint"};
  caller.call(call.request, providers::resolve_attempts(options.client, settings), {.stop = stop},
              [&](HttpResponse& response) {
                if (response.status != kOk) {
                  refuse(response, options, credentials);
                }
                token = signin_token(response);
              });

  auto encoded = core::percent_encode(token.reveal());
  std::string url;
  const std::string rest = "&Destination=" + core::percent_encode(places.destination) +
                           (options.issuer.empty() ? "" : "&Issuer=" + core::percent_encode(options.issuer));
  url.reserve(places.signin.size() + rest.size() + encoded.size() + 64);
  url.append(places.signin).append("?Action=login").append(rest).append("&SigninToken=").append(encoded);
  SecretString result{url};
  wipe(url);
  wipe(encoded);
  return result;
}

}  // namespace aws_refresh_session
