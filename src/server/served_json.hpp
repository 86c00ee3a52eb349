#pragma once

/// \file
/// The JSON that is served.

#include "server/wiping_allocator.hpp"

#include <aws_refresh_session/credentials.hpp>

#include <string_view>

namespace aws_refresh_session::server {

/// `YYYY-MM-DDTHH:MM:SSZ`: the AWS SDK for JavaScript refuses `+00:00`.
[[nodiscard]] std::string utc_text(WallTime time);
/// `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, 5.6.7).
[[nodiscard]] std::string http_date(WallTime time);

/// Appends a JSON string with its quotes. Bytes that are no UTF-8 become U+FFFD.
void append_json_string(WipedText& json, std::string_view text);

/// What a container's credentials endpoint answers; see credentials_server.hpp.
/// \param role_arn left out when empty
[[nodiscard]] WipedText container_json(const Credentials& credentials, std::string_view role_arn, WallTime now);

/// What the instance metadata service answers for a role.
/// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html
[[nodiscard]] WipedText metadata_json(const Credentials& credentials, WallTime now);

/// `{"code": ..., "message": ...}`, as the SDKs for Go and Java read it.
[[nodiscard]] WipedText error_json(std::string_view code, std::string_view message);

}  // namespace aws_refresh_session::server
