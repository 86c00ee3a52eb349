// The module itself: functions that belong to no session, and what happens once, at import.

#include "python/native/command_line.hpp"
#include "python/native/errors.hpp"
#include "python/native/gate.hpp"
#include "python/native/open_session.hpp"
#include "python/native/reference.hpp"
#include "python/native/session.hpp"
#include "python/native/snapshot.hpp"
#include "python/native/values.hpp"
#include "python/native/warnings.hpp"

#include <aws_refresh_session/session.hpp>

#include <pybind11/pybind11.h>

#include <string>

namespace aws_refresh_session::python {
namespace {

namespace py = pybind11;

py::list available_methods() {
  py::list names;
  for (const auto& each : without_gil([] { return RefreshableSession::available_methods(); })) {
    names.append(py::str{each});
  }
  return names;
}

void add_method(py::handle name, py::handle factory) {
  at_boundary([&] {
    const auto text = to_text("name", name.ptr());
    if (PyCallable_Check(factory.ptr()) == 0) {
      OptionReader::refuse("factory", "a callable", factory.ptr());
    }
    register_method(text, factory.ptr());
  });
}

py::list split_words(py::handle command_line) {
  return at_boundary([&] {
    auto line = to_text("command_line", command_line.ptr());
    py::list words;
    for (auto& each : split_command_line(line)) {
      words.append(py::str{each});
      wipe(each);
    }
    wipe(line);
    return words;
  });
}

void at_exit() {
  at_boundary([] {
    Gate::shut();
    Session::end_all();
    Gate::wait_until_empty();
    Session::let_all_go();
  });
}

}  // namespace
}  // namespace aws_refresh_session::python

PYBIND11_MODULE(_native, module) {
  using namespace aws_refresh_session::python;  // NOLINT(google-build-using-namespace): this function's names only
  module.doc() = "The extension module over the C++ library. Private.";
  module.attr("__version__") = AWS_REFRESH_SESSION_PYTHON_VERSION;
  import_datetime();
  Gate::install_fork_hooks();
  install_exception_translator();
  define_snapshot(module);
  define_session(module);
  empty_graveyard_with(module.ptr());
  module.def("available_methods", &available_methods);
  module.def("register_method", &add_method, py::arg("name"), py::arg("factory"));
  module.def("split_command_line", &split_words, py::arg("command_line"));
  install_warning_handler();
  py::module_::import("atexit").attr("register")(py::cpp_function{&at_exit});
}
