#include <aws_refresh_session/adapters/aws_sdk_cpp.hpp>

#include <iostream>

namespace ars = aws_refresh_session;

int main() {
  const ars::RefreshableSession session{ars::CustomOptions{.method = [] {
    return ars::Credentials{"AKIDCONSUMER", "secret"};
  }}};
  const std::shared_ptr<Aws::Auth::AWSCredentialsProvider> provider = ars::make_aws_sdk_provider(session);
  std::cout << "sdk: " << provider->GetAWSCredentials().GetAWSAccessKeyId().c_str() << '\n';
}
