#pragma once

/// \file
/// A session's credentials for the AWS Common Runtime (CRT), and so for aws-c-s3, aws-crt-cpp and all else that takes
/// an `aws_credentials_provider`. Header-only, over the C interface of aws-c-auth
/// (`aws_credentials_provider_new_delegate`) and the managed threads of aws-c-common: link
/// aws_refresh_session::aws_crt.
///
/// aws-crt-cpp's own delegate crashes on a null answer, and one that throws leaves its caller waiting for ever. This
/// one is below it: `Aws::Crt::Auth::CredentialsProvider{ars::make_crt_provider(session).release()}` owns it.

#include <aws_refresh_session/exceptions.hpp>
#include <aws_refresh_session/refreshing_provider.hpp>
#include <aws_refresh_session/session.hpp>

#include <aws/auth/credentials.h>
#include <aws/common/byte_buf.h>
#include <aws/common/common.h>
#include <aws/common/error.h>
#include <aws/common/thread.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <string_view>
#include <utility>
#include <vector>

// In newer versions of the CRT; where it is no more than declared it is not used.
struct aws_credentials_options;

namespace aws_refresh_session {

/// How the provider for the CRT behaves.
struct CrtOptions {
  /// How long a request for credentials may wait while there is no usable set. While there is one, none waits.
  std::chrono::milliseconds wait{60'000};
  /// Once stop is requested, whoever waits gets an error at once, and whoever comes later does not wait.
  std::stop_token stop{};
  /// Called when the last reference has gone and every request has been answered.
  aws_credentials_provider_shutdown_options shutdown{};
};

/// Gives a reference back.
struct CrtProviderRelease {
  void operator()(aws_credentials_provider* provider) const noexcept {
    static_cast<void>(aws_credentials_provider_release(provider));
  }
};

/// One reference to a provider of the CRT. `release()` hands it to a C interface that takes it over.
using CrtProvider = std::unique_ptr<aws_credentials_provider, CrtProviderRelease>;

namespace detail {

inline aws_byte_cursor crt_cursor(std::string_view text) noexcept {
  return aws_byte_cursor_from_array(text.data(), text.size());
}

template <typename Options>
concept CrtTakesAccount = requires(aws_allocator* allocator, Options& options) {
  options.account_id_cursor;
  aws_credentials_new_with_options(allocator, &options);
};

/// The same set as the CRT's value, or null and an error raised. A template, so that the branch for another version of
/// the CRT is not compiled.
template <typename Options>
aws_credentials* new_crt_credentials(aws_allocator* allocator, const Credentials& set) noexcept {
  std::uint64_t expiration = UINT64_MAX;  // the CRT's mark of a set that does not expire
  if (const auto& at = set.expiration()) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(at->time_since_epoch()).count();
    expiration = static_cast<std::uint64_t>(std::max<decltype(seconds)>(seconds, 0));
  }
  const auto key_id = crt_cursor(set.access_key_id());
  const auto secret = crt_cursor(set.secret_access_key().reveal());
  const auto token = crt_cursor(set.session_token().reveal());
  if constexpr (CrtTakesAccount<Options>) {
    Options options{};
    options.access_key_id_cursor = key_id;
    options.secret_access_key_cursor = secret;
    options.session_token_cursor = token;
    options.account_id_cursor = crt_cursor(set.account_id());
    options.expiration_timepoint_seconds = expiration;
    return aws_credentials_new_with_options(allocator, &options);
  } else {
    return aws_credentials_new(allocator, key_id, secret, token, expiration);
  }
}

/// What the CRT calls. Lives as long as the CRT's provider, of which each waiting request holds a reference, and as the
/// thread that waits for them.
class CrtDelegate : public std::enable_shared_from_this<CrtDelegate> {
 public:
  /// \throws ConfigurationError if the CRT makes no provider
  static CrtProvider make(std::shared_ptr<RefreshingCredentialsProvider> provider, CrtOptions options,
                          aws_allocator* allocator) {
    auto self = std::make_shared<CrtDelegate>(std::move(provider), std::move(options), allocator);
    aws_credentials_provider_delegate_options delegate{};
    delegate.get_credentials = &CrtDelegate::get_credentials;
    delegate.delegate_user_data = self.get();
    delegate.shutdown_options.shutdown_callback = &CrtDelegate::shut_down;
    delegate.shutdown_options.shutdown_user_data = self.get();
    self->handle_ = aws_credentials_provider_new_delegate(allocator, &delegate);
    if (self->handle_ == nullptr) {
      throw ConfigurationError{{.message = "The CRT made no provider: call aws_auth_library_init (or make an "
                                           "Aws::Crt::ApiHandle) first.",
                                .code = "NoCrtProvider",
                                .details = aws_error_name(aws_last_error())}};
    }
    CrtProvider handle{self->handle_};
    self->on_stop_.emplace(self->options_.stop, [raw = self.get()] { raw->cancel(); });
    self->self_ = self;
    return handle;
  }

  CrtDelegate(std::shared_ptr<RefreshingCredentialsProvider> provider, CrtOptions options, aws_allocator* allocator)
      : provider_(std::move(provider)), options_(std::move(options)), allocator_(allocator) {}
  CrtDelegate(const CrtDelegate&) = delete;
  CrtDelegate& operator=(const CrtDelegate&) = delete;
  ~CrtDelegate() = default;

 private:
  struct Request {
    aws_on_get_credentials_callback_fn* callback = nullptr;
    void* user_data = nullptr;
  };

  /// On an event loop's thread: answers at once, or lets a thread of its own wait. Each request is answered once, and
  /// always by its callback: whoever caches does not look at what is returned here.
  static int get_credentials(void* self, aws_on_get_credentials_callback_fn* callback, void* user_data) noexcept {
    auto& delegate = *static_cast<CrtDelegate*>(self);
    const Request request{callback, user_data};
    CredentialsSnapshot set;
    bool waits = false;
    try {
      set = delegate.provider_->try_credentials();
      waits = !set && delegate.enqueue(request);
    } catch (...) {
      // Out of memory: no set, and an error is the answer.
    }
    if (!waits) {
      delegate.answer({&request, 1}, set.shared().get());
    }
    return AWS_OP_SUCCESS;
  }

  /// The last reference has gone, and with it the last request.
  static void shut_down(void* self) noexcept {
    const auto delegate = std::move(static_cast<CrtDelegate*>(self)->self_);
    if (delegate && delegate->options_.shutdown.shutdown_callback != nullptr) {
      delegate->options_.shutdown.shutdown_callback(delegate->options_.shutdown.shutdown_user_data);
    }
  }

  void answer(std::span<const Request> requests, const Credentials* set) const noexcept {
    auto* const credentials =
        set == nullptr ? nullptr : new_crt_credentials<::aws_credentials_options>(allocator_, *set);
    const int error = credentials == nullptr ? int{AWS_AUTH_CREDENTIALS_PROVIDER_DELEGATE_FAILURE} : AWS_OP_SUCCESS;
    for (const auto& request : requests) {
      request.callback(credentials, error, request.user_data);
    }
    if (credentials != nullptr) {
      aws_credentials_release(credentials);
    }
  }

  /// False if nobody waits for it.
  bool enqueue(const Request& request) {
    // The one who asked may give its own reference back before it has its answer.
    static_cast<void>(aws_credentials_provider_acquire(handle_));
    CrtProvider reference{handle_};
    bool start = false;
    {
      const std::lock_guard lock{mutex_};
      if (options_.stop.stop_requested()) {
        return false;
      }
      requests_.push_back(request);
      if (!waiter_) {
        waiter_ = shared_from_this();
        start = true;
      }
    }
    static_cast<void>(reference.release());  // `finish` gives it back
    if (start && !start_waiter()) {
      std::shared_ptr<CrtDelegate> nobody;
      {
        const std::lock_guard lock{mutex_};
        nobody = std::move(waiter_);
      }
      finish(nullptr);
    }
    return true;
  }

  /// A managed thread, which the clean-up of the CRT's library waits for: none of its code runs after that.
  bool start_waiter() noexcept {
    aws_thread thread{};
    if (aws_thread_init(&thread, allocator_) != AWS_OP_SUCCESS) {
      return false;
    }
    aws_thread_options options = *aws_default_thread_options();
    options.join_strategy = AWS_TJS_MANAGED;
    const auto run = [](void* self) noexcept { static_cast<CrtDelegate*>(self)->wait_for_requests(); };
    return aws_thread_launch(&thread, run, this, &options) == AWS_OP_SUCCESS;
  }

  void wait_for_requests() noexcept {
    std::shared_ptr<CrtDelegate> self;  // keeps this object until the thread has ended
    while (true) {
      {
        const std::lock_guard lock{mutex_};
        if (requests_.empty()) {
          self = std::move(waiter_);
          return;
        }
      }
      const auto set = wait_for_set();
      finish(set.shared().get());
    }
  }

  /// Whoever waits now gets this answer.
  void finish(const Credentials* set) noexcept {
    std::vector<Request> requests;
    {
      const std::lock_guard lock{mutex_};
      requests.swap(requests_);
    }
    answer(requests, set);
    for (auto left = requests.size(); left > 0; --left) {
      static_cast<void>(aws_credentials_provider_release(handle_));
    }
  }

  /// An empty snapshot if there is none to be had. Looks for a stop request in between; a person is asked in one go.
  CredentialsSnapshot wait_for_set() noexcept {
    constexpr std::chrono::milliseconds kStopPoll{50};
    const auto step = provider_->interactive() ? options_.wait : std::min(kStopPoll, options_.wait);
    for (auto left = options_.wait; !options_.stop.stop_requested(); left -= step) {
      try {
        return provider_->credentials(std::min(step, left));
      } catch (const Error& error) {
        if (error.code() != "RefreshTimeout" || left <= step) {
          return {};
        }
      } catch (...) {
        return {};
      }
    }
    return {};
  }

  void cancel() noexcept {
    // Without it the last reference has just gone, and nobody waits.
    if (const auto self = weak_from_this().lock()) {
      finish(nullptr);
    }
  }

  const std::shared_ptr<RefreshingCredentialsProvider> provider_;
  const CrtOptions options_;
  aws_allocator* const allocator_;
  /// Not a reference: those are held by whoever uses the provider.
  aws_credentials_provider* handle_ = nullptr;
  /// This object itself, until the CRT's provider is gone.
  std::shared_ptr<CrtDelegate> self_;
  /// Guards the two below.
  std::mutex mutex_;
  std::vector<Request> requests_;
  /// This object itself, while a thread waits for a set.
  std::shared_ptr<CrtDelegate> waiter_;
  /// Last, so that it goes first: its end waits for a cancellation under way.
  std::optional<std::stop_callback<std::function<void()>>> on_stop_;
};

}  // namespace detail

/// A provider for the CRT. Thread-safe; shares the session's engine, and so stays usable after the session is gone.
///
/// A request is answered on the calling thread while a usable set exists: event loops do not wait. Else a thread waits
/// for the set, one for all requests, and answers from there. Without a set the answer is the error
/// AWS_AUTH_CREDENTIALS_PROVIDER_DELEGATE_FAILURE; `RefreshableSession::last_error` says why.
///
/// The CRT's rule holds: made after its library's initialisation, the last reference given back before its clean-up.
/// \throws ValidationError for null, ConfigurationError if the CRT makes no provider
[[nodiscard]] inline CrtProvider make_crt_provider(std::shared_ptr<RefreshingCredentialsProvider> provider,
                                                   CrtOptions options = {},
                                                   aws_allocator* allocator = aws_default_allocator()) {
  if (!provider || allocator == nullptr) {
    throw ValidationError{
        {.message = "The CRT's provider needs a session's provider and an allocator: give ones that are not null.",
         .code = "InvalidParameter",
         .param = provider ? "allocator" : "provider"}};
  }
  return detail::CrtDelegate::make(std::move(provider), std::move(options), allocator);
}
[[nodiscard]] inline CrtProvider make_crt_provider(const RefreshableSession& session, CrtOptions options = {},
                                                   aws_allocator* allocator = aws_default_allocator()) {
  return make_crt_provider(session.provider(), std::move(options), allocator);
}

}  // namespace aws_refresh_session
