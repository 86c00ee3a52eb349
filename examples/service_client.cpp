// Requests to a service of AWS without the AWS SDK: signed with a session's credentials, repeated where that is right,
// with files for bodies, and URLs that others may use.
//
//     service_client ROLE_ARN ENDPOINT_URL
//
// ENDPOINT_URL points it at a server other than AWS; with S3 itself leave `endpoint_url` out and name the region.

#include <aws_refresh_session/aws_refresh_session.hpp>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>

namespace ars = aws_refresh_session;

int main(int count, char* arguments[]) {
  if (count != 3) {
    std::cerr << "usage: service_client ROLE_ARN ENDPOINT_URL\n";
    return 2;
  }
  const auto file = (std::filesystem::temp_directory_path() / "service_client_example").string();
  try {
    ars::RefreshableSession session{ars::AssumeRoleOptions{.role_arn = arguments[1]}};
    ars::ServiceClient s3{session.provider(), {.service = "s3", .endpoint_url = arguments[2]}};

    // A file is read while it is sent, and an answer written while it comes: neither has to fit into memory.
    std::ofstream{file} << std::string(3'000'000, 'x');
    const auto stored = s3.upload({.method = "PUT", .bucket = "resource", .path = "/my key"}, file);
    std::cout << "upload: " << stored.body << '\n';
    s3.download({.bucket = "resource", .path = "/my key"}, file);
    std::cout << "download: " << std::filesystem::file_size(file) << " bytes\n";

    // Anyone who has the URL can send the request, as long as it and the credentials that signed it live.
    const auto url = s3.presign({.bucket = "resource", .path = "/my key"}, std::chrono::minutes{5});
    const auto shared = ars::default_http_transport()->send({.url = url.url}, {});
    std::cout << "presigned: " << shared.status << '\n';

    // What a service refuses is an error with its code and what to do.
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{10};
    static_cast<void>(s3.send({.bucket = "nowhere"}, {.deadline = deadline}));
  } catch (const ars::RequestError& error) {
    std::cout << "refused: " << error.what() << '\n';
  } catch (const ars::Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
  std::filesystem::remove(file);
  return 0;
}
