#pragma once

#include <aws_refresh_session/http_body.hpp>

#include <stop_token>
#include <string>

namespace aws_refresh_session::aws {

/// The SHA-256 of a body that is read from its source, in lower-case hexadecimal. Reads all of it; the source is left
/// at its end.
/// \param stop ends the reading early
/// \throws what the source throws; ConnectionError of kind cancelled
[[nodiscard]] std::string payload_hash(BodySource& source, const std::stop_token& stop = {});

}  // namespace aws_refresh_session::aws
