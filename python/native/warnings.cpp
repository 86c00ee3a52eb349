#include "python/native/warnings.hpp"

#include "python/native/gate.hpp"
#include "python/native/opening.hpp"
#include "python/native/values.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <string_view>

namespace aws_refresh_session::python {
namespace {

bool is_of_the_package(PyObject* frame) {
  const auto globals = attribute(frame, "f_globals");
  auto* const name =
      globals && PyDict_Check(globals.get()) != 0 ? PyDict_GetItemString(globals.get(), "__name__") : nullptr;
  const auto text = name == nullptr ? std::nullopt : view(name);
  constexpr std::string_view kPackage = "aws_refresh_session";
  return text && text->starts_with(kPackage) && (text->size() == kPackage.size() || (*text)[kPackage.size()] == '.');
}

/// So that a warning names the user's line, not the package's.
long stack_level() {
  long level = 1;
  auto frame = Owned::borrow(reinterpret_cast<PyObject*>(PyEval_GetFrame()));
  while (frame && frame.get() != Py_None && is_of_the_package(frame.get())) {
    ++level;
    frame = attribute(frame.get(), "f_back");
  }
  PyErr_Clear();
  return level;
}

void give(const Warning& warning) {
  const auto warn = import("warnings", "warn");
  const auto category = import("aws_refresh_session.exceptions", "BRSWarning");
  if (!warn || !category) {
    throw PythonException::fetch();
  }
  const Owned arguments{PyTuple_New(3)};
  const Owned level{PyLong_FromLong(stack_level())};
  if (!arguments || !level) {
    throw PythonException::fetch();
  }
  PyTuple_SET_ITEM(arguments.get(), 0, text(warning.message).release());
  PyTuple_SET_ITEM(arguments.get(), 1, Owned::borrow(category.get()).release());
  PyTuple_SET_ITEM(arguments.get(), 2, Owned::borrow(level.get()).release());
  if (!call(warn.get(), arguments.get())) {
    throw PythonException::fetch();
  }
}

void handle(const Warning& warning) {
  with_gil([&] {
    try {
      give(warning);
    } catch (const PythonException& exception) {
      if (auto* const opening = Opening::current()) {
        opening->keep(exception);
      }
    }
  });
}

}  // namespace

void install_warning_handler() {
  set_warning_handler(&handle);
}

}  // namespace aws_refresh_session::python
