#pragma once

#include "python/native/method_options.hpp"

#include <aws_refresh_session/session.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <utility>

namespace aws_refresh_session::python {

/// A session of the library's and what its reader must know. Shared by the Session object and whoever is in the middle
/// of a call, so that `close` ends nothing under a caller's feet.
struct OpenSession {
  explicit OpenSession(RefreshableSession opened) : session(std::move(opened)) {}

  RefreshableSession session;
  std::shared_ptr<RefreshingCredentialsProvider> provider{};
  std::chrono::milliseconds read_timeout{};
  std::chrono::milliseconds mandatory_wait{};
  /// Who it is needs a call to STS, and so a set.
  bool identity_needs_sts = true;
  /// Set once: whoever waits gives up.
  std::atomic<bool> closed{false};
};

/// Opens a session without a refresh. With the GIL, which it releases.
[[nodiscard]] std::shared_ptr<OpenSession> open_session(const std::string& method, MethodOptions options,
                                                        SessionOptions session, const std::shared_ptr<Roots>& roots);

/// Adds a method to the process, whose factory is Python's. With the GIL.
void register_method(const std::string& name, PyObject* factory);

}  // namespace aws_refresh_session::python
