#pragma once

#include <aws_refresh_session/http_transport.hpp>

#include <cstddef>
#include <mutex>
#include <nlohmann/json.hpp>
#include <stop_token>
#include <string>
#include <vector>

namespace aws_refresh_session::testing {

/// Answers the exchanges of a case (README.md), each request checked against the one expected. What was not expected
/// gets no answer and is kept as a fault. Thread-safe.
class ScriptedTransport final : public HttpTransport {
 public:
  /// \param exchanges the case's `http`
  /// \param any_order whether a request may match any exchange that is left, not only the next
  /// \param ca_bundle what every https request must be checked with
  ScriptedTransport(const nlohmann::json& exchanges, bool any_order, std::string ca_bundle);

  [[nodiscard]] HttpResponse send(const HttpRequest& request, const std::stop_token& stop) override;

  /// What went wrong, and the exchanges that never took place; none for a case that went as written. Without secrets:
  /// texts are named, not quoted.
  [[nodiscard]] std::vector<std::string> faults() const;

 private:
  struct Exchange {
    nlohmann::json request;
    nlohmann::json response;
    std::size_t left = 1;
  };

  std::vector<Exchange> exchanges_;
  const bool any_order_;
  const std::string ca_bundle_;
  mutable std::mutex mutex_;
  std::vector<std::string> faults_;
};

}  // namespace aws_refresh_session::testing
