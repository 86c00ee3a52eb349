#pragma once

#include "python/native/option_reader.hpp"

#include <aws_refresh_session/session.hpp>

namespace aws_refresh_session::python {

// With the GIL. ValidationError for what is not understood.

/// Everything of the session's options but `observer`, which the caller takes first. Ends the reader.
[[nodiscard]] SessionOptions read_session_options(OptionReader options);

/// `client` of the methods that ask STS.
[[nodiscard]] StsClientOptions read_client(OptionReader options);

}  // namespace aws_refresh_session::python
