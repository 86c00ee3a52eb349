// A method chosen by name, for programs that are driven by configuration, and one of your own.
//
//     by_name ROLE_ARN

#include <aws_refresh_session/aws_refresh_session.hpp>

#include <chrono>
#include <iostream>

namespace ars = aws_refresh_session;

namespace {

ars::MethodProduct make_static_file(const ars::MethodParameters& parameters, const ars::ProviderSeams& /*seams*/) {
  const auto path = parameters.find("path");
  if (path == parameters.end()) {
    throw ars::ValidationError{{.message = "The method needs a path.", .param = "path"}};
  }
  auto provider = ars::make_provider([] {
    return ars::Credentials{"AKIDFILE", "secret", "token", std::chrono::system_clock::now() + std::chrono::hours{1}};
  });
  return {.provider = std::move(provider), .identity = ars::Identity{.method = "file", .source = path->second}};
}

}  // namespace

int main(int count, char* arguments[]) {
  if (count != 2) {
    std::cerr << "usage: by_name ROLE_ARN\n";
    return 2;
  }
  try {
    ars::RefreshableSession::register_method("file", make_static_file);
    std::cout << "methods:";
    for (const auto& method : ars::RefreshableSession::available_methods()) {
      std::cout << ' ' << method;
    }
    std::cout << '\n';

    // Names as AWS spells them, or in snake case.
    ars::RefreshableSession sts{"sts", {{"RoleArn", arguments[1]}, {"role_session_name", "by-name"}}};
    std::cout << "sts: " << sts.whoami().arn << '\n';

    ars::RefreshableSession file{"file", {{"path", "/etc/keys"}}};
    std::cout << "file: " << file.credentials()->access_key_id() << " from " << file.whoami().source << '\n';

    ars::RefreshableSession unknown{"stss"};
  } catch (const ars::ValidationError& error) {
    std::cout << "unknown: " << error.what() << '\n';
    return 0;
  } catch (const ars::Error& error) {
    std::cerr << error.what() << '\n';
  }
  return 1;
}
