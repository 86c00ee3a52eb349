// Signed requests with libcurl, which the program drives itself.
//
//     sign_with_curl ROLE_ARN URL

#include <aws_refresh_session/adapters/curl.hpp>
#include <aws_refresh_session/aws_refresh_session.hpp>

#include <curl/curl.h>
#include <cstddef>
#include <iostream>
#include <memory>
#include <string>

namespace ars = aws_refresh_session;

namespace {

std::size_t append(char* data, std::size_t size, std::size_t count, void* body) noexcept {
  static_cast<std::string*>(body)->append(data, size * count);
  return size * count;
}

}  // namespace

int main(int count, char* arguments[]) {
  if (count != 3) {
    std::cerr << "usage: sign_with_curl ROLE_ARN URL\n";
    return 2;
  }
  try {
    ars::RefreshableSession session{ars::AssumeRoleOptions{.role_arn = arguments[1]}};
    const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> easy{curl_easy_init(), &curl_easy_cleanup};
    // One for each handle; it owns the headers that the handle points to.
    ars::adapters::CurlSigner signer{ars::RequestSigner{session.provider(), "eu-west-1", "execute-api"}};

    std::string body;
    curl_easy_setopt(easy.get(), CURLOPT_WRITEFUNCTION, &append);
    curl_easy_setopt(easy.get(), CURLOPT_WRITEDATA, &body);
    for (const auto* method : {"GET", "PUT"}) {
      // Signed anew for each request, with whatever set is fresh then; and once more if the service no longer takes it.
      for (int tries = 0; tries < 2; ++tries) {
        const auto id = signer.apply(easy.get(), {.method = method, .url = arguments[2]});
        body.clear();
        if (const auto result = curl_easy_perform(easy.get()); result != CURLE_OK) {
          std::cerr << curl_easy_strerror(result) << '\n';
          return 1;
        }
        if (!signer.should_sign_again(easy.get(), body, id)) {
          break;
        }
      }
      long status = 0;
      curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
      std::cout << method << ": " << status << ' ' << body << '\n';
    }
    return 0;
  } catch (const ars::Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
