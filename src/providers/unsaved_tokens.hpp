#pragma once

#include "core/fork.hpp"
#include "core/mutex.hpp"

#include <aws_refresh_session/credentials.hpp>

#include <string>
#include <vector>

namespace aws_refresh_session::providers {

/// Refreshed tokens that could not be written back to their files. What they replace is spent: without them the next
/// refresh would end the login. Thread-safe, usable on both sides of a `fork()`.
class UnsavedTokens final : private core::ForkParticipant {
 public:
  /// The process's own: a provider that is made anew, or another session, goes on with the same file
  /// (docs/adr/0005-process-wide-state.md). Never destroyed.
  [[nodiscard]] static UnsavedTokens& of_process();

  UnsavedTokens() { join_fork_registry(); }
  ~UnsavedTokens() override { leave_fork_registry(); }
  UnsavedTokens(const UnsavedTokens&) = delete;
  UnsavedTokens& operator=(const UnsavedTokens&) = delete;

  /// What goes for the file's text: the token that replaces it, else the text itself. A file that somebody has written
  /// since counts again, and the token is forgotten.
  [[nodiscard]] SecretString newest(const std::string& path, SecretString file_text) ARS_EXCLUDES(mutex_);

  /// Keeps a token in the file's place as long as the file stays as it is.
  /// \param replaces what `newest` gave when the token was refreshed
  void keep(const std::string& path, const SecretString& replaces, SecretString text) ARS_EXCLUDES(mutex_);

 private:
  struct Unsaved {
    std::string path;
    SecretString file_text;
    SecretString text;
  };

  void before_fork() noexcept override ARS_NO_THREAD_SAFETY_ANALYSIS { mutex_.lock(); }
  void after_fork_in_parent() noexcept override ARS_NO_THREAD_SAFETY_ANALYSIS { mutex_.unlock(); }
  void after_fork_in_child() noexcept override ARS_NO_THREAD_SAFETY_ANALYSIS { mutex_.unlock(); }

  core::Mutex mutex_;
  std::vector<Unsaved> tokens_ ARS_GUARDED_BY(mutex_);
};

}  // namespace aws_refresh_session::providers
