#pragma once

#include "emulator/account.hpp"
#include "emulator/http_message.hpp"
#include "emulator/percent.hpp"
#include "emulator/request_log.hpp"

#include <span>
#include <string>
#include <string_view>

namespace aws_refresh_session::emulator {

/// Judges signatures. Thread-safe.
class Authenticator {
 public:
  /// \param region the one to accept; empty: any
  Authenticator(const Account& account, std::string region) : account_(account), region_(std::move(region)) {}

  /// \param query the decoded query of the request
  /// \param services what the request may be signed for
  /// \param now by the service's clock
  /// \param entry gets the access key id and, of a right signature, the principal
  /// \throws AwsError
  [[nodiscard]] Caller authenticate(const HttpRequest& request, const Parameters& query,
                                    std::span<const std::string_view> services, TimePoint now, LogEntry& entry) const;

 private:
  const Account& account_;
  std::string region_;
};

}  // namespace aws_refresh_session::emulator
