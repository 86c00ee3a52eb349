// Signed requests with any other HTTP library; here cpp-httplib (Debian: libcpp-httplib-dev).
//
//     sign_with_httplib ROLE_ARN ENDPOINT_URL

#include <aws_refresh_session/aws_refresh_session.hpp>

#include <httplib.h>
#include <iostream>
#include <string>

namespace ars = aws_refresh_session;

namespace {

/// What was signed, in the library's form. It sends `Host` and `Content-Length` by itself.
httplib::Headers headers_of(const ars::HttpRequest& request) {
  return {request.headers.begin(), request.headers.end()};
}

}  // namespace

int main(int count, char* arguments[]) {
  if (count != 3) {
    std::cerr << "usage: sign_with_httplib ROLE_ARN ENDPOINT_URL\n";
    return 2;
  }
  try {
    ars::RefreshableSession session{ars::AssumeRoleOptions{.role_arn = arguments[1]}};
    const ars::RequestSigner signer{session.provider(), "eu-west-1", "execute-api"};
    const std::string endpoint = arguments[2];
    httplib::Client client{endpoint};

    const std::string target = "/resource/items?limit=10&mark=a%20b";
    ars::HttpRequest get{.url = endpoint + target};
    signer.sign(get);
    if (const auto answer = client.Get(target, headers_of(get))) {
      std::cout << "GET: " << answer->status << ' ' << answer->body << '\n';
    }

    ars::HttpRequest put{.method = "PUT", .url = endpoint + "/resource/item", .body = R"({"name":"x"})"};
    signer.sign(put);
    if (const auto answer = client.Put("/resource/item", headers_of(put), put.body, "application/json")) {
      std::cout << "PUT: " << answer->status << ' ' << answer->body << '\n';
    }

    // A URL that carries its signature, for whoever has no credentials.
    const auto shared = signer.presign({.url = endpoint + "/resource/item"}, std::chrono::minutes{5});
    if (const auto answer = client.Get(shared.url.substr(endpoint.size()))) {
      std::cout << "presigned: " << answer->status << '\n';
    }
    return 0;
  } catch (const ars::Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
