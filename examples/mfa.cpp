// A role that asks for a second factor. The code comes from a program, run without a shell at each refresh.
//
//     mfa ROLE_ARN SERIAL_NUMBER COMMAND        e.g. mfa arn:... arn:... "ykman oath accounts code aws"

#include <aws_refresh_session/aws_refresh_session.hpp>

#include <chrono>
#include <iostream>

namespace ars = aws_refresh_session;

int main(int count, char* arguments[]) {
  if (count != 4) {
    std::cerr << "usage: mfa ROLE_ARN SERIAL_NUMBER COMMAND\n";
    return 2;
  }
  try {
    ars::AssumeRoleOptions options;
    options.role_arn = arguments[1];
    options.serial_number = arguments[2];
    // Split into words by the shell's quoting rules; nothing is expanded.
    options.mfa_token_provider =
        ars::MfaTokenProvider::from_command_line(arguments[3], {.timeout = std::chrono::seconds{10}});
    // The constructor fetches at once: the person is here now.
    ars::RefreshableSession session{options, {.defer_refresh = false}};
    std::cout << "identity: " << session.whoami().arn << '\n';
    return 0;
  } catch (const ars::Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
