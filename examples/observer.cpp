// What happens inside, for a log or for metrics: every attempt, success, failure and change of state. Events come from
// whichever thread did the work, shortly before or after the reader has its answer, and hold no secret. A failed
// refresh leaves the credentials in use as they are.

#include <aws_refresh_session/aws_refresh_session.hpp>

#include <chrono>
#include <condition_variable>
#include <iostream>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>

namespace ars = aws_refresh_session;

namespace {

class Metrics {
 public:
  void count(const ars::RefreshEvent& event) {
    const std::lock_guard lock{mutex_};
    ++counts_[event.type];
    if (event.error) {
      last_error_ = event.error->details();
    }
    counted_.notify_all();
  }

  void print_when_done(int calls) {
    std::unique_lock lock{mutex_};
    counted_.wait_for(lock, std::chrono::seconds{5}, [&] {
      return counts_[ars::RefreshEvent::Type::success] + counts_[ars::RefreshEvent::Type::failure] == calls;
    });
    for (const auto& [type, count] : counts_) {
      std::cout << "events: " << ars::to_string(type) << ' ' << count << '\n';
    }
    std::cout << "last failure: " << last_error_ << '\n';
  }

 private:
  std::mutex mutex_;
  std::condition_variable counted_;
  std::map<ars::RefreshEvent::Type, int> counts_;
  std::string last_error_;
};

// Stands for a source that fails now and then.
ars::Credentials ask_the_vault(int call) {
  if (call == 2) {
    throw std::runtime_error{"the vault is sealed"};
  }
  return {"AKID" + std::to_string(call), "secret", "token", std::chrono::system_clock::now() + std::chrono::hours{1}};
}

}  // namespace

int main() {
  Metrics metrics;
  int calls = 0;
  ars::SessionOptions options;
  options.observer = [&metrics](const ars::RefreshEvent& event) { metrics.count(event); };
  ars::RefreshableSession session{ars::CustomOptions{.method = [&calls] { return ask_the_vault(++calls); }}, options};
  try {
    std::cout << "in use: " << session.credentials()->access_key_id() << '\n';
    try {
      session.refresh_now();
    } catch (const ars::Error& error) {
      std::cout << "refresh failed: " << error.what() << '\n';
    }
    std::cout << "still in use: " << session.credentials()->access_key_id() << '\n';
    std::cout << "refreshed: " << session.refresh_now()->access_key_id() << '\n';
    metrics.print_when_done(3);
    return 0;
  } catch (const ars::Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
