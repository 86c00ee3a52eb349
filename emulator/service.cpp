#include "emulator/service.hpp"

#include "emulator/authorization.hpp"
#include "emulator/aws_error.hpp"
#include "emulator/digest.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <array>
#include <optional>
#include <string_view>

namespace aws_refresh_session::emulator {
namespace {

constexpr std::string_view kVersion = "2011-06-15";
constexpr std::array<std::string_view, 1> kStsService{"sts"};
constexpr std::array<std::string_view, 2> kResourceServices{"s3", "execute-api"};

/// Shaped like AWS's: a version-4 UUID.
std::string new_request_id() {
  const std::string hex = random_text(32, "0123456789abcdef");
  const std::string_view all{hex};
  return fmt::format("{}-{}-4{}-a{}-{}", all.substr(0, 8), all.substr(8, 4), all.substr(12, 3), all.substr(15, 3),
                     all.substr(18, 12));
}

bool is_resource(std::string_view path) {
  return path == "/resource" || path.starts_with("/resource/");
}

std::string value_of(const Parameters& parameters, std::string_view name) {
  for (const auto& [key, value] : parameters) {
    if (key == name) {
      return value;
    }
  }
  return {};
}

CredentialsShape shape_of(FaultKind kind) {
  switch (kind) {
    case FaultKind::expired_answer:
      return CredentialsShape::expired;
    case FaultKind::no_expiration:
      return CredentialsShape::no_expiration;
    case FaultKind::no_zone:
      return CredentialsShape::no_zone;
    case FaultKind::empty_keys:
      return CredentialsShape::empty_keys;
    default:
      return CredentialsShape::normal;
  }
}

/// What a load balancer in front of the service says when it has none behind it.
HttpResponse proxy_error(int status) {
  return {.status = status,
          .headers = {{"Content-Type", "text/html"}},
          .body = fmt::format("<html><body><h1>{} {}</h1></body></html>\n", status,
                              status == 502 ? "Bad Gateway" : "Gateway Timeout")};
}

AwsError throttled(int status) {
  switch (status) {
    case 429:
      return {429, "TooManyRequestsException", "Rate exceeded"};
    case 503:
      return {503, "SlowDown", "Please reduce your request rate."};
    default:
      return {400, "Throttling", "Rate exceeded"};
  }
}

AwsError failed(int status) {
  return status == 503
             ? AwsError{503, "ServiceUnavailable", "The request has failed due to a temporary failure of the server."}
             : AwsError{500, "InternalFailure",
                        "The request processing has failed because of an unknown error, exception or failure."};
}

}  // namespace

/// One request on its way to an answer.
struct Service::Exchange {
  const HttpRequest& request;
  std::optional<Parameters> query;
  /// Of the action: the form's, or the query's. None if they cannot be read.
  std::optional<Parameters> parameters;
  Dialect dialect = Dialect::sts;
  FaultDecision fault;
  TimePoint now;
  LogEntry entry;
  Reply reply;
  bool issued = false;

  explicit Exchange(const HttpRequest& incoming) : request(incoming) {
    query = parse_parameters(request.query, false);
    if (is_resource(request.path)) {
      const bool gateway =
          request.header("Authorization").value_or(request.query).find("execute-api") != std::string_view::npos;
      dialect = gateway ? Dialect::execute_api : Dialect::s3;
      entry.action = Action::resource;
    } else if (request.path == "/") {
      const bool form = request.method == "POST";
      parameters = form ? parse_parameters(request.body, true) : query;
      const auto action = parse_action(value_of(parameters.value_or(Parameters{}), "Action"));
      entry.action = action && *action != Action::resource ? *action : Action::other;
      entry.parameters = loggable(parameters.value_or(Parameters{}));
    }
    entry.method = request.method.substr(0, 16);
    entry.path = request.path.substr(0, 1'024);
    entry.request_id = new_request_id();
  }

  void refuse(const AwsError& error) {
    entry.code = error.code();
    reply.response = error_answer(error, dialect, entry.request_id);
  }
};

Service::Service(const Options& options)
    : clock_(options.clock),
      account_(options),
      authenticator_(account_, options.region),
      sts_(account_, devices_),
      recorder_(options.log_capacity) {
  for (const auto& device : options.mfa_devices) {
    devices_.add(device);
  }
}

TimePoint Service::now() const {
  return (clock_ ? clock_->now() : std::chrono::system_clock::now()) + std::chrono::milliseconds{offset_};
}

Reply Service::handle(const HttpRequest& request, const Peer& peer) {
  const auto start = std::chrono::steady_clock::now();
  Exchange exchange{request};
  LogEntry& entry = exchange.entry;
  entry.time = now();
  exchange.fault = faults_.decide(entry.action);
  entry.faults = exchange.fault.kinds;
  // After the fault is decided: whoever waits for an arrival may then change the faults for the next one.
  entry.number = recorder_.arrive(entry.action);
  if (wait(exchange, peer)) {
    exchange.now = now() + exchange.fault.clock_skew;
    respond(exchange);
  } else {
    exchange.reply.ending = Ending::drop;
  }
  auto& reply = exchange.reply;
  entry.status = reply.ending == Ending::keep ? reply.response.status : 0;
  reply.response.headers.emplace_back("x-amzn-RequestId", entry.request_id);
  reply.response.headers.emplace_back("Date", format_http_date(exchange.now + exchange.fault.date_skew));
  entry.duration = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start);
  recorder_.record(entry, exchange.issued);
  return std::move(reply);
}

/// \returns false if no answer is due
bool Service::wait(const Exchange& exchange, const Peer& peer) {
  const auto& fault = exchange.fault;
  if (fault.latency.count() > 0 && !waiting_room_.sleep(peer, fault.latency)) {
    return false;
  }
  if (!fault.main || fault.main->kind != FaultKind::hang) {
    return true;
  }
  const auto limit = fault.main->delay;
  return waiting_room_.wait_for_release(peer, limit.count() > 0 ? std::optional{limit} : std::nullopt);
}

void Service::respond(Exchange& exchange) {
  const FaultKind kind = exchange.fault.main ? exchange.fault.main->kind : FaultKind::latency;
  const int status = exchange.fault.main ? exchange.fault.main->status : 0;
  HttpResponse& response = exchange.reply.response;
  switch (kind) {
    case FaultKind::reset:
      exchange.reply.ending = Ending::reset;
      return;
    case FaultKind::server_error:
      exchange.refuse(failed(status));
      if (status == 502 || status == 504) {
        exchange.entry.code = "BadGateway";
        response = proxy_error(status);
      }
      return;
    case FaultKind::throttling:
      exchange.refuse(throttled(status));
      return;
    case FaultKind::forbidden:
      exchange.refuse({403, "AccessDenied", "Access denied"});
      return;
    case FaultKind::not_xml:
      response = {
          .status = 200, .headers = {{"Content-Type", "text/html"}}, .body = "<!doctype html><p>Welcome & hello"};
      return;
    case FaultKind::empty_body:
      response = {.status = 200, .headers = {{"Content-Type", "text/xml"}}, .body = {}};
      return;
    default:
      break;
  }
  respond_as_usual(exchange, shape_of(kind));
  if (kind == FaultKind::reset_mid_body) {
    exchange.reply.ending = Ending::reset_mid_body;
  } else if (kind == FaultKind::truncated_xml) {
    response.body.resize(response.body.size() / 2);
  }
}

void Service::respond_as_usual(Exchange& exchange, CredentialsShape shape) {
  try {
    if (!exchange.query) {
      throw AwsError(400, "MalformedQueryString", "The query string contains a syntax error.");
    }
    if (exchange.entry.action == Action::resource) {
      exchange.reply.response = serve_resource(exchange);
    } else if (exchange.request.path == "/") {
      exchange.reply.response = serve_sts(exchange, shape);
    } else {
      throw AwsError(404, "NotFound", "There is nothing here: ask / for STS, or /resource.");
    }
  } catch (const AwsError& error) {
    exchange.refuse(error);
  }
}

HttpResponse Service::serve_sts(Exchange& exchange, CredentialsShape shape) {
  LogEntry& entry = exchange.entry;
  if (!exchange.parameters) {
    throw AwsError(400, "MalformedInput", "The body is not a form.");
  }
  const auto& parameters = *exchange.parameters;
  const std::string action = value_of(parameters, "Action");
  const std::string version = value_of(parameters, "Version");
  if (action.empty()) {
    throw AwsError(400, "MissingAction", "The request is missing an action.");
  }
  if (entry.action == Action::other || version != kVersion) {
    const auto printable =
        action.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == std::string::npos;
    throw AwsError(400, "InvalidAction",
                   fmt::format("Could not find operation {} for version {}",
                               printable ? action.substr(0, 64) : std::string{"of this name"},
                               version == kVersion ? version : "NO_VERSION_SPECIFIED"));
  }
  if (exchange.request.method != "POST" && exchange.request.method != "GET") {
    throw AwsError(405, "MethodNotAllowed", "Use POST.");
  }
  const Caller caller =
      authenticator_.authenticate(exchange.request, *exchange.query, kStsService, exchange.now, entry);
  auto response = sts_.serve({.action = entry.action,
                              .parameters = parameters,
                              .caller = caller,
                              .now = exchange.now,
                              .shape = shape,
                              .request_id = entry.request_id});
  exchange.issued = entry.action != Action::get_caller_identity;
  return response;
}

HttpResponse Service::serve_resource(Exchange& exchange) {
  const auto& request = exchange.request;
  const Caller caller =
      authenticator_.authenticate(request, *exchange.query, kResourceServices, exchange.now, exchange.entry);
  if (request.method != "GET" && request.method != "HEAD" && request.method != "PUT") {
    throw AwsError(405, "MethodNotAllowed", "The specified method is not allowed against this resource.");
  }
  if (!caller.temporary()) {
    throw AwsError(403, "AccessDenied", "Access denied: this resource is for temporary credentials only.");
  }
  const nlohmann::json body{
      {"message", "The credentials are good."}, {"arn", caller.arn}, {"received_bytes", request.body.size()}};
  return {.status = 200,
          .headers = {{"Content-Type", "application/json"}},
          .body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)};
}

}  // namespace aws_refresh_session::emulator
