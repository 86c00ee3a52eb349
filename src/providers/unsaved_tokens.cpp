#include "providers/unsaved_tokens.hpp"

#include <algorithm>
#include <utility>

namespace aws_refresh_session::providers {
namespace {

/// Made when the program is loaded: a fork() while another thread makes it would leave the child waiting for ever.
[[maybe_unused]] const auto& at_load = UnsavedTokens::of_process();

}  // namespace

UnsavedTokens& UnsavedTokens::of_process() {
  static auto* tokens = new UnsavedTokens;  // NOLINT(cppcoreguidelines-owning-memory): serves static sessions, too
  return *tokens;
}

SecretString UnsavedTokens::newest(const std::string& path, SecretString file_text) {
  const core::MutexLock lock{mutex_};
  const auto found =
      std::find_if(tokens_.begin(), tokens_.end(), [&](const Unsaved& each) { return each.path == path; });
  if (found == tokens_.end()) {
    return file_text;
  }
  if (found->file_text == file_text) {
    return found->text;
  }
  tokens_.erase(found);
  return file_text;
}

void UnsavedTokens::keep(const std::string& path, const SecretString& replaces, SecretString text) {
  const core::MutexLock lock{mutex_};
  const auto found =
      std::find_if(tokens_.begin(), tokens_.end(), [&](const Unsaved& each) { return each.path == path; });
  if (found == tokens_.end()) {
    tokens_.push_back({.path = path, .file_text = replaces, .text = std::move(text)});
    return;
  }
  // The file still holds what the first unsaved token replaced: another text would have been forgotten by `newest`.
  found->text = std::move(text);
}

}  // namespace aws_refresh_session::providers
