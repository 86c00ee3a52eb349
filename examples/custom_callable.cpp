// Credentials from a function of your own: anything that can answer with keys and an expiry.

#include <aws_refresh_session/aws_refresh_session.hpp>

#include <chrono>
#include <iostream>
#include <string>

namespace ars = aws_refresh_session;

namespace {

// Stands for a vault, a database, a service of your own. It may block: readers do not wait while a set is valid.
ars::Credentials ask_the_vault(const std::string& path, int& calls) {
  ++calls;
  return {"AKIDVAULT" + std::to_string(calls), "secret of " + path, "token",
          std::chrono::system_clock::now() + std::chrono::minutes{15}};
}

}  // namespace

int main() {
  try {
    int calls = 0;
    ars::RefreshableSession session{
        ars::CustomOptions{.method = [&calls] { return ask_the_vault("kv/team", calls); }, .source = "team vault"}};

    std::cout << "calls before the first read: " << calls << '\n';
    for (int read = 0; read < 1'000; ++read) {
      static_cast<void>(session.credentials());
    }
    std::cout << "after 1000 reads: " << calls << ", key " << session.credentials()->access_key_id() << '\n';

    // The service refused the set: drop it, and the next read has another.
    session.invalidate(session.credentials()->access_key_id());
    std::cout << "after invalidate: key " << session.credentials()->access_key_id() << '\n';

    const auto identity = session.whoami();
    std::cout << "identity: method " << identity.method << ", source " << identity.source << '\n';

    // The same from the four fields as text, as many tools print them.
    ars::RefreshableSession from_text{ars::CustomOptions{.method = [] {
      return ars::CredentialFields{
          .access_key = "AKIDTEXT", .secret_key = "secret", .token = "token", .expiry_time = "2099-01-01T00:00:00Z"};
    }}};
    std::cout << "from text: until " << from_text.refreshable_credentials().expiry_time << '\n';

    // What is missing is named, and nothing unusable is ever handed out.
    ars::RefreshableSession incomplete{
        ars::CustomOptions{.method = [] { return ars::CredentialFields{.access_key = "AKIDONLY"}; }}};
    static_cast<void>(incomplete.credentials());
  } catch (const ars::CredentialError& error) {
    std::cout << "incomplete: " << error.what() << '\n';
    return 0;
  }
  return 1;
}
