#include "providers/token_file.hpp"

#include "core/private_file.hpp"
#include "profile/file_locations.hpp"
#include "providers/unsaved_tokens.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

namespace aws_refresh_session::providers {
namespace {

/// Far more than any token file takes.
constexpr std::size_t kLargestFile = std::size_t{256} * 1024;
/// The process that holds the lock asks a service over the network meanwhile.
constexpr std::chrono::seconds kLongestLockWait{15};

[[noreturn]] void fail(std::string_view what, std::string_view why, std::string_view advice, std::string_view code,
                       ErrorKind kind = ErrorKind::non_recoverable, std::string details = {}) {
  ErrorFields fields;
  fields.message.append(what).append(" ").append(why);
  if (!advice.empty()) {
    fields.message.append(": ").append(advice);
  }
  fields.code = code;
  fields.kind = kind;
  fields.details = std::move(details);
  throw CredentialError{std::move(fields)};
}

[[noreturn]] void fail_expired(const TokenKind& kind) {
  fail(kind.what, "has expired and cannot be refreshed", kind.advice, kind.expired_code);
}

}  // namespace

TokenFile::TokenFile(std::shared_ptr<const Clock> clock) : clock_(std::move(clock)) {
  join_fork_registry();
}

TokenFile::~TokenFile() {
  leave_fork_registry();
}

SecretString TokenFile::current(const std::string& path, const TokenKind& kind, const ResolveContext& context) {
  auto text = read(path, kind);
  const auto look = kind.look(text.reveal());
  if (!is_due(look)) {
    return text;
  }
  const auto valid = [&] { return look.expires_at > clock_->now(); };
  if (!look.refreshable) {
    if (valid()) {
      return text;
    }
    fail_expired(kind);
  }
  if (const auto failure = recent_failure()) {
    if (valid()) {
      return text;
    }
    failure->raise();
  }
  try {
    return refresh(path, kind, context);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::cancelled) {
      throw;
    }
    remember(error);
    if (!valid()) {
      throw;
    }
    return text;
  }
}

bool TokenFile::is_due(const TokenLook& look) const noexcept {
  return look.expires_at - clock_->now() < kRefreshWindow;
}

SecretString TokenFile::read(const std::string& path, const TokenKind& kind) {
  SecretString text;
  try {
    text = core::read_private_file(path, kLargestFile);
  } catch (const std::system_error& error) {
    if (error.code() == std::errc::no_such_file_or_directory || error.code() == std::errc::not_a_directory) {
      fail(kind.what, "does not exist", kind.advice, kind.missing_code);
    }
    fail(kind.what, "cannot be read: check the file's kind, size and permissions", {}, "TokenFileUnreadable",
         ErrorKind::non_recoverable, path + ": " + error.code().message());
  }
  return UnsavedTokens::of_process().newest(path, std::move(text));
}

SecretString TokenFile::refresh(const std::string& path, const TokenKind& kind, const ResolveContext& context) {
  std::optional<core::FileLock> lock;
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(context.deadline - clock_->steady_now());
  const auto limit = std::clamp<std::chrono::milliseconds>(left, std::chrono::milliseconds::zero(), kLongestLockWait);
  try {
    lock.emplace(path + ".lock", limit, *clock_, context.stop);
  } catch (const std::system_error&) {
    // Nobody can write in that directory, so nobody else's refresh can be waited for.
  }
  if (lock && !lock->held()) {
    if (context.stop.stop_requested()) {
      fail(kind.what, "was not refreshed: it was cancelled", {}, "Cancelled", ErrorKind::cancelled);
    }
    fail(kind.what, "cannot be refreshed: another process holds its lock", "end that process, or try again",
         "TokenFileLocked", ErrorKind::recoverable);
  }
  // Whoever held the lock may have refreshed it.
  auto text = read(path, kind);
  const auto look = kind.look(text.reveal());
  if (!is_due(look)) {
    return text;
  }
  if (!look.refreshable) {
    fail_expired(kind);
  }
  try {
    auto fresh = kind.refresh(text.reveal());
    save(path, text, fresh);
    return fresh;
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::cancelled) {
      throw;
    }
    // A program that does not use this lock may have spent the refresh token meanwhile, and written what it got.
    auto now_there = read(path, kind);
    if (now_there == text || kind.look(now_there.reveal()).expires_at <= clock_->now()) {
      throw;
    }
    return now_there;
  }
}

void TokenFile::save(const std::string& path, const SecretString& old_text, const SecretString& text) {
  try {
    core::write_private_file(path, text.reveal());
  } catch (const std::system_error& error) {
    warn({"token_file.save",
          "A refreshed token cannot be written back, so other processes cannot use it, and may have to log in again: " +
              path + ": " + error.code().message()});
    UnsavedTokens::of_process().keep(path, old_text, text);
  }
  const core::MutexLock lock{mutex_};
  failure_.reset();
}

std::shared_ptr<const Error> TokenFile::recent_failure() const {
  const auto now = clock_->steady_now();
  const core::MutexLock lock{mutex_};
  return failure_ && now < failure_->pause_until ? failure_->error : nullptr;
}

void TokenFile::remember(const Error& error) {
  Failure failure{.error = error.clone(), .pause_until = clock_->steady_now() + kPause};
  const core::MutexLock lock{mutex_};
  failure_ = std::move(failure);
}

void TokenFile::before_fork() noexcept ARS_NO_THREAD_SAFETY_ANALYSIS {
  mutex_.lock();
}
void TokenFile::after_fork_in_parent() noexcept ARS_NO_THREAD_SAFETY_ANALYSIS {
  mutex_.unlock();
}
void TokenFile::after_fork_in_child() noexcept ARS_NO_THREAD_SAFETY_ANALYSIS {
  mutex_.unlock();
}

std::string token_file_path(std::string_view directory, std::string_view below_home, std::string_view name,
                            const Environment& environment, std::string_view missing_code) {
  std::string path;
  if (!directory.empty()) {
    path = profile::expand_home(directory, environment);
  } else {
    path = profile::home_directory(environment);
    if (path.empty()) {
      fail("The token cache", "cannot be found, because there is no home directory", "set HOME", missing_code);
    }
    path.append("/").append(below_home);
  }
  return path.append("/").append(name);
}

std::string login_advice(std::string_view command, std::string_view option, std::string_view name) {
  std::string advice = "run `";
  advice.append(command);
  if (!name.empty()) {
    const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             std::string_view{"-_./:@+="}.find(c) != std::string_view::npos;
    });
    advice.append(" ").append(option).append(" ");
    if (plain) {
      advice.append(name);
    } else {
      advice += '\'';
      for (const char c : name) {
        advice.append(c == '\'' ? "'\\''" : std::string(1, c));
      }
      advice += '\'';
    }
  }
  return advice += '`';
}

}  // namespace aws_refresh_session::providers
