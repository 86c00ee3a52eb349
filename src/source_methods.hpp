#pragma once

#include <aws_refresh_session/session.hpp>

#include <string>
#include <utility>
#include <vector>

namespace aws_refresh_session {

/// The methods that take credentials from where every AWS tool finds them, with the parameters that MethodParameters
/// lists.
[[nodiscard]] std::vector<std::pair<std::string, MethodFactory>> source_methods();

}  // namespace aws_refresh_session
