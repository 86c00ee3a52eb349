// Clients of a session, made once for the same arguments.
//
//     client_cache
//
// Here a client of one's own. The library's ServiceClient and, with adapters/aws_sdk_cpp.hpp, the clients of the AWS
// SDK are made and kept in the same way.

#include <aws_refresh_session/aws_refresh_session.hpp>

#include <iostream>
#include <memory>
#include <string>
#include <utility>

namespace ars = aws_refresh_session;

/// What the client is made with. `==` says what is the same.
struct QueueOptions {
  std::string region;
  int retries = 3;
  bool operator==(const QueueOptions&) const = default;
};

/// A client takes the session's provider first, and asks it before each request.
class QueueClient {
 public:
  QueueClient(std::shared_ptr<ars::RefreshingCredentialsProvider> provider, QueueOptions options)
      : provider_(std::move(provider)), options_(std::move(options)) {
    std::cout << "made a client for " << options_.region << '\n';
  }

  void send(const std::string& message) const {
    std::cout << message << " to " << options_.region << ", signed by " << provider_->credentials()->access_key_id()
              << '\n';
  }

 private:
  std::shared_ptr<ars::RefreshingCredentialsProvider> provider_;
  QueueOptions options_;
};

int main() {
  ars::RefreshableSession session{ars::CustomOptions{.method = [] {
    return ars::Credentials{"AKIDEXAMPLE", "secret", "token"};
  }}};

  session.client<QueueClient>(QueueOptions{.region = "eu-west-1"})->send("one");
  session.client<QueueClient>(QueueOptions{.region = "eu-west-1"})->send("two");  // the same client
  session.client<QueueClient>(QueueOptions{.region = "us-east-1"})->send("three");

  // Ten are kept; then the one that was asked for longest ago is given up. Both can be changed at any time.
  session.clients().set_policy(ars::EvictionPolicy::least_frequently_used);
  session.clients().set_max_size(1);
  for (const auto& label : session.clients().labels()) {
    std::cout << "kept: " << label << '\n';
  }
}
