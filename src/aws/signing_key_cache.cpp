#include "aws/signing_key_cache.hpp"

#include <algorithm>

namespace aws_refresh_session::aws {
namespace {

SigningKey derive(Sha256& sha256, const SecretString& secret, std::string_view date, std::string_view region,
                  std::string_view service) {
  std::string first = "AWS4";
  first.reserve(first.size() + secret.size());
  first += secret.reveal();
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): a key is bytes
  auto key = sha256.hmac({reinterpret_cast<const unsigned char*>(first.data()), first.size()}, date);
  wipe(first);
  for (const auto part : {region, service, std::string_view{"aws4_request"}}) {
    auto next = sha256.hmac(key, part);
    std::swap(key, next);
    wipe_bytes(next);
  }
  SigningKey result{key};
  wipe_bytes(key);
  return result;
}

}  // namespace

SigningKeyCache::SigningKeyCache() {
  {
    const core::MutexLock lock{mutex_};
    entries_.reserve(kCapacity + 1);
  }
  join_fork_registry();
}

SigningKeyCache::~SigningKeyCache() {
  leave_fork_registry();
}

SigningKey SigningKeyCache::get(Sha256& sha256, const SecretString& secret, std::string_view date,
                                std::string_view region, std::string_view service) {
  {
    const core::MutexLock lock{mutex_};
    const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) {
      return entry.date == date && entry.region == region && entry.service == service && entry.secret == secret;
    });
    if (found != entries_.end()) {
      if (found != entries_.begin()) {
        std::rotate(entries_.begin(), found, std::next(found));
      }
      return entries_.front().key;
    }
  }
  // Two threads may derive the same key at once: cheaper than making the others wait.
  auto key = derive(sha256, secret, date, region, service);
  Entry entry{secret, std::string{date}, std::string{region}, std::string{service}, key};
  const core::MutexLock lock{mutex_};
  entries_.insert(entries_.begin(), std::move(entry));
  if (entries_.size() > kCapacity) {
    entries_.pop_back();
  }
  return key;
}

std::size_t SigningKeyCache::size() const {
  const core::MutexLock lock{mutex_};
  return entries_.size();
}

void SigningKeyCache::before_fork() noexcept ARS_NO_THREAD_SAFETY_ANALYSIS {
  mutex_.lock();
}

void SigningKeyCache::after_fork_in_parent() noexcept ARS_NO_THREAD_SAFETY_ANALYSIS {
  mutex_.unlock();
}

void SigningKeyCache::after_fork_in_child() noexcept ARS_NO_THREAD_SAFETY_ANALYSIS {
  mutex_.unlock();
}

}  // namespace aws_refresh_session::aws
