#include "core/mutex.hpp"

#include <aws_refresh_session/credential_cache.hpp>

#include <algorithm>
#include <deque>
#include <string>
#include <utility>

namespace aws_refresh_session {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

/// As the process that asked had it.
std::shared_ptr<const Error> error_of(const CachedFailure& failure) {
  const ErrorFields fields{.message = failure.message,
                           .code = failure.code,
                           .status_code = failure.status_code,
                           .details = "another process has just asked",
                           .kind = failure.kind};
  if (failure.status_code) {
    return RequestError{fields}.clone();
  }
  if (failure.kind == ErrorKind::recoverable) {
    return ConnectionError{fields}.clone();
  }
  return CredentialError{fields}.clone();
}

class CachedProvider final : public CredentialsProvider {
 public:
  CachedProvider(std::shared_ptr<CredentialsProvider> source, std::shared_ptr<CredentialCache> cache, CacheKey key,
                 CachedProviderOptions options)
      : source_(std::move(source)), cache_(std::move(cache)), key_(std::move(key)), options_(std::move(options)) {
    if (!options_.clock) {
      options_.clock = system_clock();
    }
  }

  [[nodiscard]] Credentials resolve(const ResolveContext& context) override {
    const auto key = current_key();
    auto entry = cache_->load(key);
    if (is_fresh(entry)) {
      return give(*entry->credentials);
    }
    const auto failure_before = entry ? entry->last_failure : std::nullopt;
    const auto lease = cache_->lease(key, lease_limit(context), context.stop);
    if (lease) {
      if (context.stop.stop_requested()) {
        throw Error{
            {.message = "The request for credentials was stopped.", .code = "Cancelled", .kind = ErrorKind::cancelled}};
      }
      // Whoever had the lease meanwhile may have answered the question.
      entry = cache_->load(key);
      if (is_fresh(entry)) {
        return give(*entry->credentials);
      }
      // One that came while this one waited: the clock may have been put back since an older one.
      if (entry && entry->last_failure && entry->last_failure != failure_before) {
        return rest_or_raise(entry, *error_of(*entry->last_failure));
      }
      // Who has it for so long waits for a person, most likely; that must not stop those who need none.
      if (!lease->held() && (source_->interactive() || options_.lease_timeout == milliseconds::zero())) {
        return rest_or_raise(entry,
                             ConnectionError{{.message = "Another process asks for the same credentials and has no "
                                                         "answer yet. Look at what it waits for, or try again.",
                                              .code = "Timeout",
                                              .kind = ErrorKind::recoverable}});
      }
    }
    return ask(context, key, entry);
  }

  [[nodiscard]] std::string_view name() const noexcept override { return source_->name(); }
  [[nodiscard]] bool interactive() const noexcept override { return source_->interactive(); }
  [[nodiscard]] std::optional<milliseconds> recheck_after() const noexcept override { return source_->recheck_after(); }

  void invalidate(std::string_view access_key_id) override ARS_EXCLUDES(mutex_) {
    {
      constexpr std::size_t kMost = 16;
      const core::MutexLock lock{mutex_};
      refused_.emplace_back(access_key_id);
      if (refused_.size() > kMost) {
        refused_.pop_front();
      }
    }
    source_->invalidate(access_key_id);
    const auto key = current_key();
    if (const auto entry = cache_->load(key);
        entry && entry->credentials && entry->credentials->access_key_id() == access_key_id) {
      cache_->remove(key);
    }
  }

 private:
  [[nodiscard]] CacheKey current_key() const { return options_.current_key ? options_.current_key() : key_; }

  [[nodiscard]] milliseconds lease_limit(const ResolveContext& context) const {
    if (context.deadline == SteadyTime::max()) {
      return options_.lease_timeout;
    }
    const auto left = duration_cast<milliseconds>(context.deadline - options_.clock->steady_now());
    return std::clamp(left, milliseconds::zero(), options_.lease_timeout);
  }

  /// It can be used, for `rest` at least.
  [[nodiscard]] bool is_usable(const std::optional<CacheEntry>& entry, milliseconds rest) const ARS_EXCLUDES(mutex_) {
    if (!entry || !entry->credentials || entry->credentials->empty() || !entry->credentials->expiration() ||
        *entry->credentials->expiration() - options_.clock->now() <= rest) {
      return false;
    }
    const core::MutexLock lock{mutex_};
    return std::find(refused_.begin(), refused_.end(), entry->credentials->access_key_id()) == refused_.end();
  }

  /// It has much of its life left, and is new to the one who asks: who was given it before wants another.
  [[nodiscard]] bool is_fresh(const std::optional<CacheEntry>& entry) const {
    if (!entry || !entry->credentials || !entry->credentials->expiration() ||
        is_given(entry->credentials->access_key_id())) {
      return false;
    }
    const auto life = duration_cast<milliseconds>(*entry->credentials->expiration() - entry->received);
    return is_usable(entry, options_.advisory_window.value_or(life / 2));
  }

  [[nodiscard]] Credentials give(const Credentials& credentials) ARS_EXCLUDES(mutex_) {
    const core::MutexLock lock{mutex_};
    given_ = credentials.access_key_id();
    return credentials;
  }

  /// A set that is running out but valid, if the one who asks does not have it yet; otherwise the error is thrown: who
  /// has it already keeps it, and must learn of the failure.
  [[nodiscard]] Credentials rest_or_raise(const std::optional<CacheEntry>& entry, const Error& error)
      ARS_EXCLUDES(mutex_) {
    if (!is_usable(entry, milliseconds::zero()) || is_given(entry->credentials->access_key_id())) {
      error.raise();
    }
    warn({.place = "cache.rest",
          .message =
              key_.label() + ": those in the cache are running out, and no new ones could be had: " + error.what()});
    return give(*entry->credentials);
  }

  [[nodiscard]] bool is_given(std::string_view access_key_id) const ARS_EXCLUDES(mutex_) {
    const core::MutexLock lock{mutex_};
    return given_ == access_key_id;
  }

  [[nodiscard]] Credentials ask(const ResolveContext& context, const CacheKey& key,
                                const std::optional<CacheEntry>& entry) {
    std::shared_ptr<const Error> failure;
    try {
      auto credentials = source_->resolve(context);
      const auto now = options_.clock->now();
      if (credentials.expiration() && !credentials.empty() && !credentials.expired(now) &&
          (!options_.keep || options_.keep(credentials)) && current_key() == key) {
        cache_->store(key, {.label = key.label(), .credentials = credentials, .received = now});
      }
      return give(credentials);
    } catch (...) {
      failure = current_error("The source of the credentials failed.");
    }
    if (failure->kind() == ErrorKind::cancelled || failure->kind() == ErrorKind::not_configured) {
      failure->raise();
    }
    if (current_key() != key) {
      failure->raise();
    }
    CacheEntry noted = entry.value_or(CacheEntry{});
    noted.label = key.label();
    noted.last_failure = CachedFailure{.at = options_.clock->now(),
                                       .message = failure->message(),
                                       .code = failure->code(),
                                       .status_code = failure->status_code(),
                                       .kind = failure->kind()};
    cache_->store(key, noted);
    return rest_or_raise(entry, *failure);
  }

  std::shared_ptr<CredentialsProvider> source_;
  std::shared_ptr<CredentialCache> cache_;
  CacheKey key_;
  CachedProviderOptions options_;
  mutable core::Mutex mutex_;
  /// The access key id of the set that was given last.
  std::string given_ ARS_GUARDED_BY(mutex_);
  /// Access key ids that the service refused, the oldest first.
  std::deque<std::string> refused_ ARS_GUARDED_BY(mutex_);
};

}  // namespace

std::shared_ptr<CredentialsProvider> make_cached_provider(std::shared_ptr<CredentialsProvider> source,
                                                          std::shared_ptr<CredentialCache> cache, CacheKey key,
                                                          CachedProviderOptions options) {
  for (const auto& [given, name] : {std::pair{source != nullptr, "source"}, std::pair{cache != nullptr, "cache"}}) {
    if (!given) {
      throw ValidationError{
          {.message = "A cached provider needs a source and a cache.", .code = "InvalidParameter", .param = name}};
    }
  }
  return std::make_shared<CachedProvider>(std::move(source), std::move(cache), std::move(key), std::move(options));
}

}  // namespace aws_refresh_session
