#include "server/request_handler.hpp"

#include "server/page.hpp"
#include "server/served_json.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <algorithm>
#include <utility>

namespace aws_refresh_session::server {
namespace {

constexpr std::string_view kMetadataRoot = "/latest/";
constexpr std::string_view kMetadataToken = "/latest/api/token";
constexpr std::string_view kMetadataRoles = "/latest/meta-data/iam/security-credentials/";
constexpr std::string_view kPage = "/ui/";
constexpr std::string_view kPageState = "/ui/state";

Answer plain(std::string_view type, std::string_view text) {
  Answer answer;
  answer.content_type = type;
  answer.body = text;
  return answer;
}

Answer not_found() {
  return RequestHandler::refusal(404, Outcome::not_found, "NotFound",
                                 "Nothing is served at this path. The server printed the paths at its start.");
}

Answer unauthorized() {
  return RequestHandler::refusal(401, Outcome::unauthorized, "Unauthorized",
                                 "The Authorization header must hold the server's token, exactly. Set "
                                 "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE or AWS_CONTAINER_AUTHORIZATION_TOKEN.");
}

Answer method_not_allowed(std::string_view allow) {
  auto answer =
      RequestHandler::refusal(405, Outcome::method_not_allowed, "MethodNotAllowed", "This path takes no such method.");
  answer.allow = allow;
  return answer;
}

/// Why a role has nothing to give, as its source said it: the library's errors hold no secrets.
Answer unavailable(const RoleWatch& role) {
  const auto error = role.role().provider->last_error();
  auto answer = error
                    ? RequestHandler::refusal(503, Outcome::unavailable,
                                              error->code().empty() ? "SourceFailed" : error->code(), error->message())
                    : RequestHandler::refusal(503, Outcome::unavailable, "NotReady",
                                              "The source of the credentials has not answered yet.");
  answer.retry_soon = true;
  return answer;
}

}  // namespace

RequestHandler::RequestHandler(std::vector<ServedRole> roles, Settings settings) : settings_(std::move(settings)) {
  roles_.reserve(roles.size());
  for (auto& role : roles) {
    roles_.emplace_back(std::move(role), settings_.clock);
  }
}

Answer RequestHandler::refusal(unsigned status, Outcome outcome, std::string_view code, std::string_view message) {
  Answer answer;
  answer.status = status;
  answer.outcome = outcome;
  answer.body = error_json(code, message);
  return answer;
}

std::optional<Answer> RequestHandler::answer(const Request& request, SteadyTime asked_at) {
  if (auto refused = refuse_strangers(request)) {
    return refused;
  }
  const bool reads = request.method == Method::get || request.method == Method::head;
  if (request.target == "/healthz") {
    return reads ? health() : method_not_allowed("GET, HEAD");
  }
  if (settings_.imds && request.target.substr(0, kMetadataRoot.size()) == kMetadataRoot) {
    return metadata(request, asked_at);
  }
  if (settings_.page && request.target.substr(0, kPage.size()) == kPage) {
    return reads ? page(request) : method_not_allowed("GET, HEAD");
  }
  // Before the path: who has no token does not learn which roles there are.
  const bool is_metrics = request.target == "/metrics";
  if (!is_authorized(request, is_metrics)) {
    return unauthorized();
  }
  if (!reads) {
    return method_not_allowed("GET, HEAD");
  }
  if (is_metrics) {
    auto answer = plain("text/plain; version=0.0.4; charset=utf-8", {});
    answer.body = metrics_.text(roles_, settings_.clock->now());
    return answer;
  }
  const auto role = std::find_if(roles_.begin(), roles_.end(),
                                 [&](const RoleWatch& each) { return each.role().path == request.target; });
  return role == roles_.end() ? not_found() : set_of(*role, asked_at, false);
}

std::optional<Answer> RequestHandler::refuse_strangers(const Request& request) const {
  if (request.host.count != 1) {
    return refusal(400, Outcome::bad_request, "InvalidHost", "A request must name one Host.");
  }
  if (!settings_.hosts.accepts_host(request.host.value)) {
    return refusal(403, Outcome::forbidden, "HostNotAllowed",
                   "This server does not answer for the host that the request names.");
  }
  if (request.origin.count > 1 ||
      (request.origin.count == 1 && !settings_.hosts.accepts_origin(request.origin.value))) {
    return refusal(403, Outcome::forbidden, "OriginNotAllowed", "Pages of other sites are not answered.");
  }
  if (request.forwarded_for.count != 0) {
    return refusal(403, Outcome::forbidden, "ForwardedRequest",
                   "Requests that came through a proxy (X-Forwarded-For) are not answered.");
  }
  if (request.has_body) {
    auto answer = refusal(413, Outcome::too_large, "BodyNotAllowed", "No request of this server has a body.");
    answer.closes = true;
    return answer;
  }
  return std::nullopt;
}

bool RequestHandler::is_authorized(const Request& request, bool takes_bearer) const {
  constexpr std::string_view kBearer = "Bearer ";
  if (request.authorization.count != 1) {
    return false;
  }
  auto value = request.authorization.value;
  if (takes_bearer && value.substr(0, kBearer.size()) == kBearer) {
    value.remove_prefix(kBearer.size());
  }
  return SecretString{value} == settings_.token;
}

std::optional<Answer> RequestHandler::metadata(const Request& request, SteadyTime asked_at) {
  if (request.target == kMetadataToken) {
    if (request.method != Method::put) {
      return method_not_allowed("PUT");
    }
    const auto life = request.metadata_token_life.count == 1
                          ? MetadataTokens::parse_life(request.metadata_token_life.value)
                          : std::nullopt;
    if (!life) {
      return refusal(400, Outcome::bad_request, "BadRequest",
                     "X-aws-ec2-metadata-token-ttl-seconds must be a number from 1 to 21600.");
    }
    auto answer = plain("text/plain", metadata_tokens_.issue(*life, settings_.clock->steady_now()).reveal());
    answer.metadata_token_life = std::to_string(life->count());
    return answer;
  }
  if (request.metadata_token.count != 1 ||
      !metadata_tokens_.knows(request.metadata_token.value, settings_.clock->steady_now())) {
    return refusal(401, Outcome::unauthorized, "Unauthorized",
                   "X-aws-ec2-metadata-token must hold a session token (IMDSv2). PUT /latest/api/token gives one.");
  }
  if (request.method != Method::get && request.method != Method::head) {
    return method_not_allowed("GET, HEAD");
  }
  if (request.target.substr(0, kMetadataRoles.size()) != kMetadataRoles) {
    // Clients ask without the last slash, too.
    return request.target == kMetadataRoles.substr(0, kMetadataRoles.size() - 1)
               ? plain("text/plain", roles_.front().role().name)
               : not_found();
  }
  const auto name = request.target.substr(kMetadataRoles.size());
  if (name.empty()) {
    // One only: botocore and the SDK for JavaScript take the whole text for a name.
    return plain("text/plain", roles_.front().role().name);
  }
  const auto role =
      std::find_if(roles_.begin(), roles_.end(), [&](const RoleWatch& each) { return each.role().name == name; });
  return role == roles_.end() ? not_found() : set_of(*role, asked_at, true);
}

std::optional<Answer> RequestHandler::set_of(const RoleWatch& role, SteadyTime asked_at, bool metadata) const {
  if (const auto set = role.usable_set()) {
    const auto now = settings_.clock->now();
    Answer answer;
    answer.body = metadata ? metadata_json(*set, now) : container_json(*set, role.role().role_arn, now);
    return answer;
  }
  const auto until = asked_at + settings_.first_set_timeout;
  if (settings_.clock->steady_now() < until && !role.is_hopeless(asked_at, until)) {
    return std::nullopt;
  }
  return unavailable(role);
}

Answer RequestHandler::health() const {
  const bool healthy = std::all_of(roles_.begin(), roles_.end(),
                                   [](const RoleWatch& role) { return static_cast<bool>(role.usable_set()); });
  if (healthy) {
    return plain("application/json", R"({"status":"ok"})");
  }
  auto answer = plain("application/json", R"({"status":"degraded","message":"A role has no usable credentials."})");
  answer.status = 503;
  answer.outcome = Outcome::unavailable;
  return answer;
}

Answer RequestHandler::page(const Request& request) const {
  Answer answer;
  if (request.target == kPageState) {
    if (!is_authorized(request, false)) {
      return unauthorized();
    }
    answer = plain("application/json", {});
    answer.body = page_state(roles_, settings_.clock->now());
  } else if (const auto file = page_file(request.target)) {
    answer = plain(file->content_type, file->text);
  } else {
    return not_found();
  }
  answer.content_security_policy = kPagePolicy;
  return answer;
}

}  // namespace aws_refresh_session::server
