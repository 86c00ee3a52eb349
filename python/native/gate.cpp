#include "python/native/gate.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <pthread.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>

namespace aws_refresh_session::python {
namespace {

// Globals, because the interpreter and fork() are the process's. Atomics and no lock: a child may be forked while
// another thread would hold it.
std::atomic<bool> shut_flag{false};
std::atomic<int> inside{0};
std::atomic<pthread_t> ending_thread{};
thread_local int depth = 0;
thread_local bool forking = false;

bool interpreter_ends() noexcept {
#if PY_VERSION_HEX >= 0x030D0000
  return Py_IsFinalizing() != 0;
#else
  return _Py_IsFinalizing() != 0;
#endif
}

}  // namespace

bool Gate::enter() noexcept {
  ++depth;
  inside.fetch_add(1);
  if (shut_flag.load()) {
    leave();
    return false;
  }
  return true;
}

void Gate::leave() noexcept {
  --depth;
  inside.fetch_sub(1);
}

bool Gate::is_shut() noexcept {
  return shut_flag.load();
}

bool Gate::is_shut_for_this_thread() noexcept {
  return shut_flag.load(std::memory_order_relaxed) && (interpreter_ends() || Py_IsInitialized() == 0) &&
         ::pthread_equal(ending_thread.load(), ::pthread_self()) == 0;
}

bool Gate::is_forking() noexcept {
  return forking;
}

void Gate::shut() noexcept {
  ending_thread.store(::pthread_self());
  shut_flag.store(true);
}

void Gate::wait_until_empty() {
  without_gil([] {
    constexpr std::chrono::seconds kPatience{1};
    constexpr std::chrono::milliseconds kLook{2};
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (inside.load() > depth && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::sleep_for(kLook);
    }
  });
}

void Gate::install_fork_hooks() {
  static std::once_flag once;
  std::call_once(once, [] {
    ::pthread_atfork([] { forking = true; }, [] { forking = false; },
                     [] {
                       forking = false;
                       inside.store(depth);
                     });
  });
}

void linger() noexcept {
  constexpr std::chrono::minutes kPatience{1};  // longer than any interpreter takes to end
  if (Gate::is_shut() && ::pthread_equal(ending_thread.load(), ::pthread_self()) == 0) {
    std::this_thread::sleep_for(kPatience);
  }
}

void throw_interpreter_ends() {
  if (PyGILState_Check() == 0) {
    linger();
  }
  throw CredentialError{{.message = "The Python interpreter is shutting down: nothing of it is called any more.",
                         .code = "Cancelled",
                         .kind = ErrorKind::cancelled}};
}

void take_gil(PyThreadState* thread) {
  UnwindTrap trap;
  PyEval_RestoreThread(thread);
  trap.disarm();
}

}  // namespace aws_refresh_session::python
