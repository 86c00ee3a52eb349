// Credentials of a role that never expire in your hands.
//
//     assume_role ROLE_ARN
//
// The call is signed with AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN. AWS_ENDPOINT_URL_STS points
// it at another STS.

#include <aws_refresh_session/aws_refresh_session.hpp>

#include <exception>
#include <iostream>

namespace ars = aws_refresh_session;

int main(int count, char* arguments[]) {
  if (count != 2) {
    std::cerr << "usage: assume_role ROLE_ARN\n";
    return 2;
  }
  try {
    ars::RefreshableSession session{ars::AssumeRoleOptions{.role_arn = arguments[1]}};

    // A snapshot: it stays as it is, however often the session refreshes. Ask again for each request you sign.
    const auto credentials = session.credentials();
    std::cout << "credentials: " << *credentials << '\n';
    std::cout << "state: " << ars::to_string(credentials.freshness()) << '\n';

    // Who STS says that we are: the role, not the user who assumed it.
    std::cout << "identity: " << session.whoami().arn << '\n';
    return 0;
  } catch (const ars::Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
