// The client cache over a fork(). Not built for sanitizers; refreshing_provider_fork_test.cpp says why.

#include <aws_refresh_session/client_cache.hpp>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <latch>
#include <memory>
#include <thread>

namespace aws_refresh_session {
namespace {

struct Client {
  ::pid_t made_in = ::getpid();
};

std::shared_ptr<Client> ask(ClientCache& cache) {
  return cache.get_or_make<Client>(ClientKey::of<Client>("key"), [] { return std::make_shared<Client>(); });
}

/// Runs `body` in a forked child and returns its exit status.
template <typename Body>
int in_child(Body body) {
  const auto child = ::fork();
  if (child == 0) {
    ::alarm(20);  // a child that hangs is a failure, not a hung test
    ::_exit(body() ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

TEST(ClientCacheFork, ChildBeginsEmptyAndParentKeepsItsClients) {
  ClientCache cache;
  const auto parents = ask(cache);
  EXPECT_EQ(in_child([&] { return cache.size() == 0 && ask(cache)->made_in == ::getpid() && ask(cache) != parents; }),
            0);
  EXPECT_EQ(ask(cache), parents);
}

TEST(ClientCacheFork, ClientInTheMakingIsMadeAnewInTheChild) {
  ClientCache cache;
  std::latch begun{1};
  std::latch go_on{1};
  std::thread maker{[&] {
    static_cast<void>(cache.get_or_make<Client>(ClientKey::of<Client>("key"), [&] {
      begun.count_down();
      go_on.wait();
      return std::make_shared<Client>();
    }));
  }};
  begun.wait();
  std::thread waiter{[&] { static_cast<void>(ask(cache)); }};
  while (cache.waiting() == 0) {
    std::this_thread::yield();
  }
  EXPECT_EQ(in_child([&] { return cache.waiting() == 0 && ask(cache)->made_in == ::getpid(); }), 0);
  go_on.count_down();
  maker.join();
  waiter.join();
  EXPECT_EQ(cache.size(), 1U);
}

TEST(ClientCacheFork, ForkWithinTheMakingLeavesBothWithTheirClient) {
  ClientCache cache;
  int status = -1;
  const auto client = cache.get_or_make<Client>(ClientKey::of<Client>("key"), [&] {
    const auto child = ::fork();
    if (child > 0) {
      ::waitpid(child, &status, 0);
    } else {
      ::alarm(20);
    }
    return std::make_shared<Client>();
  });
  if (status == -1) {
    ::_exit(client->made_in == ::getpid() && cache.size() == 0 && ask(cache) != nullptr ? 0 : 1);
  }
  EXPECT_EQ(status, 0);
  EXPECT_EQ(ask(cache), client);
}

}  // namespace
}  // namespace aws_refresh_session
