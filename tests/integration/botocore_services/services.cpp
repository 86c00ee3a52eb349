/// Names and hosts of services for compare.py: one JSON object a line on standard input, one answer a line on standard
/// output.

#include "aws/service_hosts.hpp"
#include "aws/service_names.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <nlohmann/json.hpp>

#include <exception>
#include <iostream>
#include <string>

namespace {

namespace ars = aws_refresh_session;
using nlohmann::json;

json resolve(const json& description) {
  const auto names = ars::aws::service_names(description.at("service").get<std::string>());
  json answer{{"id", names.id}, {"signing_name", names.signing_name}};
  try {
    const auto endpoint = ars::aws::host_of_service(names.host_label, {.region = description.at("region"),
                                                                       .use_fips = description.at("fips"),
                                                                       .use_dualstack = description.at("dualstack")});
    answer["url"] = endpoint.url;
    answer["signing_region"] = endpoint.signing_region;
  } catch (const ars::Error& error) {
    answer["error"] = error.code();
  }
  return answer;
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
    std::cerr << "botocore_services: " << error.what() << '\n';
    return 1;
  }
}
