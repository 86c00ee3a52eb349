#pragma once

/// \file
/// Method "custom": credentials from a callable of the user's own.

#include <aws_refresh_session/credentials.hpp>
#include <aws_refresh_session/credentials_provider.hpp>
#include <aws_refresh_session/exceptions.hpp>

#include <concepts>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

namespace aws_refresh_session {

/// The four fields as text, for callables that have them so. All four are required. A missing field (nullopt or
/// empty) is an error that names it.
struct CredentialFields {
  std::optional<std::string> access_key{};
  std::optional<std::string> secret_key{};
  std::optional<std::string> token{};
  /// RFC 3339 with a time zone, e.g. `2026-01-01T00:00:00Z`, or a time value.
  std::variant<std::monostate, std::string, WallTime> expiry_time{};
};

/// What a callable answers with: the four fields, or a complete value, which needs only the two keys: without an
/// expiration it is a set that does not expire.
using CustomAnswer = std::variant<Credentials, CredentialFields>;

/// The callable in the form the engine calls: `context.stop` asks it to give up.
class CustomMethod {
 public:
  CustomMethod() = default;

  /// Any callable that returns `Credentials` or `CredentialFields` and takes nothing or a `const ResolveContext&`,
  /// with arguments bound in front: `CustomMethod{fetch, "vault", 3}`. Arguments are copied.
  template <typename Callable, typename... Arguments>
  requires(!std::same_as<std::remove_cvref_t<Callable>, CustomMethod>)
      // NOLINTNEXTLINE(google-explicit-constructor): `.method = [] {...}` is the point
      CustomMethod(Callable callable, Arguments... arguments)
      : call_([callable = std::move(callable), bound = std::make_tuple(std::move(arguments)...)](
                  const ResolveContext& context) mutable -> CustomAnswer {
          return std::apply(
              [&](auto&... values) -> CustomAnswer {
                if constexpr (std::is_invocable_v<Callable&, decltype(values)..., const ResolveContext&>) {
                  return std::invoke(callable, values..., context);
                } else {
                  return std::invoke(callable, values...);
                }
              },
              bound);
        }) {}

  [[nodiscard]] explicit operator bool() const noexcept { return static_cast<bool>(call_); }
  CustomAnswer operator()(const ResolveContext& context) const { return call_(context); }

 private:
  std::function<CustomAnswer(const ResolveContext&)> call_;
};

struct CustomOptions {
  /// Required. Called by one thread at a time, from any thread, without a lock. May block: readers do not wait for it
  /// while a set is valid.
  CustomMethod method{};
  /// What `get_identity()` reports as the source.
  std::string source = "custom";
  /// True if it may need a person: then it runs only on the thread of a reader.
  bool interactive = false;
};

/// The provider behind method "custom".
/// \throws ValidationError without a callable
/// What the provider throws, all of kind recoverable: CredentialError of code `MissingFields` (the message names them
/// all), `InvalidExpiry`, or `CustomMethodFailed` for what the callable threw. That exception is kept as the cause, and
/// its text is not copied, because it may hold a secret. An Error the callable threw comes out as it is. An answer that
/// has expired already is refused by the engine.
[[nodiscard]] std::shared_ptr<CredentialsProvider> make_custom_provider(CustomOptions options);

/// The same in one line: `make_provider([] { return my_vault(); })`.
[[nodiscard]] std::shared_ptr<CredentialsProvider> make_provider(CustomMethod method);

}  // namespace aws_refresh_session
