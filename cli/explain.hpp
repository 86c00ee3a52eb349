#pragma once

#include "cli/json_text.hpp"
#include "cli/source.hpp"

#include <stop_token>
#include <string>

namespace aws_refresh_session::cli {

/// Which source of the chain was used and why not the others, and where region and endpoint come from; one a line. Ask
/// the source first. Settings that cannot be used are shown as what is wrong with them.
[[nodiscard]] std::string explanation(const Source& source, const std::stop_token& stop);

/// The same as members of a JSON object.
void explain(const Source& source, JsonObject& json, const std::stop_token& stop);

}  // namespace aws_refresh_session::cli
