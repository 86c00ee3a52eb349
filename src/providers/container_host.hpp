#pragma once

#include <string_view>

namespace aws_refresh_session::providers {

/// True for hosts that are this machine or answer on its link only: 127.0.0.0/8, ::1, `localhost`, and the addresses of
/// ECS (169.254.170.2) and EKS (169.254.170.23, fd00:ec2::23). Only these may get the authorization token in the clear,
/// and no proxy leads to them.
///
/// `localhost` is taken by its name, as botocore does: it is loopback by RFC 6761 (6.3), and libcurl asks no name
/// server for it. Other names are refused though they may lead to loopback, which some SDKs find out by looking them
/// up: an answer that is checked is not the one that is connected to.
/// https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
/// \param host as core::Url has it: lower case, IPv6 without brackets
[[nodiscard]] bool is_local_container_host(std::string_view host) noexcept;

}  // namespace aws_refresh_session::providers
