#pragma once

#include "server/host_check.hpp"
#include "server/metadata_tokens.hpp"
#include "server/metrics.hpp"
#include "server/role_watch.hpp"
#include "server/wiping_allocator.hpp"

#include <aws_refresh_session/credentials_server.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace aws_refresh_session::server {

enum class Method { get, head, put, other };

/// A header that must not come twice.
struct HeaderValue {
  std::size_t count = 0;
  std::string_view value;
};

/// What counts of a request's head. Views into the connection's buffers.
struct Request {
  Method method = Method::get;
  std::string_view target;
  HeaderValue host;
  HeaderValue authorization;
  HeaderValue origin;
  HeaderValue forwarded_for;
  HeaderValue metadata_token;
  HeaderValue metadata_token_life;
  bool has_body = false;
};

struct Answer {
  unsigned status = 200;
  Outcome outcome = Outcome::ok;
  std::string_view content_type = "application/json";
  WipedText body;
  /// What the client may use instead; empty: no such header.
  std::string_view allow{};
  std::string_view content_security_policy{};
  /// The life of a new session token; empty: no such header.
  std::string metadata_token_life{};
  /// No further request is read: this one's end is not known.
  bool closes = false;
  bool retry_soon = false;
};

/// Decides every request, and does no I/O. For one thread.
class RequestHandler {
 public:
  struct Settings {
    SecretString token;
    HostCheck hosts;
    bool imds = false;
    bool page = false;
    std::chrono::milliseconds first_set_timeout{0};
    std::shared_ptr<const Clock> clock;
  };

  RequestHandler(std::vector<ServedRole> roles, Settings settings);

  /// \param asked_at when the request came
  /// \returns nothing while the role has no set and one may still come: ask again in a moment
  [[nodiscard]] std::optional<Answer> answer(const Request& request, SteadyTime asked_at);
  /// For what is no request; `message` says why.
  [[nodiscard]] static Answer refusal(unsigned status, Outcome outcome, std::string_view code,
                                      std::string_view message);

  [[nodiscard]] const std::vector<RoleWatch>& roles() const noexcept { return roles_; }
  [[nodiscard]] Metrics& metrics() noexcept { return metrics_; }

 private:
  [[nodiscard]] std::optional<Answer> refuse_strangers(const Request& request) const;
  [[nodiscard]] bool is_authorized(const Request& request, bool takes_bearer) const;
  [[nodiscard]] std::optional<Answer> metadata(const Request& request, SteadyTime asked_at);
  [[nodiscard]] std::optional<Answer> set_of(const RoleWatch& role, SteadyTime asked_at, bool metadata) const;
  [[nodiscard]] Answer health() const;
  [[nodiscard]] Answer page(const Request& request) const;

  Settings settings_;
  std::vector<RoleWatch> roles_;
  MetadataTokens metadata_tokens_;
  Metrics metrics_;
};

}  // namespace aws_refresh_session::server
