#pragma once

#include "python/native/owned.hpp"

#include <aws_refresh_session/refreshing_provider.hpp>

namespace aws_refresh_session::python {

/// The dict that an observer is given. With the GIL.
[[nodiscard]] Owned make_event(const RefreshEvent& event);

}  // namespace aws_refresh_session::python
