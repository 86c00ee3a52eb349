#pragma once

#include <aws_refresh_session/session.hpp>
#include <aws_refresh_session/sts.hpp>

namespace aws_refresh_session {

/// Method "sts" from string parameters, as MethodParameters lists them. The names are unique after `_` is dropped and
/// case is folded, which is how `RoleArn` and `role_arn` are one.
/// \throws ValidationError for an unknown name, a name given twice, or a value that does not parse, naming it
[[nodiscard]] AssumeRoleOptions parse_assume_role_parameters(const MethodParameters& parameters);

}  // namespace aws_refresh_session
