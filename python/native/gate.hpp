#pragma once

#include "python/native/owned.hpp"

#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

namespace aws_refresh_session::python {

/// The way from C++ threads into the interpreter. Open until the interpreter ends.
class Gate {
 public:
  /// Counts this thread in. False, and not counted, once the gate is shut.
  [[nodiscard]] static bool enter() noexcept;
  static void leave() noexcept;
  [[nodiscard]] static bool is_shut() noexcept;
  /// True on a thread other than the one that ends the interpreter, once that has begun.
  [[nodiscard]] static bool is_shut_for_this_thread() noexcept;
  /// True between the hooks of a fork() that this thread makes: other threads may hold Python's own locks.
  [[nodiscard]] static bool is_forking() noexcept;

  /// For the atexit handler, with the GIL: nobody enters from now on.
  static void shut() noexcept;
  /// Waits for those who are inside, with the GIL released, a second at most.
  static void wait_until_empty();

  /// Once, at import.
  static void install_fork_hooks();
};

/// Waits for the end of the process, two seconds at most, if the interpreter ends on another thread: what a thread does
/// meanwhile helps nobody, and its errors would only be printed. Bounded, in case an exit handler waits for the thread.
/// Without the GIL.
void linger() noexcept;

/// Throws CredentialError of kind cancelled: the interpreter ends.
[[noreturn]] void throw_interpreter_ends();

/// Counts in for a scope, and out again.
class Visit {
 public:
  Visit() : counted_(Gate::enter()) {}
  Visit(const Visit&) = delete;
  Visit& operator=(const Visit&) = delete;
  ~Visit() { end(); }

  [[nodiscard]] bool refused() const noexcept { return !counted_; }
  void end() noexcept {
    if (std::exchange(counted_, false)) {
      Gate::leave();
    }
  }

 private:
  bool counted_;
};

/// Runs `body` with the GIL, on any thread, whether or not it has the GIL already. `body` throws nothing but
/// std::exceptions.
/// \throws CredentialError of kind cancelled when the interpreter ends
template <typename Body>
auto with_gil(Body&& body) -> std::invoke_result_t<Body> {
  Visit visit;
  if (visit.refused()) {
    throw_interpreter_ends();
  }
  UnwindTrap trap;
  const auto state = PyGILState_Ensure();
  const auto end = [&] {
    PyGILState_Release(state);
    trap.disarm();
  };
  if (Gate::is_shut()) {
    end();
    visit.end();
    throw_interpreter_ends();
  }
  try {
    if constexpr (std::is_void_v<std::invoke_result_t<Body>>) {
      body();
      end();
    } else {
      auto result = body();
      end();
      return result;
    }
  } catch (const std::exception&) {
    end();
    throw;
  }
}

/// Gives the GIL back to a thread that let go of it.
void take_gil(PyThreadState* thread);

/// Runs `work` without the GIL. `work` throws nothing but std::exceptions.
template <typename Work>
auto without_gil(Work&& work) -> std::invoke_result_t<Work> {
  using Result = std::invoke_result_t<Work>;
  auto* const thread = PyEval_SaveThread();
  // The GIL is taken outside any destructor and handler: there the thread may be unwound.
  std::exception_ptr failure;
  if constexpr (std::is_void_v<Result>) {
    try {
      work();
    } catch (const std::exception&) {
      failure = std::current_exception();
    }
    take_gil(thread);
    if (failure) {
      std::rethrow_exception(failure);
    }
  } else {
    std::optional<Result> result;
    try {
      result.emplace(work());
    } catch (const std::exception&) {
      failure = std::current_exception();
    }
    take_gil(thread);
    if (failure) {
      std::rethrow_exception(failure);
    }
    return std::move(*result);
  }
}

}  // namespace aws_refresh_session::python
