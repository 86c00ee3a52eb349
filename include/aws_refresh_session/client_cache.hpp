#pragma once

/// \file
/// A session's clients: what `RefreshableSession::client` makes, and the cache that keeps it.

#include <aws_refresh_session/client_key.hpp>
#include <aws_refresh_session/refreshing_provider.hpp>

#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace aws_refresh_session {

/// Whom a full cache gives up.
enum class EvictionPolicy {
  /// The one that was asked for longest ago.
  least_recently_used,
  /// The one that was asked for least often; among equals the one that was asked for longest ago.
  least_frequently_used,
};

/// How a client is made from a session. As it stands: by the constructor that takes the session's provider first.
/// Specialise it for clients that want another type of provider; adapters/aws_sdk_cpp.hpp does so for the AWS SDK's.
template <typename Client>
struct ClientMaker {
  template <typename... Arguments>
  [[nodiscard]] static std::shared_ptr<Client> make(const std::shared_ptr<RefreshingCredentialsProvider>& provider,
                                                    Arguments&&... arguments) {
    static_assert(std::constructible_from<Client, const std::shared_ptr<RefreshingCredentialsProvider>&, Arguments...>,
                  "the client has no constructor (std::shared_ptr<RefreshingCredentialsProvider>, arguments...): give "
                  "it one, specialise ClientMaker, or include the adapter for its ecosystem");
    return std::make_shared<Client>(provider, std::forward<Arguments>(arguments)...);
  }
};

namespace detail {

/// What the client's constructor gets: the value alone of a keyed argument.
template <typename Argument>
decltype(auto) without_key(Argument&& argument) {
  if constexpr (kIsKeyed<std::remove_cvref_t<Argument>>) {
    using Value = decltype(argument.value);
    return static_cast<std::conditional_t<std::is_lvalue_reference_v<Argument>, Value&, Value&&>>(argument.value);
  } else {
    return std::forward<Argument>(argument);
  }
}

}  // namespace detail

/// A bounded cache of clients by what they were made from. All members are thread-safe. Clients are made and destroyed
/// without a lock; one that is given up lives on with whoever uses it. In a child of `fork()` the cache begins empty,
/// for two processes that share a connection would read each other's answers; the parent's clients are then never
/// destroyed in the child.
class ClientCache {
 public:
  static constexpr std::size_t kDefaultSize = 10;

  explicit ClientCache(EvictionPolicy policy = EvictionPolicy::least_recently_used,
                       std::size_t max_size = kDefaultSize);
  ~ClientCache();
  ClientCache(const ClientCache&) = delete;
  ClientCache& operator=(const ClientCache&) = delete;

  /// What is there under the key, or what `make` makes: once, however many threads ask. The others wait for it, as
  /// long as it takes, and share its error, which is not kept: the next to ask tries again. Other keys do not wait.
  /// \throws what `make` throws; ConfigurationError with code `RecursiveClient` when making the client asks for the
  ///   same client, itself or by way of other threads, and would wait for ever
  template <typename Client, std::invocable Make>
  requires std::convertible_to<std::invoke_result_t<Make>, std::shared_ptr<Client>>
  [[nodiscard]] std::shared_ptr<Client> get_or_make(const ClientKey& key, Make&& make) {
    return std::static_pointer_cast<Client>(
        find_or_make(key, [&make]() -> std::shared_ptr<void> { return std::shared_ptr<Client>{make()}; }));
  }

  /// How many clients are kept.
  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] std::size_t max_size() const;
  /// Made smaller, it gives up the surplus at once. Zero keeps none.
  void set_max_size(std::size_t max_size);
  [[nodiscard]] EvictionPolicy policy() const;
  /// Counts from the next client that is given up on; how often and when each was asked for is known already.
  void set_policy(EvictionPolicy policy);
  /// The keys' labels, the one that was asked for longest ago first. Without secrets.
  [[nodiscard]] std::vector<std::string> labels() const;
  /// How many calls wait for a client that is being made.
  [[nodiscard]] std::size_t waiting() const;
  /// Lets every client go.
  void clear();

 private:
  class State;
  std::shared_ptr<void> find_or_make(const ClientKey& key, const std::function<std::shared_ptr<void>()>& make);

  std::unique_ptr<State> state_;
};

}  // namespace aws_refresh_session
