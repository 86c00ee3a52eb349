#pragma once

#include "aws/endpoints.hpp"

#include <string_view>

namespace aws_refresh_session::aws {

/// Where any service of AWS is: by its partition's pattern (`SERVICE[-fips].REGION.SUFFIX`), with the hosts that AWS's
/// published rules make otherwise: services with one host for a whole partition (iam, route53, ...), S3's dual-stack
/// hosts, GovCloud's and some services' names for FIPS. A service or region that nobody knows yet gets the pattern.
/// \param host_label as ServiceNames::host_label
/// \param given as they come; pseudo regions are taken for what they mean, an empty region for the partition `aws`
///   where the service has one host for all of it
/// \throws ConfigurationError of code `MissingRegion` without a region where one is needed, `InvalidRegion`,
///   `UnsupportedEndpoint` for a pseudo region that the service has no host for
[[nodiscard]] ServiceEndpoint host_of_service(std::string_view host_label, const EndpointRules& given);

}  // namespace aws_refresh_session::aws
