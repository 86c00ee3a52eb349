#pragma once

#include "python/native/option_reader.hpp"
#include "python/native/reference.hpp"

#include <aws_refresh_session/session.hpp>

#include <functional>
#include <memory>
#include <string>
#include <variant>

namespace aws_refresh_session::python {

using MethodOptions =
    std::variant<AssumeRoleOptions, CustomOptions, DefaultChainOptions, ProfileOptions, MethodParameters>;

/// The provider of a Session object; null for any other object.
using SessionProvider = std::function<std::shared_ptr<CredentialsProvider>(PyObject*)>;

/// The options of a method by their names. With the GIL.
/// \throws ValidationError for what is not understood; ConfigurationError for a bad command line
[[nodiscard]] MethodOptions read_method(const std::string& method, OptionReader options,
                                        const std::shared_ptr<Roots>& roots, const SessionProvider& session_provider);

[[nodiscard]] CustomOptions read_custom(OptionReader options, const std::shared_ptr<Roots>& roots);

}  // namespace aws_refresh_session::python
