#pragma once

#include "python/native/open_session.hpp"

#include <aws_refresh_session/credentials.hpp>

#include <chrono>

namespace aws_refresh_session::python {

// With the GIL, which they release. They wait in slices, between which signals are handled (on the main thread) and a
// session that was closed is noticed; the error of a refresh that failed meanwhile is raised all the same.

/// Whether a set that was to be had at once is what the reader gets; by `mandatory_wait` it may be worth a wait.
[[nodiscard]] inline bool is_enough(const OpenSession& open, const CredentialsSnapshot& current) noexcept {
  return current &&
         (current.freshness() != Freshness::mandatory || open.mandatory_wait == std::chrono::milliseconds::zero());
}

/// How long to wait, and what a user would set to wait longer.
struct TimeLimit {
  std::chrono::milliseconds duration{};
  const char* name = "read_timeout";
};

/// The current set.
/// \throws Error; PythonException for what a signal handler raised
[[nodiscard]] CredentialsSnapshot wait_for_set(const OpenSession& open, TimeLimit limit);
/// Asks the source now and waits.
[[nodiscard]] CredentialsSnapshot wait_for_refresh(const OpenSession& open, TimeLimit limit);

}  // namespace aws_refresh_session::python
