#pragma once

#include <aws_refresh_session/http_transport.hpp>

namespace aws_refresh_session::core {

/// Refuses a method or a header that no HTTP message can carry (RFC 9110, 5.5 and 5.6.2): a line break in it would
/// smuggle in another header, or another request.
/// \throws ValidationError of code `InvalidMethod` or `InvalidHeader`, without the value
void check_message(const HttpRequest& request);

}  // namespace aws_refresh_session::core
