/// Resolves endpoints for compare.py: one JSON object a line on standard input, one answer a line on standard output.

#include "aws/endpoints.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <nlohmann/json.hpp>

#include <exception>
#include <iostream>
#include <map>
#include <string>

namespace {

namespace ars = aws_refresh_session;
using nlohmann::json;

json resolve(const json& description) {
  static const std::map<std::string, ars::aws::Service> services{{"sts", ars::aws::Service::sts},
                                                                 {"sso", ars::aws::Service::sso_portal},
                                                                 {"sso-oidc", ars::aws::Service::sso_oidc},
                                                                 {"signin", ars::aws::Service::signin}};
  try {
    const auto endpoint =
        service_endpoint(services.at(description.at("service")), {.region = description.at("region"),
                                                                  .use_fips = description.at("fips"),
                                                                  .use_dualstack = description.at("dualstack"),
                                                                  .legacy_global_sts = description.at("legacy")});
    return {{"url", endpoint.url}, {"signing_region", endpoint.signing_region}};
  } catch (const ars::Error& error) {
    return {{"error", error.code()}};
  }
}

}  // namespace

int main() {
  try {
    std::string line;
    while (std::getline(std::cin, line)) {
      std::cout << resolve(json::parse(line)).dump() << '\n';
    }
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "botocore_endpoints: " << error.what() << '\n';
    return 1;
  }
}
