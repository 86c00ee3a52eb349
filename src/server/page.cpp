#include "server/page.hpp"

#include "server/served_json.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <string>
#include <utility>

namespace aws_refresh_session::server {
namespace {

/// What to do about an error, by its code; TROUBLESHOOTING.md says more.
std::string_view cure_of(const Error& error) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 9> kCures{{
      {"AccessDenied", "Compare `aws-refresh-session whoami` with the role's trust policy and its conditions."},
      {"ExpiredToken", "Renew the credentials that the role is assumed with."},
      {"InvalidClientTokenId", "Check the keys that the role is assumed with."},
      {"SignatureDoesNotMatch", "Check the secret key that the role is assumed with."},
      {"ConnectionRefused", "Check that the endpoint is right and the service runs."},
      {"NameResolution", "Check region, endpoint and DNS."},
      {"Timeout", "Check the network; it is tried again by itself."},
      {"NoCredentials", "Run `aws-refresh-session whoami --explain` to see what each source lacks."},
      {"SsoTokenExpired", "Log in again with `aws sso login`."},
  }};
  const auto found =
      std::find_if(kCures.begin(), kCures.end(), [&](const auto& each) { return each.first == error.code(); });
  if (found != kCures.end()) {
    return found->second;
  }
  return error.kind() == ErrorKind::recoverable
             ? "It is tried again by itself."
             : "Look the code up in TROUBLESHOOTING.md; it is tried again by itself.";
}

/// Writes objects and lists; commas come by themselves.
class Json {
 public:
  Json& open(char bracket) {
    separate();
    text_ += bracket;
    fresh_ = true;
    return *this;
  }
  Json& close(char bracket) {
    text_ += bracket;
    fresh_ = false;
    return *this;
  }
  Json& name(std::string_view name) {
    separate();
    append_json_string(text_, name);
    text_ += ':';
    fresh_ = true;
    return *this;
  }
  Json& value(std::string_view text) {
    separate();
    append_json_string(text_, text);
    return *this;
  }
  /// A number, or a word of JSON.
  Json& raw(std::string_view text) {
    separate();
    text_ += text;
    return *this;
  }
  [[nodiscard]] WipedText take() { return std::move(text_); }

 private:
  void separate() {
    if (!std::exchange(fresh_, false)) {
      text_ += ',';
    }
  }

  WipedText text_;
  bool fresh_ = true;
};

std::string seconds(std::chrono::nanoseconds span) {
  return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(span).count());
}

std::string_view code_of(const Error& error) {
  return error.code().empty() ? to_string(error.kind()) : std::string_view{error.code()};
}

void append_life(Json& json, const RoleWatch& role, const RoleWatch::History& history, WallTime now) {
  const auto set = role.usable_set();
  const auto end = set ? set->expiration() : std::nullopt;
  json.name("usable").raw(set ? "true" : "false");
  json.name("expiration").value(end ? utc_text(*end) : "");
  json.name("remaining").raw(end ? seconds(*end - now) : "null");
  // What the bar is full at: the life the set had when it came.
  const auto came = std::find_if(history.attempts.rbegin(), history.attempts.rend(),
                                 [](const RoleWatch::Attempt& attempt) { return !attempt.error; });
  json.name("lifetime").raw(end && came != history.attempts.rend() ? seconds(*end - came->time) : "0");
}

void append_role(Json& json, const RoleWatch& role, WallTime now) {
  const auto history = role.history();
  json.open('{').name("name").value(role.role().name).name("arn").value(role.role().role_arn);
  append_life(json, role, history, now);
  json.name("successes").raw(std::to_string(history.successes));
  json.name("failures").raw(std::to_string(history.failures));
  if (const auto error = role.role().provider->last_error()) {
    json.name("error").open('{').name("code").value(code_of(*error)).name("message").value(error->message());
    json.name("cure").value(cure_of(*error)).close('}');
  }
  json.name("attempts").open('[');
  for (const auto& [time, latency, error] : history.attempts) {
    json.open('{').name("time").value(utc_text(time)).name("milliseconds").raw(std::to_string(latency.count()));
    if (error) {
      json.name("code").value(code_of(*error)).name("message").value(error->message());
    }
    json.close('}');
  }
  json.close(']').close('}');
}

}  // namespace

WipedText page_state(std::span<const RoleWatch> roles, WallTime now) {
  Json json;
  json.open('{').name("time").value(utc_text(now)).name("roles").open('[');
  for (const RoleWatch& role : roles) {
    append_role(json, role, now);
  }
  json.close(']').close('}');
  return json.take();
}

}  // namespace aws_refresh_session::server
