#pragma once

#include "profile/settings.hpp"

#include <aws_refresh_session/provider_seams.hpp>

#include <optional>
#include <stop_token>
#include <string>

namespace aws_refresh_session::providers {

/// The region of the instance this runs on, by instance metadata
/// (`/latest/meta-data/placement/region`, else the availability zone without its letter). Nothing when the service is
/// disabled, does not answer within its time limit, or has no region: asking must not be what breaks a client.
[[nodiscard]] std::optional<std::string> imds_region(const profile::Settings& settings, const ProviderSeams& seams,
                                                     const std::stop_token& stop);

}  // namespace aws_refresh_session::providers
