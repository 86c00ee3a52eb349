// A session's clients: what is the same client, who waits for whom, and whom a full cache gives up.
#include <aws_refresh_session/session.hpp>

#include <gmock/gmock.h>

#include <array>
#include <atomic>
#include <filesystem>
#include <functional>
#include <latch>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace aws_refresh_session {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

RefreshableSession make_session() {
  return RefreshableSession{CustomOptions{.method = [] {
    return Credentials{"AKID", "secret-SECRETCANARY", "token-SECRETCANARY"};
  }}};
}

/// Keeps what it was made from.
struct Client {
  template <typename... Arguments>
  explicit Client(const std::shared_ptr<RefreshingCredentialsProvider>& made_with, const Arguments&... /*rest*/)
      : provider(made_with) {}
  std::shared_ptr<RefreshingCredentialsProvider> provider;
};
struct OtherClient : Client {
  using Client::Client;
};

/// Compares by its members.
struct Options {
  std::string region;
  int retries = 3;
  bool operator==(const Options&) const = default;
};

/// Cannot be compared, and says what it is equal to.
struct ServiceOptions {
  std::string endpoint;
  std::function<void()> hook;
  [[nodiscard]] std::string cache_key() const { return endpoint; }
};

/// Has a label for people.
struct Labelled {
  std::string endpoint;
  bool operator==(const Labelled&) const = default;
  [[nodiscard]] std::string cache_label() const { return "at " + endpoint; }
};

/// Cannot be compared at all, as the configurations of the AWS SDK.
struct Opaque {
  std::function<void()> hook;
};

struct TakesOpaque {
  TakesOpaque(const std::shared_ptr<RefreshingCredentialsProvider>& /*provider*/, const Opaque& /*opaque*/) {}
};

// ---- what is the same client ----

TEST(ClientCache, Row34_SameArgumentsGiveTheSameClient) {
  auto session = make_session();
  const auto first = session.client<Client>("s3", Options{.region = "eu-west-1"}, 3);
  EXPECT_EQ(first, session.client<Client>("s3", Options{.region = "eu-west-1"}, 3));
  EXPECT_EQ(first->provider, session.provider());
  EXPECT_EQ(session.clients().size(), 1U);
}

TEST(ClientCache, OtherArgumentsOrAnotherTypeGiveAnotherClient) {
  auto session = make_session();
  const auto first = session.client<Client>("s3", Options{.region = "eu-west-1"});
  EXPECT_NE(first, session.client<Client>("s3", Options{.region = "eu-west-2"}));
  EXPECT_NE(first, session.client<Client>("sqs", Options{.region = "eu-west-1"}));
  EXPECT_NE(first, session.client<Client>("s3"));
  EXPECT_NE(first, session.client<OtherClient>("s3", Options{.region = "eu-west-1"}));
  EXPECT_EQ(session.clients().size(), 5U);
}

TEST(ClientCache, Row35_TextsAreEqualByContentsHoweverTheyAreHeld) {
  auto session = make_session();
  std::array<char, 3> mine{'s', '3', '\0'};
  const auto first = session.client<Client>("s3");
  EXPECT_EQ(first, session.client<Client>(std::string{"s3"}));
  EXPECT_EQ(first, session.client<Client>(std::string_view{"s3"}));
  EXPECT_EQ(first, session.client<Client>(static_cast<const char*>(mine.data())));
  mine[1] = '4';
  EXPECT_NE(first, session.client<Client>(static_cast<const char*>(mine.data())));
}

TEST(ClientCache, ValuesOfDifferentTypesAreDifferent) {
  auto session = make_session();
  EXPECT_NE(session.client<Client>(true), session.client<Client>(1));
  EXPECT_NE(session.client<Client>("1"), session.client<Client>(1));
  EXPECT_EQ(session.client<Client>(nullptr), session.client<Client>(nullptr));
}

TEST(ClientCache, ValueWithACacheKeyIsWhatItsKeySays) {
  auto session = make_session();
  const auto first = session.client<Client>(ServiceOptions{.endpoint = "a", .hook = [] {}});
  EXPECT_EQ(first, session.client<Client>(ServiceOptions{.endpoint = "a", .hook = nullptr}));
  EXPECT_NE(first, session.client<Client>(ServiceOptions{.endpoint = "b", .hook = nullptr}));
  EXPECT_NE(first, session.client<Client>("a"));  // the same text, but no options
}

TEST(ClientCache, KeyedValueIsWhatTheCallerSays) {
  auto session = make_session();
  Opaque opaque{};
  const auto first = session.client<TakesOpaque>(keyed("one", opaque));
  EXPECT_EQ(first, session.client<TakesOpaque>(keyed("one", Opaque{})));
  EXPECT_NE(first, session.client<TakesOpaque>(keyed("two", Opaque{})));
}

TEST(ClientCache, ChangedOptionsDoNotChangeAKeyThatIsThere) {
  auto session = make_session();
  Options options{.region = "eu-west-1"};
  const auto first = session.client<Client>(options);
  options.region = "eu-west-2";
  EXPECT_NE(first, session.client<Client>(options));
  options.region = "eu-west-1";
  EXPECT_EQ(first, session.client<Client>(options));
}

TEST(ClientArgumentConcept, RefusesWhatComparesAddresses) {
  static_assert(ClientArgument<std::string> && ClientArgument<const char(&)[3]> && ClientArgument<Options&>);
  static_assert(ClientArgument<ServiceOptions> && ClientArgument<Keyed<const Opaque&>> && ClientArgument<int>);
  static_assert(ClientArgument<std::vector<std::string>> && ClientArgument<std::vector<const char*>>);
  static_assert(ClientArgument<std::filesystem::path>);
  static_assert(!ClientArgument<Opaque>);
  static_assert(!ClientArgument<Options*> && !ClientArgument<std::shared_ptr<Options>>);
  static_assert(!ClientArgument<std::vector<Options*>> && !ClientArgument<std::unique_ptr<Options>>);
}

TEST(ClientCache, Row35_LabelShowsNoTextThatWasNotWrittenToBeShown) {
  auto session = make_session();
  const auto one = session.client<Client>("password-SECRETCANARY", Options{.region = "region-SECRETCANARY"}, 3, true);
  const auto two = session.client<Client>(Labelled{.endpoint = "a.example"}, keyed("mine", Opaque{}));
  const auto labels = session.clients().labels();
  ASSERT_EQ(labels.size(), 2U);
  EXPECT_THAT(labels[0], HasSubstr("Client(text, "));
  EXPECT_THAT(labels[0], HasSubstr("Options, 3, true)"));
  EXPECT_THAT(labels[0], Not(HasSubstr("SECRETCANARY")));
  EXPECT_THAT(labels[1], HasSubstr("Client(at a.example, mine)"));
}

TEST(ClientCache, Row35_NothingOfTheLibrarysOwnIsInIt) {
  auto session = make_session();
  static_cast<void>(session.credentials());
  static_cast<void>(session.whoami());
  EXPECT_EQ(session.clients().size(), 0U);
  EXPECT_EQ(session.clients().max_size(), 10U);
}

TEST(ClientCache, ClientOutlivesItsSession) {
  std::shared_ptr<Client> client;
  {
    auto session = make_session();
    client = session.client<Client>("s3");
  }
  EXPECT_EQ(client->provider->credentials()->access_key_id(), "AKID");
}

// ---- whom a full cache gives up ----

/// A cache of texts, by numbers.
class Numbers {
 public:
  explicit Numbers(EvictionPolicy policy, std::size_t max_size) : cache(policy, max_size) {}
  void ask_for(int number) {
    static_cast<void>(cache.get_or_make<int>(ClientKey::of<int>(number), [&] {
      ++made;
      return std::make_shared<int>(number);
    }));
  }
  ClientCache cache;
  int made = 0;
};

TEST(ClientCache, Row34_FullGivesUpTheLeastRecentlyUsed) {
  Numbers numbers{EvictionPolicy::least_recently_used, 2};
  for (const int each : {1, 1, 1, 2, 3}) {
    numbers.ask_for(each);
  }
  EXPECT_THAT(numbers.cache.labels(), ElementsAre("int(2)", "int(3)"));
  numbers.ask_for(2);
  numbers.ask_for(4);
  EXPECT_THAT(numbers.cache.labels(), ElementsAre("int(2)", "int(4)"));
  EXPECT_EQ(numbers.made, 4);
}

TEST(ClientCache, Row34_FullGivesUpTheLeastFrequentlyUsed) {
  Numbers numbers{EvictionPolicy::least_frequently_used, 2};
  for (const int each : {1, 1, 1, 2, 3}) {
    numbers.ask_for(each);
  }
  EXPECT_THAT(numbers.cache.labels(), ElementsAre("int(1)", "int(3)"));
}

TEST(ClientCache, Row35_NewSizeCountsAtOnceAndBeforeAnythingIsAdded) {
  Numbers numbers{EvictionPolicy::least_recently_used, ClientCache::kDefaultSize};
  for (int each = 0; each < 12; ++each) {
    numbers.ask_for(each);
  }
  EXPECT_EQ(numbers.cache.size(), 10U);
  numbers.cache.set_max_size(2);
  EXPECT_THAT(numbers.cache.labels(), ElementsAre("int(10)", "int(11)"));
  numbers.cache.set_max_size(3);
  numbers.ask_for(12);
  EXPECT_EQ(numbers.cache.size(), 3U);
  numbers.cache.set_max_size(0);
  numbers.ask_for(13);
  EXPECT_EQ(numbers.cache.size(), 0U);
}

TEST(ClientCache, PolicyChangesAtRunTime) {
  Numbers numbers{EvictionPolicy::least_recently_used, 2};
  for (const int each : {1, 1, 1, 2}) {
    numbers.ask_for(each);
  }
  numbers.cache.set_policy(EvictionPolicy::least_frequently_used);
  numbers.ask_for(3);
  EXPECT_THAT(numbers.cache.labels(), ElementsAre("int(1)", "int(3)"));
}

TEST(ClientCache, ClearedBeginsAgain) {
  Numbers numbers{EvictionPolicy::least_recently_used, 2};
  numbers.ask_for(1);
  numbers.cache.clear();
  numbers.ask_for(1);
  EXPECT_EQ(numbers.made, 2);
}

/// Its destructor asks the cache, which would hang if the cache still held its lock.
struct Asks {
  ClientCache* cache = nullptr;
  std::size_t* seen = nullptr;
  Asks(ClientCache* asked, std::size_t* answer) : cache(asked), seen(answer) {}
  Asks(const Asks&) = delete;
  Asks& operator=(const Asks&) = delete;
  ~Asks() {
    if (cache != nullptr) {
      *seen = cache->size();
    }
  }
};

TEST(ClientCache, ClientIsDestroyedWithoutTheLock) {
  std::size_t seen = 77;
  ClientCache cache{EvictionPolicy::least_recently_used, 1};
  const auto ask = [&](int number) {
    return cache.get_or_make<Asks>(ClientKey::of<Asks>(number), [&] { return std::make_shared<Asks>(&cache, &seen); });
  };
  static_cast<void>(ask(1));
  const auto second = ask(2);
  EXPECT_EQ(seen, 1U);
  second->cache = nullptr;  // it outlives the cache
}

// ---- who waits for whom ----

/// Waits until `count` calls wait in the cache.
void await_waiters(const ClientCache& cache, std::size_t count) {
  while (cache.waiting() < count) {
    std::this_thread::yield();
  }
}

TEST(ClientCacheThreads, ManyAskersOfOneKeyMakeOneClient) {
  ClientCache cache;
  std::atomic<int> made{0};
  std::array<std::shared_ptr<int>, 8> got;
  {
    std::vector<std::jthread> threads;
    for (auto& each : got) {
      threads.emplace_back([&] {
        each = cache.get_or_make<int>(ClientKey::of<int>("key"), [&] {
          await_waiters(cache, got.size() - 1);  // the client is there only when all others wait for it
          return std::make_shared<int>(++made);
        });
      });
    }
  }
  EXPECT_EQ(made, 1);
  for (const auto& each : got) {
    EXPECT_EQ(each, got[0]);
  }
}

template <typename Thrown>
void expect_error_reaches_all(const Thrown& thrown) {
  ClientCache cache;
  constexpr std::size_t kAskers = 4;
  std::atomic<int> made{0};
  std::atomic<std::size_t> caught{0};
  {
    std::vector<std::jthread> threads;
    for (std::size_t each = 0; each < kAskers; ++each) {
      threads.emplace_back([&] {
        try {
          static_cast<void>(cache.get_or_make<int>(ClientKey::of<int>("key"), [&]() -> std::shared_ptr<int> {
            ++made;
            await_waiters(cache, kAskers - 1);
            throw thrown;
          }));
        } catch (const Thrown& error) {
          caught += std::string{error.what()} == thrown.what() ? 1U : 0U;
        }
      });
    }
  }
  EXPECT_EQ(made, 1);
  EXPECT_EQ(caught, kAskers);
  // It was not kept.
  EXPECT_EQ(cache.size(), 0U);
  EXPECT_EQ(*cache.get_or_make<int>(ClientKey::of<int>("key"), [] { return std::make_shared<int>(7); }), 7);
}

TEST(ClientCacheThreads, ErrorOfTheLibraryReachesAllAndIsNotKept) {
  expect_error_reaches_all(ConfigurationError{{.message = "no region", .code = "NoRegion"}});
}

TEST(ClientCacheThreads, ErrorOfTheClientReachesAllAndIsNotKept) {
  expect_error_reaches_all(std::runtime_error{"no connection"});
}

TEST(ClientCacheThreads, OtherKeysDoNotWait) {
  ClientCache cache;
  std::latch begun{1};
  std::latch go_on{1};
  const std::jthread slow{[&] {
    static_cast<void>(cache.get_or_make<int>(ClientKey::of<int>("slow"), [&] {
      begun.count_down();
      go_on.wait();
      return std::make_shared<int>(1);
    }));
  }};
  begun.wait();
  EXPECT_EQ(*cache.get_or_make<int>(ClientKey::of<int>("fast"), [] { return std::make_shared<int>(2); }), 2);
  EXPECT_THAT(cache.labels(), ElementsAre("int(text)"));
  cache.clear();  // does not touch what is being made
  go_on.count_down();
}

TEST(ClientCacheThreads, ClientInTheMakingIsNeverGivenUp) {
  ClientCache cache{EvictionPolicy::least_recently_used, 1};
  std::latch begun{1};
  std::latch go_on{1};
  std::shared_ptr<int> slow_one;
  {
    const std::jthread slow{[&] {
      slow_one = cache.get_or_make<int>(ClientKey::of<int>(1), [&] {
        begun.count_down();
        go_on.wait();
        return std::make_shared<int>(1);
      });
    }};
    begun.wait();
    for (const int each : {2, 3}) {
      static_cast<void>(cache.get_or_make<int>(ClientKey::of<int>(each), [] { return std::make_shared<int>(2); }));
    }
    go_on.count_down();
  }
  EXPECT_THAT(cache.labels(), ElementsAre("int(1)"));
  EXPECT_EQ(slow_one, cache.get_or_make<int>(ClientKey::of<int>(1), [] { return std::make_shared<int>(9); }));
}

TEST(ClientCacheThreads, ClientThatNeedsItselfIsRefused) {
  ClientCache cache;
  const auto key = ClientKey::of<int>("key");
  try {
    static_cast<void>(cache.get_or_make<int>(
        key, [&] { return cache.get_or_make<int>(key, [] { return std::make_shared<int>(1); }); }));
    FAIL() << "a client that needs itself was made";
  } catch (const ConfigurationError& error) {
    EXPECT_EQ(error.code(), "RecursiveClient");
  }
}

TEST(ClientCacheThreads, TwoThatNeedEachOtherAreRefused) {
  ClientCache cache;
  std::latch both_begun{2};
  std::atomic<int> refused{0};
  const auto make = [&](const char* own, const char* other) {
    try {
      static_cast<void>(cache.get_or_make<int>(ClientKey::of<int>(own), [&] {
        both_begun.arrive_and_wait();
        return cache.get_or_make<int>(ClientKey::of<int>(other), [] { return std::make_shared<int>(1); });
      }));
    } catch (const ConfigurationError& error) {
      refused += error.code() == "RecursiveClient" ? 1 : 0;
    }
  };
  {
    const std::jthread left{[&] { make("left", "right"); }};
    const std::jthread right{[&] { make("right", "left"); }};
  }
  EXPECT_EQ(refused, 2);  // whoever closes the circle, and through it the one who waits
}

TEST(ClientCacheThreads, NullClientIsRefused) {
  ClientCache cache;
  EXPECT_THROW(
      static_cast<void>(cache.get_or_make<int>(ClientKey::of<int>("key"), [] { return std::shared_ptr<int>{}; })),
      ConfigurationError);
  EXPECT_EQ(cache.size(), 0U);
}

/// The arguments' `==` is foreign code: here it asks the cache itself.
struct Nosy {
  int value = 0;
  ClientCache* cache = nullptr;
  friend bool operator==(const Nosy& left, const Nosy& right) {
    static_cast<void>(left.cache->size());
    return left.value == right.value;
  }
};

TEST(ClientCacheThreads, ArgumentsAreComparedWithoutTheLock) {
  ClientCache cache;
  const auto ask = [&](int value) {
    return cache.get_or_make<int>(ClientKey::of<int>(Nosy{value, &cache}), [] { return std::make_shared<int>(1); });
  };
  const auto first = ask(1);
  EXPECT_EQ(first, ask(1));
  EXPECT_NE(first, ask(2));
}

TEST(ClientCacheThreads, EverythingAtOnceKeepsToTheSize) {
  ClientCache cache{EvictionPolicy::least_frequently_used, 3};
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 4; ++thread) {
      threads.emplace_back([&cache, thread] {
        for (int round = 0; round < 500; ++round) {
          const int number = (round * (thread + 3)) % 7;
          const auto got =
              cache.get_or_make<int>(ClientKey::of<int>(number), [&] { return std::make_shared<int>(number); });
          ASSERT_EQ(*got, number);
          if (round % 100 == thread) {
            cache.set_max_size(static_cast<std::size_t>(2 + thread % 2));
            cache.clear();
          }
        }
      });
    }
  }
  EXPECT_LE(cache.size(), 3U);
}

}  // namespace
}  // namespace aws_refresh_session
