// A role that is assumed from a role: the first session's credentials sign for the second.
//
//     role_chaining FIRST_ROLE_ARN SECOND_ROLE_ARN

#include <aws_refresh_session/aws_refresh_session.hpp>

#include <chrono>
#include <iostream>

namespace ars = aws_refresh_session;

int main(int count, char* arguments[]) {
  if (count != 3) {
    std::cerr << "usage: role_chaining FIRST_ROLE_ARN SECOND_ROLE_ARN\n";
    return 2;
  }
  try {
    ars::RefreshableSession first{ars::AssumeRoleOptions{.role_arn = arguments[1]}};

    ars::AssumeRoleOptions options;
    options.role_arn = arguments[2];
    options.duration = std::chrono::hours{1};  // AWS allows no more for a chained role
    options.base = first.provider();           // always the current set, refreshed when the second one needs it
    ars::RefreshableSession second{options};

    std::cout << "second: " << second.whoami().arn << '\n';
    std::cout << "first: " << first.whoami().arn << '\n';
    return 0;
  } catch (const ars::Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
