#pragma once

#include <pybind11/pybind11.h>

namespace aws_refresh_session::python {

/// Class Snapshot: a CredentialsSnapshot.
void define_snapshot(pybind11::module_& module);

/// Makes pickling and copying of a class a TypeError with this text.
template <typename Class>
void refuse_pickling(Class& cls, const char* message) {
  const auto refuse = [message](const pybind11::args&) -> pybind11::object { throw pybind11::type_error(message); };
  for (const auto* const name : {"__reduce_ex__", "__reduce__", "__copy__", "__deepcopy__", "__getstate__"}) {
    cls.def(name, refuse);
  }
}

}  // namespace aws_refresh_session::python
