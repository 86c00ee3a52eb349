#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace aws_refresh_session::python {

/// Words by the POSIX shell's quoting rules (XCU 2.2), as the library splits an MFA command line; it keeps them to
/// itself, hence a splitter here, which leaves to the library what is an error.
/// \throws ConfigurationError of code `MfaCommandEmpty` or `MfaCommandMalformed`
[[nodiscard]] std::vector<std::string> split_command_line(std::string_view command_line);

}  // namespace aws_refresh_session::python
