#pragma once

#include <aws_refresh_session/credentials.hpp>
#include <aws_refresh_session/sts.hpp>

#include <string>
#include <string_view>

namespace aws_refresh_session::aws {

/// The body of a call in the AWS query protocol: `Action=...&Version=2011-06-15&...`, every value percent-encoded (some
/// servers sign a raw `:` differently). It may hold a one-time code, so it is zeroed on destruction.
class QueryForm {
 public:
  explicit QueryForm(std::string_view action);
  QueryForm(const QueryForm&) = delete;
  QueryForm& operator=(const QueryForm&) = delete;
  ~QueryForm() { wipe(text_); }

  /// Leaves an empty value out, by the rule that empty is not set.
  void add(std::string_view name, std::string_view value);
  /// Keeps an empty value.
  void add_always(std::string_view name, std::string_view value);

  [[nodiscard]] const std::string& text() const noexcept { return text_; }

 private:
  std::string text_;
};

/// What limits a session: PolicyArns, Policy, DurationSeconds.
void add_session_limits(QueryForm& form, const AssumeRoleOptions& options);

/// All of AssumeRole's parameters but TokenCode, which the caller adds.
/// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
void add_parameters(QueryForm& form, const AssumeRoleOptions& options);

}  // namespace aws_refresh_session::aws
