#pragma once

#include "emulator/authorization.hpp"
#include "emulator/http_message.hpp"
#include "emulator/percent.hpp"

#include <string>
#include <string_view>

namespace aws_refresh_session::emulator {

/// The canonical request of Signature Version 4 for what arrived.
/// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
/// \throws AwsError if a signed header is missing or the body is not the one that was signed
[[nodiscard]] std::string canonical_request(const HttpRequest& request, const Parameters& query,
                                            const Authorization& claim);

/// The signature that the request would have, as lower-case hexadecimal.
[[nodiscard]] std::string expected_signature(std::string_view canonical_request, const Authorization& claim,
                                             std::string_view secret_access_key);

}  // namespace aws_refresh_session::emulator
