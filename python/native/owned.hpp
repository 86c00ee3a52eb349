#pragma once

#include <Python.h>

#include <exception>
#include <type_traits>
#include <utility>

namespace aws_refresh_session::python {

/// Waits for the end of the process. For threads that Python ends because the interpreter is gone.
[[noreturn]] void block_forever() noexcept;

/// Python 3.11 ends a thread that asks for the GIL of a finished interpreter by pthread_exit, whose unwinding calls
/// std::terminate at the first `catch (...)` or noexcept frame. This object stands between such a call and its C++
/// callers: left any other way than by `disarm`, it stops the thread for good, as Python 3.14 does itself. Put it
/// around C API calls only; a C++ exception must not pass it armed.
class UnwindTrap {
 public:
  UnwindTrap() = default;
  UnwindTrap(const UnwindTrap&) = delete;
  UnwindTrap& operator=(const UnwindTrap&) = delete;
  ~UnwindTrap() {
    if (armed_) {
      block_forever();
    }
  }
  void disarm() noexcept { armed_ = false; }

 private:
  bool armed_ = true;
};

/// Drops a reference with the GIL held. Not noexcept: what runs in it may be unwound.
void drop_reference(PyObject* object);

/// One reference, for use with the GIL held.
class Owned {
 public:
  Owned() = default;
  /// Takes over a new reference; null stays null.
  explicit Owned(PyObject* stolen) noexcept : object_(stolen) {}
  [[nodiscard]] static Owned borrow(PyObject* object) noexcept {
    Py_XINCREF(object);
    return Owned{object};
  }
  Owned(const Owned&) = delete;
  Owned& operator=(const Owned&) = delete;
  Owned(Owned&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  Owned& operator=(Owned&& other) noexcept {
    auto* const old = std::exchange(object_, std::exchange(other.object_, nullptr));
    drop_reference(old);
    return *this;
  }
  ~Owned() { drop_reference(object_); }

  [[nodiscard]] PyObject* get() const noexcept { return object_; }
  [[nodiscard]] PyObject* release() noexcept { return std::exchange(object_, nullptr); }
  [[nodiscard]] explicit operator bool() const noexcept { return object_ != nullptr; }

 private:
  PyObject* object_ = nullptr;
};

/// PyObject_Call: null with a Python error set if it failed. `arguments` null for none.
[[nodiscard]] Owned call(PyObject* callable, PyObject* arguments = nullptr, PyObject* keywords = nullptr);
/// PyObject_GetAttrString: null with a Python error set if it failed.
[[nodiscard]] Owned attribute(PyObject* object, const char* name);
/// An attribute of a module, which is imported if need be.
[[nodiscard]] Owned import(const char* module, const char* name);

/// Runs the body of a function that Python called. Python frames above must not be unwound through C++ ones.
template <typename Body>
auto at_boundary(Body&& body) {
  UnwindTrap trap;
  try {
    if constexpr (std::is_void_v<decltype(body())>) {
      body();
      trap.disarm();
    } else {
      auto result = body();
      trap.disarm();
      return result;
    }
  } catch (const std::exception&) {
    trap.disarm();
    throw;
  }
}

}  // namespace aws_refresh_session::python
