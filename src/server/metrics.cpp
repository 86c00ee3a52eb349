#include "server/metrics.hpp"

#include <cstdio>
#include <string>

namespace aws_refresh_session::server {
namespace {

constexpr std::array<std::string_view, kOutcomes> kNames{"ok",        "bad_request", "unauthorized",
                                                         "forbidden", "not_found",   "method_not_allowed",
                                                         "too_large", "unavailable", "timed_out"};

std::string number(double value) {
  std::array<char, 32> text{};
  const int size = std::snprintf(text.data(), text.size(), "%.9g", value);
  return {text.data(), static_cast<std::size_t>(size > 0 ? size : 0)};
}

double seconds(std::chrono::nanoseconds span) {
  return std::chrono::duration<double>(span).count();
}

class Page {
 public:
  void family(std::string_view name, std::string_view type, std::string_view help) {
    (((((text_ += "# HELP ") += kPrefix) += name) += ' ') += help) += '\n';
    (((((text_ += "# TYPE ") += kPrefix) += name) += ' ') += type) += '\n';
  }
  void sample(std::string_view name, std::string_view labels, std::string_view value) {
    ((((text_ += kPrefix) += name) += labels) += ' ') += value;
    text_ += '\n';
  }
  [[nodiscard]] WipedText take() { return std::move(text_); }

 private:
  static constexpr std::string_view kPrefix = "aws_refresh_session_";
  WipedText text_;
};

/// Names of roles and outcomes hold nothing that would need escaping.
std::string label(std::string_view name, std::string_view value) {
  return "{" + std::string{name} + "=\"" + std::string{value} + "\"}";
}

void append_roles(Page& page, std::span<const RoleWatch> roles, WallTime now) {
  page.family("role_usable", "gauge", "1 while the role has a set that has not expired.");
  for (const auto& role : roles) {
    page.sample("role_usable", label("role", role.role().name), role.usable_set() ? "1" : "0");
  }
  page.family("role_remaining_seconds", "gauge", "Life left of the role's set; absent without a set or an end.");
  for (const auto& role : roles) {
    if (const auto set = role.usable_set(); set && set->expiration()) {
      page.sample("role_remaining_seconds", label("role", role.role().name), number(seconds(*set->expiration() - now)));
    }
  }
  page.family("role_refreshes_total", "counter", "Calls to the role's source by result.");
  for (const auto& role : roles) {
    const auto history = role.history();
    const auto with = [&](std::string_view result) {
      return "{role=\"" + role.role().name + "\",result=\"" + std::string{result} + "\"}";
    };
    page.sample("role_refreshes_total", with("success"), std::to_string(history.successes));
    page.sample("role_refreshes_total", with("failure"), std::to_string(history.failures));
  }
}

}  // namespace

std::string_view to_string(Outcome outcome) noexcept {
  return kNames[static_cast<std::size_t>(outcome)];
}

void Metrics::count(Outcome outcome, std::chrono::nanoseconds latency) {
  ++outcomes_[static_cast<std::size_t>(outcome)];
  ++requests_;
  total_ += latency;
  for (std::size_t i = 0; i < kBucketSeconds.size(); ++i) {
    if (seconds(latency) <= kBucketSeconds[i]) {
      ++buckets_[i];
    }
  }
}

WipedText Metrics::text(std::span<const RoleWatch> roles, WallTime now) const {
  Page page;
  page.family("requests_total", "counter", "Requests by outcome.");
  for (std::size_t i = 0; i < kOutcomes; ++i) {
    page.sample("requests_total", label("outcome", kNames[i]), std::to_string(outcomes_[i]));
  }
  page.family("request_seconds", "histogram", "From a request's headers to its answer.");
  for (std::size_t i = 0; i < kBucketSeconds.size(); ++i) {
    page.sample("request_seconds_bucket", label("le", number(kBucketSeconds[i])), std::to_string(buckets_[i]));
  }
  page.sample("request_seconds_bucket", label("le", "+Inf"), std::to_string(requests_));
  page.sample("request_seconds_sum", "", number(seconds(total_)));
  page.sample("request_seconds_count", "", std::to_string(requests_));
  page.family("connections", "gauge", "Open connections.");
  page.sample("connections", "", std::to_string(connections_));
  page.family("connections_evicted_total", "counter", "Connections closed to make room for others.");
  page.sample("connections_evicted_total", "", std::to_string(evictions_));
  append_roles(page, roles, now);
  return page.take();
}

}  // namespace aws_refresh_session::server
