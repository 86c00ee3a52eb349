#pragma once

/// \file
/// A session's credentials for the clients of the AWS SDK for C++. Header-only; needs the SDK's core, from 1.8 on:
/// link aws_refresh_session::aws_sdk_cpp. What differs between its versions is found out by the compiler:
///   - `GetAWSCredentials(CredentialsResolutionContext&)`, in newer ones: stays the SDK's own, which calls ours;
///   - a virtual `Invalidate(const Aws::String&)`, in the newest: overridden;
///   - the account as fifth argument of `AWSCredentials`: given where it is taken.
///
/// \code
///   Aws::InitAPI(sdk);
///   {
///     ars::RefreshableSession session{ars::AssumeRoleOptions{.role_arn = arn}};
///     Aws::S3::S3Client s3{ars::make_aws_sdk_provider(session)};
///     ...
///   }
///   Aws::ShutdownAPI(sdk);
/// \endcode
///
/// The SDK's rule holds: clients are made after `InitAPI` and gone before `ShutdownAPI`, those that the session keeps
/// (`RefreshableSession::clients`) among them.

#include <aws_refresh_session/client_cache.hpp>
#include <aws_refresh_session/exceptions.hpp>
#include <aws_refresh_session/refreshing_provider.hpp>
#include <aws_refresh_session/session.hpp>

#include <aws/core/auth/AWSCredentials.h>
#include <aws/core/auth/AWSCredentialsProvider.h>
#include <aws/core/utils/DateTime.h>
#include <aws/core/utils/memory/stl/AWSString.h>

#include <atomic>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

namespace aws_refresh_session {

/// How the provider for the SDK behaves.
struct AwsSdkOptions {
  /// How long one `GetAWSCredentials` may wait while there is no usable set; by default the session's `read_timeout`.
  /// While there is one it does not wait at all.
  std::optional<std::chrono::milliseconds> wait{};
};

namespace detail {

/// What a base class has under the name `Invalidate`.
enum class Invalidation : std::uint8_t {
  none,
  /// `void Invalidate(const Aws::String&)`: to be overridden.
  by_key_id,
  /// Something else, which is left alone.
  other,
};

template <typename Base>
struct InvalidationProbe : Base {
  // Within a class derived from Base, so that a protected member counts, too.
  template <typename Probe>
  static constexpr Invalidation find() {
    if constexpr (requires { static_cast<void (Probe::*)(const Aws::String&)>(&Probe::Invalidate); }) {
      return Invalidation::by_key_id;
    } else if constexpr (requires { &Probe::Invalidate; }) {
      return Invalidation::other;
    } else {
      return Invalidation::none;
    }
  }
};

template <typename Base>
inline constexpr Invalidation kInvalidation = InvalidationProbe<Base>::template find<InvalidationProbe<Base>>();

/// Base with an `Invalidate(const Aws::String&)` that calls `drop`: an override where there is something to override,
/// a member of its own where there is nothing.
template <typename Base, Invalidation found = kInvalidation<Base>>
class WithInvalidate : public Base {
 private:
  virtual void drop(std::string_view access_key_id) noexcept = 0;
};

template <typename Base>
class WithInvalidate<Base, Invalidation::by_key_id> : public Base {
 public:
  void Invalidate(const Aws::String& access_key_id) noexcept override {  // NOLINT(readability-identifier-naming)
    drop({access_key_id.data(), access_key_id.size()});
  }

 private:
  virtual void drop(std::string_view access_key_id) noexcept = 0;
};

template <typename Base>
class WithInvalidate<Base, Invalidation::none> : public Base {
 public:
  void Invalidate(const Aws::String& access_key_id) noexcept {  // NOLINT(readability-identifier-naming)
    drop({access_key_id.data(), access_key_id.size()});
  }

 private:
  virtual void drop(std::string_view access_key_id) noexcept = 0;
};

/// A secret on its way into the SDK's own value, wiped when that has its copy.
class PassingSecret {
 public:
  explicit PassingSecret(const SecretString& secret) : text_(secret.reveal().data(), secret.reveal().size()) {}
  ~PassingSecret() {
    volatile char* byte = text_.data();
    for (std::size_t left = text_.size(); left > 0; --left) {
      *byte = 0;
      ++byte;
    }
  }
  PassingSecret(const PassingSecret&) = delete;
  PassingSecret& operator=(const PassingSecret&) = delete;

  [[nodiscard]] const Aws::String& text() const noexcept { return text_; }

 private:
  Aws::String text_;
};

/// The same set as the SDK's value. A template, so that the branch for another version of the SDK is not compiled.
template <typename SdkCredentials>
SdkCredentials to_aws_sdk(const Credentials& set) {
  const Aws::String key_id{set.access_key_id().data(), set.access_key_id().size()};
  const PassingSecret secret{set.secret_access_key()};
  const PassingSecret token{set.session_token()};
  // The SDK's own mark of a set that does not expire.
  const Aws::Utils::DateTime expiration{set.expiration().value_or(WallTime::max())};
  if constexpr (std::constructible_from<SdkCredentials, const Aws::String&, const Aws::String&, const Aws::String&,
                                        const Aws::Utils::DateTime&, const Aws::String&>) {
    const Aws::String account{set.account_id().data(), set.account_id().size()};
    return SdkCredentials(key_id, secret.text(), token.text(), expiration, account);
  } else {
    return SdkCredentials(key_id, secret.text(), token.text(), expiration);
  }
}

}  // namespace detail

/// The session's engine as the SDK's provider; `Base` is the SDK's own class. Thread-safe. Shares the engine, and so
/// stays usable after the session is gone.
template <typename Base>
class BasicAwsSdkProvider final : public detail::WithInvalidate<Base> {
 public:
  /// \throws ValidationError for null
  explicit BasicAwsSdkProvider(std::shared_ptr<RefreshingCredentialsProvider> provider, AwsSdkOptions options = {})
      : provider_(std::move(provider)), options_(options) {
    if (!provider_) {
      throw ValidationError{{.message = "The AWS SDK's provider needs a session's provider: give one that is not null.",
                             .code = "InvalidParameter",
                             .param = "provider"}};
    }
  }

  using Base::GetAWSCredentials;  // the overload with a context, where there is one

  /// Called by the SDK for each signature, from any thread, and by some versions when a client is made. Never throws.
  /// Answers at once while a usable set exists; else waits as AwsSdkOptions::wait says, but not while the source may
  /// not be asked again after a failure.
  ///
  /// Without a usable set it gives the last good one, and an empty one if there never was any. For an empty one makes
  /// the SDK send the request unsigned, whose refusal names no cause; the refusal of an expired one does.
  Aws::Auth::AWSCredentials GetAWSCredentials() noexcept override {  // NOLINT(readability-identifier-naming)
    try {
      return detail::to_aws_sdk<Aws::Auth::AWSCredentials>(*current());
    } catch (...) {
      return last_resort();
    }
  }

  /// Why the last call had no usable set; null after one that had. For the source's own state ask the session.
  [[nodiscard]] std::shared_ptr<const Error> last_error() const {
    const std::lock_guard lock{mutex_};
    return error_;
  }

  /// The session's engine.
  [[nodiscard]] const std::shared_ptr<RefreshingCredentialsProvider>& provider() const noexcept { return provider_; }

 private:
  CredentialsSnapshot current() {
    auto set = provider_->try_credentials();
    if (!set) {
      set = options_.wait ? provider_->credentials(*options_.wait) : provider_->credentials();
    }
    // The lock is for what changed only: the one before is kept alive, so that no other can have its address.
    if (remembered_.load(std::memory_order_acquire) != set.shared().get() || failed_.load(std::memory_order_acquire)) {
      auto before = set.shared();  // these two end after the lock: an error may own anything
      std::shared_ptr<const Error> overcome;
      const std::lock_guard lock{mutex_};
      last_good_.swap(before);
      error_.swap(overcome);
      remembered_.store(last_good_.get(), std::memory_order_release);
      failed_.store(false, std::memory_order_release);
    }
    return set;
  }

  /// Call it in a catch block.
  Aws::Auth::AWSCredentials last_resort() noexcept {
    try {
      auto error = current_error("There are no usable credentials for the AWS SDK.");
      std::shared_ptr<const Credentials> last_good;
      {
        const std::lock_guard lock{mutex_};
        error_.swap(error);
        failed_.store(true, std::memory_order_release);
        last_good = last_good_;
      }
      if (last_good) {
        return detail::to_aws_sdk<Aws::Auth::AWSCredentials>(*last_good);
      }
    } catch (...) {
      // Out of memory: an empty set needs none
    }
    return {};
  }

  void drop(std::string_view access_key_id) noexcept override {
    try {
      provider_->invalidate(access_key_id);
    } catch (...) {
      // Out of memory: the set stays, and the service refuses it again
    }
  }

  const std::shared_ptr<RefreshingCredentialsProvider> provider_;
  const AwsSdkOptions options_;
  /// What `last_good_` and `error_` hold, for whoever only wants to know whether it has changed.
  std::atomic<const Credentials*> remembered_{nullptr};
  std::atomic<bool> failed_{false};
  /// Guards the two below.
  mutable std::mutex mutex_;
  std::shared_ptr<const Credentials> last_good_;
  std::shared_ptr<const Error> error_;
};

using AwsSdkProvider = BasicAwsSdkProvider<Aws::Auth::AWSCredentialsProvider>;

/// For any client of the SDK that takes a `std::shared_ptr<Aws::Auth::AWSCredentialsProvider>`.
[[nodiscard]] inline std::shared_ptr<AwsSdkProvider> make_aws_sdk_provider(
    std::shared_ptr<RefreshingCredentialsProvider> provider, AwsSdkOptions options = {}) {
  return std::make_shared<AwsSdkProvider>(std::move(provider), options);
}
[[nodiscard]] inline std::shared_ptr<AwsSdkProvider> make_aws_sdk_provider(const RefreshableSession& session,
                                                                           AwsSdkOptions options = {}) {
  return make_aws_sdk_provider(session.provider(), options);
}

namespace detail {

/// A client of the SDK: takes its provider, and not ours.
template <typename Client>
concept AwsSdkClient = std::constructible_from < Client,
        const std::shared_ptr<Aws::Auth::AWSCredentialsProvider>
& > &&!std::constructible_from<Client, const std::shared_ptr<RefreshingCredentialsProvider>&>;

}  // namespace detail

/// `session.client<Aws::S3::S3Client>(keyed("eu", configuration))`. The arguments are those of the client's
/// constructor after the provider; a configuration alone may leave out the provider of endpoints, which newer versions
/// of the SDK want between the two. The SDK's types cannot be compared: `keyed` says what the same client is.
template <detail::AwsSdkClient Client>
struct ClientMaker<Client> {
  template <typename... Arguments>
  [[nodiscard]] static std::shared_ptr<Client> make(const std::shared_ptr<RefreshingCredentialsProvider>& provider,
                                                    Arguments&&... arguments) {
    const std::shared_ptr<Aws::Auth::AWSCredentialsProvider> own = make_aws_sdk_provider(provider);
    // First: the constructor without a provider of endpoints takes the general configuration, and would cut a service's
    // own down to it.
    if constexpr (sizeof...(Arguments) == 1 &&
                  std::constructible_from<Client, decltype(own), std::nullptr_t, Arguments...>) {
      // Older versions of the SDK take no null for it.
      if constexpr (requires { typename Client::EndpointProviderType; }) {
        return std::make_shared<Client>(own, std::make_shared<typename Client::EndpointProviderType>(),
                                        std::forward<Arguments>(arguments)...);
      } else {
        return std::make_shared<Client>(own, nullptr, std::forward<Arguments>(arguments)...);
      }
    } else {
      static_assert(std::constructible_from<Client, decltype(own), Arguments...>,
                    "the client has no constructor (std::shared_ptr<Aws::Auth::AWSCredentialsProvider>, arguments...)");
      return std::make_shared<Client>(own, std::forward<Arguments>(arguments)...);
    }
  }
};

}  // namespace aws_refresh_session
