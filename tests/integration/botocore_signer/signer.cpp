/// Signs request descriptions for compare.py: one JSON object a line on standard input, one answer a line on standard
/// output.

#include "aws/sigv4.hpp"

#include <aws_refresh_session/signing.hpp>

#include <nlohmann/json.hpp>

#include <exception>
#include <iostream>
#include <string>

namespace {

namespace ars = aws_refresh_session;
using nlohmann::json;

json sign(const json& description, ars::aws::SigningKeyCache& keys) {
  ars::HttpRequest request;
  request.method = description.at("method");
  request.url = description.at("url");
  request.headers = description.at("headers").get<ars::HttpHeaders>();
  request.body = description.at("body");
  const ars::Credentials credentials{description.at("access_key").get<std::string>(),
                                     description.at("secret_key").get<std::string>(),
                                     description.at("token").get<std::string>()};
  const std::string region = description.at("region");
  const std::string service = description.at("service");
  const ars::WallTime time{std::chrono::seconds{description.at("time").get<std::int64_t>()}};
  const ars::aws::SigningParameters parameters{
      .region = region, .service = service, .time = time, .unsigned_payload = description.at("unsigned")};
  const ars::SigningOptions options{
      .region = region, .service = service, .time = time, .payload = {.unsigned_payload = description.at("unsigned")}};
  // By the public interface; what was signed shows only below it.
  if (const auto expires = description.at("expires").get<int>(); expires > 0) {
    return {{"url", ars::presign(request, credentials, options, std::chrono::seconds{expires}).url}};
  }
  auto twice = request;
  ars::sign(request, credentials, options);
  std::string canonical;
  sign_headers(twice, credentials, parameters, keys, &canonical);
  return {{"authorization", request.headers.back().second}, {"canonical", canonical}};
}

}  // namespace

int main() {
  try {
    ars::aws::SigningKeyCache keys;
    std::string line;
    while (std::getline(std::cin, line)) {
      std::cout << sign(json::parse(line), keys).dump(-1, ' ', true) << '\n';
    }
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "botocore_signer: " << error.what() << '\n';
    return 1;
  }
}
