#pragma once

#include "client/service_target.hpp"

#include <aws_refresh_session/service_client.hpp>

#include <string>
#include <string_view>

namespace aws_refresh_session::client {

/// The URL of a request, percent-encoded.
/// https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
/// \throws ValidationError of code `InvalidParameter` for a bucket or a path that has no place in one
[[nodiscard]] std::string make_url(const ServiceTarget& target, const ServiceRequest& request);

/// True for a bucket's name that can be one or more labels of a host's.
/// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
[[nodiscard]] bool is_host_name(std::string_view bucket) noexcept;

}  // namespace aws_refresh_session::client
