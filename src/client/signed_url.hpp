#pragma once

#include <aws_refresh_session/signing.hpp>

#include <chrono>
#include <string>

namespace aws_refresh_session::client {

/// A URL and until when it is good.
/// \param local when it was signed, by the local clock
[[nodiscard]] PresignedUrl signed_url(std::string url, const Credentials& credentials, WallTime local,
                                      std::chrono::seconds expires, std::chrono::milliseconds skew);

}  // namespace aws_refresh_session::client
