#pragma once

namespace aws_refresh_session::python {

/// From now on the library's warnings are Python's, of class BRSWarning. One that the filters turn into an exception
/// comes out of the call that gave it (see Opening); on a thread of the engine's it is dropped. Once, at import.
void install_warning_handler();

}  // namespace aws_refresh_session::python
