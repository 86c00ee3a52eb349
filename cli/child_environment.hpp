#pragma once

/// \file
/// The environment of a program that shall use our credentials and no others.

#include "cli/credential_variables.hpp"
#include "cli/secret_text.hpp"

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace aws_refresh_session::cli {

/// `NAME=value` texts for exec, which are zeroed at the end: they hold secrets.
class ChildEnvironment {
 public:
  /// Copies a process's environment, less every variable that tells AWS programs of credentials.
  /// \param variables as `environ` has them, ended by null
  explicit ChildEnvironment(char* const* variables);
  ~ChildEnvironment();
  ChildEnvironment(const ChildEnvironment&) = delete;
  ChildEnvironment& operator=(const ChildEnvironment&) = delete;

  /// Replaces the variable.
  void set(std::string_view name, std::string_view value);
  void set(std::span<const CredentialVariable> variables);
  [[nodiscard]] bool has(std::string_view name) const noexcept;

  /// For exec; valid until the next change.
  [[nodiscard]] std::vector<char*> pointers();

 private:
  void remove(std::string_view name);

  std::vector<std::string> entries_;
};

}  // namespace aws_refresh_session::cli
