#include "providers/imds_region.hpp"

namespace aws_refresh_session::providers {

std::optional<std::string> imds_region(const profile::Settings&, const ProviderSeams&, const std::stop_token&) {
  return std::nullopt;
}

}  // namespace aws_refresh_session::providers
