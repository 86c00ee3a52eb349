// What happens inside: every attempt, success, failure and change of state, for a log or for metrics. Events hold no
// secret. A failed refresh leaves the credentials in use as they are.

#include <aws_refresh_session/aws_refresh_session.hpp>

#include <chrono>
#include <iostream>
#include <stdexcept>

namespace ars = aws_refresh_session;

int main() {
  int calls = 0;
  ars::SessionOptions options;
  options.refresh.background_refresh = false;  // this program wants its events in order, on its own thread
  options.observer = [](const ars::RefreshEvent& event) {
    std::cout << "event: " << ars::to_string(event.type);
    if (event.type == ars::RefreshEvent::Type::success) {
      std::cout << " " << event.access_key_id;
    }
    if (event.error) {
      std::cout << ": " << event.error->message();
    }
    std::cout << '\n';
  };
  ars::RefreshableSession session{
      ars::CustomOptions{.method =
                             [&calls] {
                               if (++calls == 2) {
                                 throw std::runtime_error{"the vault is sealed"};
                               }
                               return ars::Credentials{"AKID" + std::to_string(calls), "secret", "token",
                                                       std::chrono::system_clock::now() + std::chrono::hours{1}};
                             }},
      options};
  try {
    std::cout << "in use: " << session.credentials()->access_key_id() << '\n';
    try {
      session.refresh_now();
    } catch (const ars::Error& error) {
      std::cout << "refresh failed: " << error.what() << '\n';
    }
    std::cout << "in use: " << session.credentials()->access_key_id() << '\n';
    std::cout << "in use: " << session.refresh_now()->access_key_id() << '\n';
    return 0;
  } catch (const ars::Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
