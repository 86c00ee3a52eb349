// The provider for the CRT: one answer to each request, from no event loop that would have to wait, and no reference
// too many or too few.
#include <aws_refresh_session/adapters/aws_crt.hpp>

#include "unit/refreshing_provider_support.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace aws_refresh_session {
namespace {

using namespace std::chrono_literals;

/// One request, and what came of it.
struct Request {
  std::atomic<int> answers{0};
  int error = -1;
  std::string key_id;
  std::string secret;
  std::string account;
  std::uint64_t expiration = 0;
  std::thread::id thread;

  static void on_answer(aws_credentials* credentials, int error_code, void* user_data) {
    auto& self = *static_cast<Request*>(user_data);
    self.error = error_code;
    self.thread = std::this_thread::get_id();
    if (credentials != nullptr) {
      self.key_id = credentials->access_key_id;
      self.secret = credentials->secret_access_key;
      self.account = credentials->account_id;
      self.expiration = credentials->expiration;
    }
    ++self.answers;  // last: whoever waits may end the request now
  }
  void ask(aws_credentials_provider* provider) {
    EXPECT_EQ(aws_credentials_provider_get_credentials(provider, &on_answer, this), AWS_OP_SUCCESS);
  }
  void wait() const {
    while (answers == 0) {
      std::this_thread::yield();
    }
  }
};

/// A source that the test holds back, on the machine's own clock and threads: the CRT's provider waits on a thread.
class AwsCrt : public ::testing::Test {
 protected:
  ~AwsCrt() override {
    source_may_go_on();
    aws_thread_join_all_managed();
    EXPECT_EQ(allocator.outstanding, 0);
  }

  CrtProvider make(CrtOptions options = {}) { return make_crt_provider(provider, std::move(options), &allocator); }

  void fail_from_now_on() { source->answer_with(EngineFixture::failing()); }
  void hold_back() {
    source->answer_with([held = held](const ResolveContext&) {
      held->asked = true;
      held->door.pass();
      return make_set("ASIALATE", 1h);
    });
  }
  void wait_until_asked() const {
    while (!held->asked) {
      std::this_thread::yield();
    }
  }
  void source_may_go_on() {
    if (!std::exchange(open, true)) {
      held->door.open();
    }
  }

  /// Shared with the source, whose call may outlive the test.
  struct Held {
    Door door;
    std::atomic<bool> asked{false};
  };

  aws_allocator allocator;
  bool open = false;
  std::shared_ptr<Held> held = std::make_shared<Held>();
  std::shared_ptr<ScriptedSource> source =
      std::make_shared<ScriptedSource>([](const ResolveContext&) { return make_set("ASIA1", 1h); });
  std::shared_ptr<RefreshingCredentialsProvider> provider = std::make_shared<RefreshingCredentialsProvider>(source);
};

TEST_F(AwsCrt, ValidSetIsAnsweredOnTheAskingThread) {
  const auto set = provider->credentials();
  const auto launched = stand_in_threads::instance().launched.load();
  const auto crt = make();
  Request request;
  request.ask(crt.get());
  EXPECT_EQ(request.answers, 1);
  EXPECT_EQ(request.error, AWS_ERROR_SUCCESS);
  EXPECT_EQ(request.thread, std::this_thread::get_id());
  EXPECT_EQ(request.key_id, "ASIA1");
  EXPECT_EQ(request.secret, set->secret_access_key().reveal());
  EXPECT_EQ(request.expiration, static_cast<std::uint64_t>(std::chrono::system_clock::to_time_t(*set->expiration())));
  EXPECT_EQ(stand_in_threads::instance().launched, launched);
}

TEST_F(AwsCrt, SetThatDoesNotExpireHasTheCrtsOwnMarkAndTheAccountWhereItIsTaken) {
  source->answer_with([](const ResolveContext&) {
    return Credentials{"AKIA", "secret-SECRETCANARY", {}, {}, "123456789012"};
  });
  static_cast<void>(provider->credentials());
  const auto crt = make();
  Request request;
  request.ask(crt.get());
  EXPECT_EQ(request.expiration, UINT64_MAX);
#ifdef STAND_IN_CRT_TAKES_ACCOUNT
  EXPECT_EQ(request.account, "123456789012");
#else
  EXPECT_EQ(request.account, "");
#endif
}

TEST_F(AwsCrt, WithoutASetRequestsWaitOnOneOtherThreadAndAreAllAnswered) {
  hold_back();
  const auto launched = stand_in_threads::instance().launched.load();
  const auto crt = make();
  std::vector<Request> requests(5);
  for (auto& each : requests) {
    each.ask(crt.get());
  }
  wait_until_asked();
  for (const auto& each : requests) {
    EXPECT_EQ(each.answers, 0);
  }
  source_may_go_on();
  for (auto& each : requests) {
    each.wait();
    EXPECT_EQ(each.answers, 1);
    EXPECT_EQ(each.error, AWS_ERROR_SUCCESS);
    EXPECT_EQ(each.key_id, "ASIALATE");
    EXPECT_NE(each.thread, std::this_thread::get_id());
  }
  EXPECT_EQ(stand_in_threads::instance().launched, launched + 1);
  EXPECT_EQ(source->calls, 1);
}

TEST_F(AwsCrt, FailureIsAnsweredByTheCallbackOnce) {
  fail_from_now_on();
  const auto crt = make();
  for (int round = 0; round < 2; ++round) {  // the second one during back-off
    Request request;
    request.ask(crt.get());
    request.wait();
    EXPECT_EQ(request.answers, 1);
    EXPECT_EQ(request.error, AWS_AUTH_CREDENTIALS_PROVIDER_DELEGATE_FAILURE);
  }
  EXPECT_EQ(source->calls, 1);
  EXPECT_EQ(provider->last_error()->code(), "ServiceUnavailable");
}

TEST_F(AwsCrt, SourceThatHangsIsWaitedForAsLongAsTheOptionSays) {
  EngineFixture engine{{}, 1h, EngineFixture::Mode::queued};  // nobody runs what is queued
  provider = std::move(engine.provider);
  const auto before = engine.clock->steady_now();
  const auto crt = make({.wait = 20s});
  Request request;
  request.ask(crt.get());
  while (request.answers == 0) {
    engine.clock->advance(10ms);
    std::this_thread::yield();
  }
  EXPECT_EQ(request.error, AWS_AUTH_CREDENTIALS_PROVIDER_DELEGATE_FAILURE);
  EXPECT_GE(engine.clock->steady_now() - before, 20s);
}

TEST_F(AwsCrt, WhatIsThrownStaysInside) {
  source->answer_with([](const ResolveContext&) -> Credentials { throw 7; });
  const auto crt = make();
  Request request;
  request.ask(crt.get());
  request.wait();
  EXPECT_EQ(request.error, AWS_AUTH_CREDENTIALS_PROVIDER_DELEGATE_FAILURE);
}

TEST_F(AwsCrt, WithoutAThreadTheAnswerIsAnErrorAtOnce) {
  hold_back();
  const auto crt = make();
  stand_in_threads::instance().refuse = true;
  Request request;
  request.ask(crt.get());
  stand_in_threads::instance().refuse = false;
  EXPECT_EQ(request.answers, 1);
  EXPECT_EQ(request.error, AWS_AUTH_CREDENTIALS_PROVIDER_DELEGATE_FAILURE);
}

TEST_F(AwsCrt, StopAnswersWhoWaitsAtOnceAndLetsNobodyWait) {
  hold_back();
  std::stop_source stop;
  const auto crt = make({.stop = stop.get_token()});
  Request waits;
  waits.ask(crt.get());
  wait_until_asked();
  stop.request_stop();
  EXPECT_EQ(waits.answers, 1);
  EXPECT_EQ(waits.error, AWS_AUTH_CREDENTIALS_PROVIDER_DELEGATE_FAILURE);
  Request later;
  later.ask(crt.get());
  EXPECT_EQ(later.answers, 1);
  EXPECT_EQ(later.error, AWS_AUTH_CREDENTIALS_PROVIDER_DELEGATE_FAILURE);
  aws_thread_join_all_managed();  // does not wait for the source
  EXPECT_EQ(waits.answers, 1);
  source_may_go_on();
  static_cast<void>(provider->credentials());
  Request served;
  served.ask(crt.get());
  EXPECT_EQ(served.key_id, "ASIALATE");
}

TEST_F(AwsCrt, ReferenceGivenBackTooEarlyStillBringsTheAnswer) {
  hold_back();
  std::atomic<int> shut_down{0};
  const aws_credentials_provider_shutdown_options shutdown{
      [](void* count) { ++*static_cast<std::atomic<int>*>(count); }, &shut_down};
  Request request;
  {
    const auto crt = make({.shutdown = shutdown});
    request.ask(crt.get());
    wait_until_asked();
  }
  EXPECT_EQ(shut_down, 0);
  source_may_go_on();
  request.wait();
  EXPECT_EQ(request.key_id, "ASIALATE");
  aws_thread_join_all_managed();
  EXPECT_EQ(shut_down, 1);
}

TEST_F(AwsCrt, StopWithTheLastReferenceShutsDownOnce) {
  hold_back();
  std::atomic<int> shut_down{0};
  const aws_credentials_provider_shutdown_options shutdown{
      [](void* count) { ++*static_cast<std::atomic<int>*>(count); }, &shut_down};
  std::stop_source stop;
  Request request;
  {
    const auto crt = make({.stop = stop.get_token(), .shutdown = shutdown});
    request.ask(crt.get());
  }
  EXPECT_EQ(shut_down, 0);
  stop.request_stop();
  EXPECT_EQ(request.answers, 1);
  EXPECT_EQ(shut_down, 1);
}

TEST_F(AwsCrt, UnusedProviderShutsDownWithItsReference) {
  int shut_down = 0;
  static_cast<void>(make({.shutdown = {[](void* count) { ++*static_cast<int*>(count); }, &shut_down}}));
  EXPECT_EQ(shut_down, 1);
}

TEST_F(AwsCrt, OutlivesTheSession) {
  CrtProvider crt;
  {
    const RefreshableSession session{CustomOptions{.method = [] {
      return Credentials{"AKID", "secret-SECRETCANARY"};
    }}};
    crt = make_crt_provider(session, {}, &allocator);
  }
  Request request;
  request.ask(crt.get());
  request.wait();
  EXPECT_EQ(request.key_id, "AKID");
}

TEST_F(AwsCrt, NullsAndALibraryThatIsNotReadyAreRefused) {
  EXPECT_THROW(static_cast<void>(make_crt_provider(std::shared_ptr<RefreshingCredentialsProvider>{})), ValidationError);
  EXPECT_THROW(static_cast<void>(make_crt_provider(provider, {}, nullptr)), ValidationError);
  stand_in_crt_initialised = false;
  int shut_down = 0;
  EXPECT_THROW(static_cast<void>(make({.shutdown = {[](void* count) { ++*static_cast<int*>(count); }, &shut_down}})),
               ConfigurationError);
  stand_in_crt_initialised = true;
  EXPECT_EQ(shut_down, 0);
}

TEST_F(AwsCrt, ManyAskersAndAStopAnswerEachOnce) {
  hold_back();
  std::stop_source stop;
  std::vector<Request> requests(40);
  {
    const auto crt = make({.stop = stop.get_token()});
    std::vector<std::jthread> askers;
    for (std::size_t each = 0; each < 4; ++each) {
      askers.emplace_back([&, each] {
        for (auto index = each; index < requests.size(); index += 4) {
          requests[index].ask(crt.get());
        }
      });
    }
    const std::jthread stopper{[&] {
      wait_until_asked();
      stop.request_stop();
    }};
  }
  source_may_go_on();
  aws_thread_join_all_managed();
  for (const auto& each : requests) {
    EXPECT_EQ(each.answers, 1);
  }
}

}  // namespace
}  // namespace aws_refresh_session
