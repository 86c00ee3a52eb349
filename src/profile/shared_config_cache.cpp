#include "profile/shared_config_cache.hpp"

#include <aws_refresh_session/credentials.hpp>
#include <aws_refresh_session/exceptions.hpp>

#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace aws_refresh_session::profile {
namespace {

/// The coarsest time stamps in use are those of FAT: two seconds.
/// https://learn.microsoft.com/windows/win32/sysinfo/file-times
constexpr std::chrono::nanoseconds kTimeStampTick = std::chrono::seconds{2};

/// Whether every change after `now` will show in the file's time stamps. A file that changed in this very tick may
/// change once more and look the same; git calls it racily clean (https://git-scm.com/docs/racy-git).
bool is_settled(const FileIdentity& identity, WallTime now) noexcept {
  const auto latest = std::chrono::nanoseconds{std::max(identity.modified, identity.changed)};
  return !identity.exists || now.time_since_epoch() - latest > kTimeStampTick;
}

bool holds_secrets(const SharedConfig& config) {
  const auto names = config.profile_names();
  return std::any_of(names.begin(), names.end(), [&](std::string_view name) {
    const auto* profile = config.profile(name);
    const auto secret = [&](std::string_view key) {
      const auto* property = profile->find(key);
      return property != nullptr && property->file == FileKind::credentials && !property->value.empty();
    };
    return secret("aws_secret_access_key") || secret("aws_session_token");
  });
}

void warn_about_permissions(const SharedConfig& config, const FileIdentity& credentials) {
  if ((credentials.mode & (S_IRWXG | S_IRWXO)) != 0 && holds_secrets(config)) {
    warn({.place = "profile.permissions " + config.locations().credentials,
          .message = "Other users have access to this file with secret keys: run chmod 600 on it."});
  }
}

/// The process's cache (docs/adr/0005-process-wide-state.md). Never destroyed: a session with static lifetime may
/// refresh after main().
SharedConfigCache& process_cache() {
  static auto* cache = new SharedConfigCache{system_clock()};  // NOLINT(cppcoreguidelines-owning-memory): see above
  return *cache;
}

/// Made when the program is loaded: a fork() while another thread makes it would leave the child waiting for ever.
[[maybe_unused]] const auto& at_load = process_cache();

}  // namespace

SharedConfigCache::SharedConfigCache(std::shared_ptr<const Clock> clock) : clock_(std::move(clock)) {
  join_fork_registry();
}

SharedConfigCache::~SharedConfigCache() {
  leave_fork_registry();
}

std::shared_ptr<const SharedConfig> SharedConfigCache::find(const FileLocations& locations,
                                                            const Identities& identities) const {
  for (const auto& entry : entries_) {
    if (entry.locations == locations && entry.identities == identities) {
      if (auto config = entry.config.lock()) {
        return config;
      }
    }
  }
  return nullptr;
}

std::shared_ptr<const SharedConfig> SharedConfigCache::load(const FileLocations& locations) {
  // Before the files are looked at: what changes later must have a later time stamp.
  const auto now = clock_->now();
  Identities identities{identify_profile_file(locations.config), identify_profile_file(locations.credentials)};
  {
    const core::MutexLock lock{mutex_};
    if (auto config = find(locations, identities)) {
      return config;
    }
  }
  auto config_file = read_profile_file(locations.config);
  std::shared_ptr<const SharedConfig> config;
  try {
    auto credentials_file = read_profile_file(locations.credentials);
    identities = {config_file.identity, credentials_file.identity};
    config = parse_shared_config(std::move(config_file.text), std::move(credentials_file.text), locations);
  } catch (...) {
    wipe(config_file.text);
    throw;
  }
  warn_about_permissions(*config, identities[1]);
  std::shared_ptr<const SharedConfig> unseen;
  const core::MutexLock lock{mutex_};
  std::erase_if(entries_, [](const Entry& entry) { return entry.config.expired(); });
  if (is_settled(identities[0], now) && is_settled(identities[1], now)) {
    if (auto earlier = find(locations, identities)) {
      // Another thread was faster. Its object counts; ours is wiped after the lock.
      unseen = std::move(config);
      return earlier;
    }
    entries_.push_back({.locations = locations, .identities = identities, .config = config});
  }
  return config;
}

std::shared_ptr<const SharedConfig> load_shared_config(const FileLocations& locations) {
  return process_cache().load(locations);
}

}  // namespace aws_refresh_session::profile
