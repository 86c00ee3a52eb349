#include "integration/radosgw/s3_client.hpp"

#include "aws/sigv4.hpp"

#include <chrono>
#include <stop_token>
#include <utility>

namespace aws_refresh_session::testing {

S3Client::S3Client(std::string endpoint) : endpoint_(std::move(endpoint)), transport_(default_http_transport()) {}

S3Client::Answer S3Client::send(const Credentials& credentials, std::string_view method, std::string_view target,
                                std::string body) {
  HttpRequest request;
  request.method = method;
  request.url = endpoint_ + std::string{target};
  request.body = std::move(body);
  aws::sign_headers(request, credentials,
                    {.region = "us-east-1", .service = "s3", .time = std::chrono::system_clock::now()}, keys_);
  HttpResponse response = transport_->send(request, std::stop_token{});

  Answer answer{.status = response.status, .code = {}, .body = std::move(response.body)};
  if (!answer.accepted()) {
    const auto begin = answer.body.find("<Code>");
    const auto end = answer.body.find("</Code>");
    if (begin != std::string::npos && end != std::string::npos) {
      answer.code = answer.body.substr(begin + 6, end - begin - 6);
    }
  }
  return answer;
}

}  // namespace aws_refresh_session::testing
