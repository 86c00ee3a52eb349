#pragma once

/// \file
/// The environment seam: the only place the library learns an environment variable's value.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace aws_refresh_session {

/// Environment variables. Thread-safe as long as nobody calls setenv meanwhile, as POSIX has it.
class Environment {
 public:
  virtual ~Environment() = default;

  /// The variable's value. An empty or blank value counts as unset, as in every AWS SDK.
  [[nodiscard]] virtual std::optional<std::string> get(std::string_view name) const = 0;

 protected:
  Environment() = default;
  Environment(const Environment&) = default;
  Environment& operator=(const Environment&) = default;
};

/// The process's own environment. Never null.
[[nodiscard]] std::shared_ptr<const Environment> process_environment();

/// A fixed set of variables, for tests and for programs that want none of the process's.
class FixedEnvironment final : public Environment {
 public:
  explicit FixedEnvironment(std::map<std::string, std::string, std::less<>> variables)
      : variables_(std::move(variables)) {}

  [[nodiscard]] std::optional<std::string> get(std::string_view name) const override {
    const auto found = variables_.find(name);
    if (found == variables_.end() || found->second.find_first_not_of(" \t\r\n") == std::string::npos) {
      return std::nullopt;
    }
    return found->second;
  }

 private:
  std::map<std::string, std::string, std::less<>> variables_;
};

}  // namespace aws_refresh_session
