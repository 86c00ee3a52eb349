// What every consumer builds: uses enough of the library to need all that it links.
#include <aws_refresh_session/aws_refresh_session.hpp>

#include <chrono>
#include <iostream>

namespace ars = aws_refresh_session;

int main() {
  ars::RefreshableSession session{ars::CustomOptions{.method = [] {
    return ars::Credentials{"AKIDCONSUMER", "secret", "token",
                            std::chrono::system_clock::now() + std::chrono::hours{1}};
  }}};
  std::cout << "custom: " << session.credentials()->access_key_id() << '\n';
  try {
    const ars::RefreshableSession bad{ars::AssumeRoleOptions{.role_arn = "short"}};
    return 1;
  } catch (const ars::ValidationError&) {
    std::cout << "sts: refuses a bad role\n";
  }
}
