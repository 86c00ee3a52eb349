#pragma once

#include "core/fork.hpp"
#include "core/mutex.hpp"

#include <aws_refresh_session/session.hpp>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace aws_refresh_session {

/// What method "sts" makes, however it was chosen.
/// \throws as make_assume_role_provider
[[nodiscard]] MethodProduct make_sts_method(AssumeRoleOptions options, const ProviderSeams& seams);

/// The methods that can be chosen by name. One a process: a plug-in registers itself before anybody has a session
/// (docs/adr/0005-process-wide-state.md). Thread-safe.
class MethodRegistry final : public core::ForkParticipant {
 public:
  /// Holds "custom", "sts" and the methods of source_methods.hpp from the start. Never destroyed.
  [[nodiscard]] static MethodRegistry& instance();

  /// A name that is taken warns, and the new one wins.
  void add(std::string name, MethodFactory factory) ARS_EXCLUDES(mutex_);
  struct Method {
    MethodFactory factory;
    /// Takes `profile` and `region` among its parameters.
    bool built_in = false;
  };
  /// \throws ValidationError that lists the names there are
  [[nodiscard]] Method find(std::string_view name) const ARS_EXCLUDES(mutex_);
  /// Sorted.
  [[nodiscard]] std::vector<std::string> names() const ARS_EXCLUDES(mutex_);

 private:
  MethodRegistry();

  void before_fork() noexcept override;
  void after_fork_in_parent() noexcept override;
  void after_fork_in_child() noexcept override;

  mutable core::Mutex mutex_;
  std::map<std::string, Method, std::less<>> methods_ ARS_GUARDED_BY(mutex_);
};

}  // namespace aws_refresh_session
