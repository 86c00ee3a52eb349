#pragma once

/// \file
/// What a client was made from: its type and the values of its arguments. Two keys are equal if the types are and the
/// arguments compare equal; where an object lies in memory never counts.

#include <aws_refresh_session/credentials.hpp>

#include <concepts>
#include <cstddef>
#include <functional>
#include <initializer_list>
#include <memory>
#include <ranges>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <typeinfo>
#include <utility>

namespace aws_refresh_session {

/// A value that says itself what it is equal to: `cache_key()` holds everything that makes a difference.
template <typename T>
concept HasCacheKey = requires(const T& value) {
  { value.cache_key() } -> std::convertible_to<std::string>;
};

/// An argument with a key of the caller's choosing, for types that cannot be compared (the configurations of the AWS
/// SDK): equal keys mean the same client. The client gets `value` alone. The key shows in labels: no secrets.
template <typename Value>
struct Keyed {
  std::string key;
  Value value;
};

/// `session.client<Client>(keyed("eu", configuration))`. Refers to an lvalue, takes over anything else.
template <typename Value>
[[nodiscard]] Keyed<Value> keyed(std::string key, Value&& value) {
  return {std::move(key), std::forward<Value>(value)};
}

namespace detail {

template <typename T>
inline constexpr bool kIsKeyed = false;
template <typename Value>
inline constexpr bool kIsKeyed<Keyed<Value>> = true;

template <typename T>
inline constexpr bool kIsSmartPointer = false;
template <typename T>
inline constexpr bool kIsSmartPointer<std::shared_ptr<T>> = true;
template <typename T, typename Deleter>
inline constexpr bool kIsSmartPointer<std::unique_ptr<T, Deleter>> = true;

template <typename T>
inline constexpr bool kIsText = std::is_convertible_v<const T&, std::string_view> && !std::is_null_pointer_v<T>;

/// Whether `==` asks for the address, itself or in the elements of a range.
template <typename T>
constexpr bool compares_addresses() {
  if constexpr (kIsText<T>) {
    return false;
  } else if constexpr (std::ranges::range<const T>) {
    using Element = std::remove_cvref_t<std::ranges::range_value_t<const T>>;
    if constexpr (std::same_as<Element, T>) {  // a path consists of paths
      return false;
    } else {
      return compares_addresses<Element>();
    }
  } else {
    return std::is_pointer_v<T> || std::is_member_pointer_v<T> || kIsSmartPointer<T>;
  }
}

template <typename T>
concept Hashable = requires(const T& value) {
  { std::hash<T>{}(value) } -> std::convertible_to<std::size_t>;
};

template <typename T>
concept Labelled = requires(const T& value) {
  { value.cache_label() } -> std::convertible_to<std::string>;
};

/// A text that stands for a value of type T. Kept as a secret is: a key may hold the password of a proxy.
template <typename T>
struct TextOf {
  SecretString text;
  friend bool operator==(const TextOf&, const TextOf&) noexcept = default;
};

template <typename T>
TextOf<T> text_of(std::string text) {
  TextOf<T> part{SecretString{text}};
  wipe(text);
  return part;
}

inline std::string_view text_or_nothing(const char* text) noexcept {
  return text == nullptr ? std::string_view{} : std::string_view{text};
}

/// The part of the key that one argument makes.
template <typename Argument>
auto key_part(const Argument& argument) {
  using T = std::decay_t<Argument>;
  if constexpr (kIsKeyed<T>) {
    return text_of<Keyed<std::decay_t<decltype(argument.value)>>>(argument.key);
  } else if constexpr (HasCacheKey<T>) {
    return text_of<T>(argument.cache_key());
  } else if constexpr (std::is_pointer_v<T> && kIsText<T>) {
    return TextOf<std::string_view>{SecretString{text_or_nothing(argument)}};
  } else if constexpr (kIsText<T>) {
    return TextOf<std::string_view>{SecretString{std::string_view{argument}}};
  } else {
    return T(argument);
  }
}

template <typename T>
std::size_t hash_of(const TextOf<T>& part) noexcept {
  return std::hash<std::string_view>{}(part.text.reveal());
}
template <typename Part>
std::size_t hash_of(const Part& part) {
  if constexpr (Hashable<Part>) {
    return std::hash<Part>{}(part);
  } else {
    return 0;  // equality alone tells such values apart
  }
}

/// A type as the source spells it.
[[nodiscard]] std::string type_name(const std::type_info& type);

/// What a label shows of one argument: numbers, and what was written to be shown. A text may be a password.
template <typename Argument>
std::string label_of(const Argument& argument) {
  using T = std::decay_t<Argument>;
  if constexpr (kIsKeyed<T>) {
    return argument.key;
  } else if constexpr (Labelled<T>) {
    return argument.cache_label();
  } else if constexpr (std::same_as<T, bool>) {
    return argument ? "true" : "false";
  } else if constexpr (std::is_arithmetic_v<T>) {
    return std::to_string(argument);
  } else if constexpr (kIsText<T>) {
    return "text";
  } else {
    return type_name(typeid(T));
  }
}

/// `function(one, two)`.
[[nodiscard]] std::string call_label(std::string_view function, std::initializer_list<std::string> arguments);

class KeyState {
 public:
  virtual ~KeyState() = default;
  KeyState(const KeyState&) = delete;
  KeyState& operator=(const KeyState&) = delete;
  [[nodiscard]] virtual bool equals(const KeyState& other) const = 0;

 protected:
  KeyState() = default;
};

template <typename Client, typename... Parts>
class KeyOf final : public KeyState {
 public:
  explicit KeyOf(Parts... parts) : parts_(std::move(parts)...) {}

  [[nodiscard]] bool equals(const KeyState& other) const override {
    const auto* same_type = dynamic_cast<const KeyOf*>(&other);
    return same_type != nullptr && parts_ == same_type->parts_;
  }

 private:
  std::tuple<Parts...> parts_;
};

}  // namespace detail

/// What can be a client's argument: a text, a value with `cache_key()`, anything that is copyable and has `==`, null,
/// or any value within `keyed`. Not a pointer, and no range of them: equal contents would make different keys.
template <typename Argument>
concept ClientArgument = detail::kIsKeyed<std::decay_t<Argument>> || HasCacheKey<std::decay_t<Argument>> ||
                         (!detail::compares_addresses<std::decay_t<Argument>>() &&
                          std::copy_constructible<std::decay_t<Argument>> &&
                          std::equality_comparable<std::decay_t<Argument>>) ||
                         detail::kIsText<std::decay_t<Argument>>;

/// Copies are cheap and share the arguments' copies. Thread-safe as the arguments' own `==` is.
class ClientKey {
 public:
  /// Texts are equal by contents, however they are held; values of different types never are. What `==` and
  /// `std::hash` of the arguments throw comes out.
  template <typename Client, ClientArgument... Arguments>
  [[nodiscard]] static ClientKey of(const Arguments&... arguments) {
    ClientKey key;
    key.assign<Client>(detail::key_part(arguments)...);
    key.label_ = detail::call_label(detail::type_name(typeid(Client)), {detail::label_of(arguments)...});
    return key;
  }

  [[nodiscard]] std::size_t hash() const noexcept { return hash_; }
  /// The client's type and its arguments, without secrets: `app::S3Client(eu, true, app::Options)`. Of a text nothing
  /// is shown; a type with `cache_label()` is shown as that says.
  [[nodiscard]] const std::string& label() const noexcept { return label_; }

  friend bool operator==(const ClientKey& left, const ClientKey& right) {
    return left.hash_ == right.hash_ && left.state_->equals(*right.state_);
  }

 private:
  ClientKey() = default;

  template <typename Client, typename... Parts>
  void assign(Parts... parts) {
    hash_ = typeid(Client).hash_code();
    ((hash_ = hash_ * 31 + detail::hash_of(parts)), ...);
    state_ = std::make_shared<const detail::KeyOf<Client, Parts...>>(std::move(parts)...);
  }

  std::size_t hash_ = 0;
  std::string label_;
  std::shared_ptr<const detail::KeyState> state_;
};

}  // namespace aws_refresh_session
