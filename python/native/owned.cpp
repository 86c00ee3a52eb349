#include "python/native/owned.hpp"

#include "python/native/gate.hpp"

#include <unistd.h>

namespace aws_refresh_session::python {

void block_forever() noexcept {
  while (true) {
    ::pause();
  }
}

void drop_reference(PyObject* object) {
  if (object == nullptr) {
    return;
  }
  if (Gate::is_shut_for_this_thread()) {
    // This thread is being unwound, or runs on after the interpreter: the GIL is not its own.
    block_forever();
  }
  UnwindTrap trap;
  Py_DECREF(object);
  trap.disarm();
}

Owned call(PyObject* callable, PyObject* arguments, PyObject* keywords) {
  UnwindTrap trap;
  PyObject* result = nullptr;
  if (arguments == nullptr && keywords == nullptr) {
    result = PyObject_CallNoArgs(callable);
  } else if (arguments == nullptr) {
    PyObject* const none = PyTuple_New(0);
    result = none == nullptr ? nullptr : PyObject_Call(callable, none, keywords);
    Py_XDECREF(none);
  } else {
    result = PyObject_Call(callable, arguments, keywords);
  }
  trap.disarm();
  return Owned{result};
}

Owned attribute(PyObject* object, const char* name) {
  UnwindTrap trap;
  auto* const result = PyObject_GetAttrString(object, name);
  trap.disarm();
  return Owned{result};
}

Owned import(const char* module, const char* name) {
  UnwindTrap trap;
  auto* const found = PyImport_ImportModule(module);
  trap.disarm();
  const Owned owner{found};
  return owner ? attribute(owner.get(), name) : Owned{};
}

}  // namespace aws_refresh_session::python
