#pragma once

/// \file
/// What every provider takes from the machine, so that a test can give something else.

#include <aws_refresh_session/clock.hpp>
#include <aws_refresh_session/environment.hpp>
#include <aws_refresh_session/http_transport.hpp>

#include <memory>

namespace aws_refresh_session {

/// The surroundings of a provider. What is null is replaced by the machine's own.
struct ProviderSeams {
  std::shared_ptr<const Clock> clock{};
  std::shared_ptr<HttpTransport> transport{};
  std::shared_ptr<const Environment> environment{};
  /// Updated from the `Date` headers of the services.
  std::shared_ptr<ClockSkew> skew{};

  /// The same with nothing null.
  [[nodiscard]] ProviderSeams completed() &&;
};

}  // namespace aws_refresh_session
