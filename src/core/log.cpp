#include "core/log.hpp"

#include "core/fork.hpp"
#include "core/mutex.hpp"

#include <aws_refresh_session/environment.hpp>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <string>

namespace aws_refresh_session::core {
namespace {

spdlog::level::level_enum to_spdlog(LogLevel level) noexcept {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

/// The library's own logger, not spdlog's registry: a program that uses spdlog keeps its settings. spdlog's sinks
/// lock, and a lock held by another thread at fork() would hang the child; so the sink is the unlocked kind, under a
/// lock that fork() knows.
class Log final : public ForkParticipant {
 public:
  static Log& instance() {
    static auto* log = new Log;  // NOLINT(cppcoreguidelines-owning-memory): sessions with static lifetime may log
    return *log;
  }

  void write(LogLevel level, std::string_view text) ARS_EXCLUDES(mutex_) {
    const auto spdlog_level = to_spdlog(level);
    const MutexLock lock{mutex_};
    if (!configured_) {
      // At the first line rather than at load, so that main() can still set the variable.
      const auto wanted = process_environment()->get("AWS_REFRESH_SESSION_LOG").value_or("warning");
      const auto known = spdlog::level::from_str(wanted);  // "off" for what it does not know
      logger_.set_level(known == spdlog::level::off && wanted != "off" ? spdlog::level::warn : known);
      configured_ = true;
    }
    logger_.log(spdlog_level, spdlog::string_view_t{text.data(), text.size()});
  }

 private:
  Log() : logger_("aws-refresh-session", std::make_shared<spdlog::sinks::stderr_sink_st>()) {
    logger_.set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %n %l: %v");
    logger_.flush_on(spdlog::level::trace);
    join_fork_registry();
  }

  void before_fork() noexcept override ARS_NO_THREAD_SAFETY_ANALYSIS { mutex_.lock(); }
  void after_fork_in_parent() noexcept override ARS_NO_THREAD_SAFETY_ANALYSIS { mutex_.unlock(); }
  void after_fork_in_child() noexcept override ARS_NO_THREAD_SAFETY_ANALYSIS { mutex_.unlock(); }

  Mutex mutex_;
  spdlog::logger logger_ ARS_GUARDED_BY(mutex_);
  bool configured_ ARS_GUARDED_BY(mutex_) = false;
};

/// Made when the program is loaded: a fork() while another thread makes it would leave the child waiting for ever.
[[maybe_unused]] const auto& at_load = Log::instance();

}  // namespace

void log(LogLevel level, std::string_view text) noexcept {
  try {
    Log::instance().write(level, text);
  } catch (...) {  // NOLINT(bugprone-empty-catch): a full disk must not stop a refresh
  }
}

}  // namespace aws_refresh_session::core
