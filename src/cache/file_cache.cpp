#include "cache/entry_cipher.hpp"
#include "cache/entry_text.hpp"
#include "core/private_file.hpp"

#include <aws_refresh_session/credential_cache.hpp>

#include <dirent.h>
#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace aws_refresh_session {
namespace {

constexpr std::string_view kEntry = ".entry";
constexpr std::string_view kLockFile = "/lock";
constexpr std::string_view kKeyFile = "/key";
constexpr std::string_view kSweptFile = "/swept";
/// No set of AWS lives longer than 36 hours.
constexpr auto kOldestEntry = std::chrono::hours{48};
constexpr auto kBetweenSweeps = std::chrono::hours{24};
constexpr std::size_t kDigestSize = 64;
/// Far above any entry: session tokens end at some kilobytes.
constexpr std::size_t kLargestEntry = std::size_t{256} * 1024;

void give_warning(std::string_view place, const std::string& what) noexcept {
  try {
    warn({.place = "cache." + std::string{place}, .message = "The credential cache is not used: " + what});
  } catch (...) {  // NOLINT(bugprone-empty-catch): no memory for a warning
  }
}

/// Mine, and nobody else can write to it.
bool is_private(const struct ::stat& status) noexcept {
  return status.st_uid == ::geteuid() && (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

void make_directories(const std::string& path) {
  for (std::size_t slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
    const auto part = path.substr(0, slash);
    if (::mkdir(part.c_str(), S_IRWXU) != 0 && errno != EEXIST) {
      throw std::system_error{errno, std::generic_category(), "mkdir " + part};
    }
    if (slash == std::string::npos) {
      return;
    }
  }
}

std::string default_directory(const Environment& environment) {
  auto cache = environment.get("XDG_CACHE_HOME");
  // "All paths set in these environment variables must be absolute" (XDG Base Directory Specification 0.8).
  if (!cache || !cache->starts_with('/')) {
    const auto home = environment.get("HOME");
    if (!home || !home->starts_with('/')) {
      return {};
    }
    cache = *home + "/.cache";
  }
  return *cache + "/aws-refresh-session/credentials";
}

/// Where the entry's byte is in the file of locks: two digests that begin alike share one, and wait for each other.
std::int64_t lock_byte(std::string_view digest) {
  constexpr std::size_t kDigits = 15;  // 60 bits
  constexpr int kHexadecimal = 16;
  return std::stoll(std::string{digest.substr(0, kDigits)}, nullptr, kHexadecimal);
}

class FileLease final : public CacheLease {
 public:
  FileLease(const std::string& path, std::int64_t byte, std::chrono::milliseconds limit, const Clock& clock,
            const std::stop_token& stop)
      : lock_(path, limit, clock, stop, byte) {}

  [[nodiscard]] bool held() const noexcept override { return lock_.held(); }

 private:
  core::FileLock lock_;
};

class FileCache final : public CredentialCache {
 public:
  explicit FileCache(const FileCacheOptions& options)
      : clock_(options.clock ? options.clock : system_clock()), place_(open_place(options)) {}

  [[nodiscard]] std::optional<CacheEntry> load(const CacheKey& key) override {
    return place_ ? read(*place_, key.digest()) : std::nullopt;
  }

  void store(const CacheKey& key, const CacheEntry& entry) override {
    if (!place_) {
      return;
    }
    try {
      const auto text = cache::write_entry(entry);
      // A power failure may lose an entry or leave half of it, which is a miss: not worth waiting for the disk.
      core::write_private_file(place_->path(key.digest(), kEntry),
                               cache::seal(text.reveal(), place_->encryption_key, key.digest()),
                               core::Durability::none);
      sweep(*place_);
    } catch (const std::system_error& error) {
      give_warning("store", place_->directory + ": " + error.code().message() + ".");
    } catch (const Error& error) {
      give_warning("store", error.message());
    }
  }

  void remove(const CacheKey& key) override {
    if (place_) {
      ::unlink(place_->path(key.digest(), kEntry).c_str());
    }
  }

  [[nodiscard]] std::unique_ptr<CacheLease> lease(const CacheKey& key, std::chrono::milliseconds limit,
                                                  const std::stop_token& stop) override {
    if (!place_) {
      return nullptr;
    }
    try {
      return std::make_unique<FileLease>(place_->directory + std::string{kLockFile}, lock_byte(key.digest()), limit,
                                         *clock_, stop);
    } catch (const std::system_error& error) {
      give_warning("lease", place_->directory + ": " + error.code().message() +
                                ". Several processes may ask for the same credentials.");
      return nullptr;
    }
  }

  [[nodiscard]] std::vector<CacheEntry> list() override {
    std::vector<CacheEntry> entries;
    if (place_) {
      for (const auto& name : names(*place_, is_entry)) {
        if (auto entry = read(*place_, name.substr(0, kDigestSize))) {
          entries.push_back(std::move(*entry));
        }
      }
    }
    std::sort(entries.begin(), entries.end(), [](const auto& left, const auto& right) {
      return std::tie(left.label, left.received) < std::tie(right.label, right.received);
    });
    return entries;
  }

  std::size_t clear() override {
    std::size_t count = 0;
    if (place_) {
      for (const auto& name : names(*place_, is_entry)) {
        count += ::unlink((place_->directory + "/" + name).c_str()) == 0 ? 1U : 0U;
      }
    }
    return count;
  }

 private:
  struct Place {
    std::string directory;
    SecretString encryption_key;

    [[nodiscard]] std::string path(std::string_view digest, std::string_view suffix) const {
      return directory + "/" + std::string{digest}.append(suffix);
    }
  };

  /// Null if there is none that can be used.
  [[nodiscard]] static std::unique_ptr<const Place> open_place(const FileCacheOptions& options) noexcept {
    try {
      auto place = std::make_unique<Place>();
      place->directory = options.directory.empty()
                             ? default_directory(options.environment ? *options.environment : *process_environment())
                             : options.directory;
      if (place->directory.empty()) {
        give_warning("directory", "neither XDG_CACHE_HOME nor HOME is an absolute path.");
        return nullptr;
      }
      struct ::stat status {};
      if (::lstat(place->directory.c_str(), &status) != 0) {
        make_directories(place->directory);
        if (::lstat(place->directory.c_str(), &status) != 0) {
          throw std::system_error{errno, std::generic_category(), "stat"};
        }
      }
      if (!S_ISDIR(status.st_mode) || !is_private(status)) {
        give_warning("directory", place->directory + " must be a directory of this user's that nobody else can write.");
        return nullptr;
      }
      if (options.encryption_key) {
        place->encryption_key = options.encryption_key();
      } else if (place->encryption_key = encryption_key_from_keyring()(); place->encryption_key.empty()) {
        place->encryption_key = encryption_key_from_file(place->directory + std::string{kKeyFile})();
      }
      if (place->encryption_key.size() != cache::kEncryptionKeySize) {
        give_warning("key", "its encryption key must have 32 bytes.");
        return nullptr;
      }
      return place;
    } catch (const std::exception& error) {
      give_warning("open", error.what());
      return nullptr;
    }
  }

  [[nodiscard]] static std::optional<CacheEntry> read(const Place& place, std::string_view digest) {
    try {
      const auto file = core::open_for_reading(place.path(digest, kEntry));
      struct ::stat status {};
      if (::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode) || !is_private(status)) {
        return std::nullopt;
      }
      const auto sealed = core::read_to_end(file, static_cast<std::size_t>(status.st_size), kLargestEntry);
      const auto text = cache::open_sealed(sealed, place.encryption_key, digest);
      return text ? cache::read_entry(text->reveal()) : std::nullopt;
    } catch (const std::system_error&) {
      return std::nullopt;
    }
  }

  /// Removes what nobody will read again, once a day.
  void sweep(const Place& place) const {
    const auto marker = place.directory + std::string{kSweptFile};
    const auto now = clock_->now();
    if (const auto last = changed(marker); last && now - *last < kBetweenSweeps && *last <= now) {
      return;
    }
    core::write_private_file(marker, {}, core::Durability::none);
    const auto old = names(place, [](std::string_view name) { return is_entry(name) || is_draft(name); });
    for (const auto& name : old) {
      const auto path = place.directory + "/" + name;
      if (const auto written = changed(path); written && now - *written > kOldestEntry) {
        ::unlink(path.c_str());
      }
    }
  }

  [[nodiscard]] static std::optional<WallTime> changed(const std::string& path) {
    struct ::stat status {};
    if (::lstat(path.c_str(), &status) != 0) {
      return std::nullopt;
    }
    return WallTime{std::chrono::seconds{status.st_mtim.tv_sec}};
  }

  [[nodiscard]] static bool is_entry(std::string_view name) noexcept {
    return name.size() == kDigestSize + kEntry.size() && name.ends_with(kEntry);
  }
  /// What a process that was killed left half done.
  [[nodiscard]] static bool is_draft(std::string_view name) noexcept {
    return name.starts_with(".ars-") || name.starts_with("key.");
  }

  template <typename Wanted>
  [[nodiscard]] static std::vector<std::string> names(const Place& place, Wanted wanted) {
    std::vector<std::string> found;
    const std::unique_ptr<::DIR, int (*)(::DIR*)> directory{::opendir(place.directory.c_str()), &::closedir};
    if (!directory) {
      return found;
    }
    while (const auto* entry = ::readdir(directory.get())) {  // NOLINT(concurrency-mt-unsafe): of a stream of our own
      const std::string_view name{entry->d_name};
      if (wanted(name)) {
        found.emplace_back(name);
      }
    }
    return found;
  }

  std::shared_ptr<const Clock> clock_;
  /// Null: every load is a miss, every store is dropped.
  std::unique_ptr<const Place> place_;
};

}  // namespace

std::shared_ptr<CredentialCache> make_file_cache(const FileCacheOptions& options) {
  return std::make_shared<FileCache>(options);
}

}  // namespace aws_refresh_session
