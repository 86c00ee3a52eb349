#include <aws_refresh_session/client_cache.hpp>

#include <aws_refresh_session/exceptions.hpp>

#include "core/fork.hpp"
#include "core/mutex.hpp"

#include <fmt/format.h>

#include <cxxabi.h>
#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <new>
#include <thread>
#include <unordered_map>
#include <utility>

namespace aws_refresh_session {

std::string detail::type_name(const std::type_info& type) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> name{abi::__cxa_demangle(type.name(), nullptr, nullptr, &status),
                                                         &std::free};
  return status == 0 && name ? name.get() : type.name();
}

std::string detail::call_label(std::string_view function, std::initializer_list<std::string> arguments) {
  return fmt::format("{}({})", function, fmt::join(arguments, ", "));
}

namespace {

/// One client, there or being made. All but the key is guarded by the cache's lock.
struct Slot {
  explicit Slot(ClientKey made_from) : key(std::move(made_from)) {}

  const ClientKey key;
  /// The thread that makes the client.
  const std::thread::id maker = std::this_thread::get_id();
  std::condition_variable finished;
  bool done = false;
  std::shared_ptr<void> client;
  /// What making it threw: the library's own errors as such, so that each waiter throws a copy of its own.
  std::shared_ptr<const Error> error;
  std::exception_ptr foreign_error;
  std::uint64_t uses = 1;
  std::uint64_t last_use = 0;
};

using Slots = std::unordered_multimap<std::size_t, std::shared_ptr<Slot>>;

[[noreturn]] void raise_recursion(const ClientKey& key) {
  throw ConfigurationError{
      {.message = fmt::format("Making the client {} asks for the same client: give its constructor what it needs "
                              "instead.",
                              key.label()),
       .code = "RecursiveClient",
       .param = "client"}};
}

}  // namespace

class ClientCache::State final : public core::ForkParticipant {
 public:
  State(EvictionPolicy policy, std::size_t max_size) : policy_(policy), max_size_(max_size) { join_fork_registry(); }
  ~State() override { leave_fork_registry(); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  std::shared_ptr<void> find_or_make(const ClientKey& key, const std::function<std::shared_ptr<void>()>& make)
      ARS_EXCLUDES(mutex_) {
    const auto [slot, mine] = claim(key);
    return mine ? construct(slot, make) : wait_for(slot);
  }

  [[nodiscard]] std::size_t size() const ARS_EXCLUDES(mutex_) {
    const core::MutexLock lock{mutex_};
    return count();
  }
  [[nodiscard]] std::size_t max_size() const ARS_EXCLUDES(mutex_) {
    const core::MutexLock lock{mutex_};
    return max_size_;
  }
  void set_max_size(std::size_t max_size) ARS_EXCLUDES(mutex_) {
    std::vector<std::shared_ptr<Slot>> given_up;  // outlives the lock: clients are destroyed without it
    const core::MutexLock lock{mutex_};
    max_size_ = max_size;
    shrink(max_size, given_up);
  }
  [[nodiscard]] EvictionPolicy policy() const ARS_EXCLUDES(mutex_) {
    const core::MutexLock lock{mutex_};
    return policy_;
  }
  void set_policy(EvictionPolicy policy) ARS_EXCLUDES(mutex_) {
    const core::MutexLock lock{mutex_};
    policy_ = policy;
  }
  [[nodiscard]] std::size_t waiting() const ARS_EXCLUDES(mutex_) {
    const core::MutexLock lock{mutex_};
    return waiting_for_.size();
  }

  [[nodiscard]] std::vector<std::string> labels() const ARS_EXCLUDES(mutex_) {
    std::vector<std::shared_ptr<Slot>> kept;
    std::vector<std::string> labels;
    const core::MutexLock lock{mutex_};
    for (const auto& [hash, slot] : slots_) {
      if (slot->done) {
        kept.push_back(slot);
      }
    }
    std::ranges::sort(kept, {}, [](const auto& slot) { return slot->last_use; });
    labels.reserve(kept.size());
    for (const auto& slot : kept) {
      labels.push_back(slot->key.label());
    }
    return labels;
  }

  void clear() ARS_EXCLUDES(mutex_) {
    std::vector<std::shared_ptr<Slot>> given_up;
    const core::MutexLock lock{mutex_};
    shrink(0, given_up);
  }

  void before_fork() noexcept override ARS_NO_THREAD_SAFETY_ANALYSIS { mutex_.lock(); }
  void after_fork_in_parent() noexcept override ARS_NO_THREAD_SAFETY_ANALYSIS { mutex_.unlock(); }
  void after_fork_in_child() noexcept override ARS_NO_THREAD_SAFETY_ANALYSIS {
    // Let go without being destroyed: a client's destructor could wait for a thread that the child does not have.
    // NOLINTBEGIN(clang-analyzer-cplusplus.NewDeleteLeaks): they are kept for ever
    static_cast<void>(std::make_unique<Slots>(std::move(slots_)).release());
    slots_ = Slots{};
    // NOLINTEND(clang-analyzer-cplusplus.NewDeleteLeaks)
    waiting_for_.clear();
    mutex_.unlock();
  }

 private:
  /// The slot of the key, and whether it is the caller's to fill. The arguments' `==` runs without the lock: it is
  /// foreign code. What was added meanwhile is looked at in another round.
  std::pair<std::shared_ptr<Slot>, bool> claim(const ClientKey& key) ARS_EXCLUDES(mutex_) {
    while (true) {
      std::vector<std::shared_ptr<Slot>> candidates;
      std::uint64_t seen = 0;
      {
        const core::MutexLock lock{mutex_};
        const auto [first, last] = slots_.equal_range(key.hash());
        std::transform(first, last, std::back_inserter(candidates), [](const auto& each) { return each.second; });
        seen = additions_;
      }
      const auto found = std::ranges::find_if(candidates, [&](const auto& slot) { return slot->key == key; });

      const core::MutexLock lock{mutex_};
      if (found != candidates.end() && position_of(**found) != slots_.end()) {
        ++(*found)->uses;
        (*found)->last_use = ++clock_;
        return {*found, false};
      }
      if (found == candidates.end() && seen == additions_) {
        auto slot = std::make_shared<Slot>(key);
        slot->last_use = ++clock_;
        slots_.emplace(key.hash(), slot);
        ++additions_;
        return {std::move(slot), true};
      }
    }
  }

  std::shared_ptr<void> construct(const std::shared_ptr<Slot>& slot, const std::function<std::shared_ptr<void>()>& make)
      ARS_EXCLUDES(mutex_) {
    std::shared_ptr<void> client;
    try {
      client = make();
      if (!client) {
        throw ConfigurationError{
            {.message = fmt::format("The maker of the client {} returned null: let it return a client or throw.",
                                    slot->key.label()),
             .code = "NoClient",
             .param = "client"}};
      }
    } catch (const Error& error) {
      finish(*slot, nullptr, error.clone(), nullptr);
      throw;
    } catch (...) {
      finish(*slot, nullptr, nullptr, std::current_exception());
      throw;
    }
    finish(*slot, client, nullptr, nullptr);
    return client;
  }

  void finish(Slot& slot, std::shared_ptr<void> client, std::shared_ptr<const Error> error,
              std::exception_ptr foreign_error) ARS_EXCLUDES(mutex_) {
    std::vector<std::shared_ptr<Slot>> given_up;
    std::shared_ptr<Slot> not_kept;
    const core::MutexLock lock{mutex_};
    const auto position = position_of(slot);
    if (position == slots_.end()) {
      return;  // begun before a fork: nobody waits for it in the child
    }
    slot.client = std::move(client);
    slot.error = std::move(error);
    slot.foreign_error = std::move(foreign_error);
    if (slot.client && max_size_ > 0) {
      try {
        shrink(max_size_ - 1, given_up);  // while this one does not count yet: it is never the one that is given up
      } catch (const std::bad_alloc&) {   // NOLINT(bugprone-empty-catch): one too many, until the next is added
      }
    } else {
      not_kept = std::move(position->second);
      slots_.erase(position);
    }
    slot.done = true;
    slot.finished.notify_all();
  }

  std::shared_ptr<void> wait_for(const std::shared_ptr<Slot>& slot) ARS_EXCLUDES(mutex_) {
    core::MutexLock lock{mutex_};
    if (!slot->done) {
      const auto self = std::this_thread::get_id();
      refuse_to_wait_for_itself(*slot, self);
      waiting_for_.emplace(self, slot.get());
      slot->finished.wait(lock.native(), [&] { return slot->done; });
      waiting_for_.erase(self);
    }
    if (slot->client) {
      return slot->client;
    }
    lock.unlock();
    if (slot->error) {
      slot->error->raise();
    }
    std::rethrow_exception(slot->foreign_error);
  }

  /// Follows who waits for whom: a circle would never end.
  void refuse_to_wait_for_itself(const Slot& slot, std::thread::id self) const ARS_REQUIRES(mutex_) {
    const auto* next = &slot;
    while (next->maker != self) {
      const auto waits = waiting_for_.find(next->maker);
      if (waits == waiting_for_.end() || waits->second->done) {
        return;
      }
      next = waits->second;
    }
    raise_recursion(slot.key);
  }

  [[nodiscard]] Slots::iterator position_of(const Slot& slot) ARS_REQUIRES(mutex_) {
    const auto [first, last] = slots_.equal_range(slot.key.hash());
    const auto position = std::find_if(first, last, [&](const auto& each) { return each.second.get() == &slot; });
    return position == last ? slots_.end() : position;
  }

  [[nodiscard]] std::size_t count() const ARS_REQUIRES(mutex_) {
    return static_cast<std::size_t>(std::ranges::count_if(slots_, [](const auto& each) { return each.second->done; }));
  }

  void shrink(std::size_t max_size, std::vector<std::shared_ptr<Slot>>& given_up) ARS_REQUIRES(mutex_) {
    const bool by_use = policy_ == EvictionPolicy::least_frequently_used;
    for (auto kept = count(); kept > max_size; --kept) {
      auto victim = slots_.end();
      for (auto each = slots_.begin(); each != slots_.end(); ++each) {
        const auto worth = [by_use](const Slot& slot) { return std::pair{by_use ? slot.uses : 0, slot.last_use}; };
        if (each->second->done && (victim == slots_.end() || worth(*each->second) < worth(*victim->second))) {
          victim = each;
        }
      }
      given_up.push_back(std::move(victim->second));
      slots_.erase(victim);
    }
  }

  /// Guards all below, and the slots.
  mutable core::Mutex mutex_;
  Slots slots_ ARS_GUARDED_BY(mutex_);
  /// Which slot each waiting thread waits for.
  std::unordered_map<std::thread::id, const Slot*> waiting_for_ ARS_GUARDED_BY(mutex_);
  EvictionPolicy policy_ ARS_GUARDED_BY(mutex_);
  std::size_t max_size_ ARS_GUARDED_BY(mutex_);
  /// Counts uses, so that their order is known.
  std::uint64_t clock_ ARS_GUARDED_BY(mutex_) = 0;
  std::uint64_t additions_ ARS_GUARDED_BY(mutex_) = 0;
};

ClientCache::ClientCache(EvictionPolicy policy, std::size_t max_size)
    : state_(std::make_unique<State>(policy, max_size)) {}
ClientCache::~ClientCache() = default;

std::shared_ptr<void> ClientCache::find_or_make(const ClientKey& key,
                                                const std::function<std::shared_ptr<void>()>& make) {
  return state_->find_or_make(key, make);
}
std::size_t ClientCache::size() const {
  return state_->size();
}
std::size_t ClientCache::max_size() const {
  return state_->max_size();
}
void ClientCache::set_max_size(std::size_t max_size) {
  state_->set_max_size(max_size);
}
EvictionPolicy ClientCache::policy() const {
  return state_->policy();
}
void ClientCache::set_policy(EvictionPolicy policy) {
  state_->set_policy(policy);
}
std::vector<std::string> ClientCache::labels() const {
  return state_->labels();
}
std::size_t ClientCache::waiting() const {
  return state_->waiting();
}
void ClientCache::clear() {
  state_->clear();
}

}  // namespace aws_refresh_session
