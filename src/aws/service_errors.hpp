#pragma once

#include "aws/sts_xml.hpp"

#include <aws_refresh_session/http_transport.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace aws_refresh_session::aws {

/// Reads the error of any service: XML as S3, EC2 and the query protocol write it, JSON with `__type` or the header
/// `x-amzn-errortype`, and a header alone. The request id is taken from the headers where the body has none. Texts are
/// printable and bounded.
/// \param response its body is parsed in place and is of no use afterwards
/// \returns nullopt when there is no error code
[[nodiscard]] std::optional<ServiceError> parse_service_error(HttpResponse& response);

/// The request id in the headers, or nothing.
[[nodiscard]] std::string request_id_of(const HttpResponse& response);

/// True for a body of S3 that is an error though its status says 200, as CopyObject and CompleteMultipartUpload give it
/// when they fail late. https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
[[nodiscard]] bool is_error_document(std::string_view body) noexcept;

/// The service does not take the set that signed; another may be taken.
[[nodiscard]] bool refuses_signer(std::string_view code) noexcept;

/// What to do about a service's error, or nothing.
[[nodiscard]] std::string_view service_advice(int status, std::string_view code) noexcept;

}  // namespace aws_refresh_session::aws
