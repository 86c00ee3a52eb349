// What Python sees of Session and Observation.

#include "python/native/callables.hpp"
#include "python/native/errors.hpp"
#include "python/native/gate.hpp"
#include "python/native/session.hpp"
#include "python/native/session_options.hpp"
#include "python/native/snapshot.hpp"
#include "python/native/values.hpp"
#include "python/native/waiting.hpp"

#include <optional>
#include <string>
#include <utility>

namespace aws_refresh_session::python {
namespace {

namespace py = pybind11;

py::object hand_over(Owned owned) {
  return py::reinterpret_steal<py::object>(owned.release());
}

/// While it lives, its observer is told.
struct Observation {
  std::shared_ptr<void> handle;
};

// ---- garbage collection ----

/// The object's Session; null before it has one.
Session* session_of(PyObject* self) {
  auto* const instance = reinterpret_cast<py::detail::instance*>(self);
  return instance->simple_layout ? static_cast<Session*>(instance->simple_value_holder[0]) : nullptr;
}

int traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(self));
  const auto* const session = session_of(self);
  return session == nullptr ? 0 : session->visit(visit, arg);
}

int clear(PyObject* self) {
  at_boundary([&] {
    if (auto* const session = session_of(self)) {
      session->clear();
    }
  });
  return 0;
}

void dealloc(PyObject* self) {
  // Before the GIL is let go of: the collector must not see an object without references. pybind11 2.10 leaves it.
  PyObject_GC_UnTrack(self);
  if (auto* const session = session_of(self)) {
    PyObject* type = nullptr;
    PyObject* value = nullptr;
    PyObject* traceback = nullptr;
    PyErr_Fetch(&type, &value, &traceback);
    at_boundary([&] { session->end(); });
    PyErr_Restore(type, value, traceback);
  }
  py::detail::pybind11_object_dealloc(self);
}

void take_part_in_gc(PyHeapTypeObject* heap_type) {
  auto& type = heap_type->ht_type;
  type.tp_flags |= Py_TPFLAGS_HAVE_GC;
  type.tp_traverse = &traverse;
  type.tp_clear = &clear;
  type.tp_dealloc = &dealloc;
}

// ---- the methods ----

/// Every method enters here: what other threads left to be dropped is dropped first.
template <typename Body>
auto method(Body body) {
  return at_boundary([&] {
    empty_graveyard();
    return body();
  });
}

std::optional<TimeLimit> timeout_of(py::handle timeout) {
  constexpr const char* kName = "timeout";
  return timeout.is_none() ? std::nullopt : std::optional{TimeLimit{to_milliseconds(kName, timeout.ptr()), kName}};
}

std::shared_ptr<CredentialsProvider> provider_of(PyObject* object) {
  const py::handle handle{object};
  return py::isinstance<Session>(handle) ? handle.cast<Session&>().lend() : nullptr;
}

std::unique_ptr<Session> open(py::handle method_name, py::handle options, py::handle session, py::handle frozen_type) {
  return method([&] {
    if (Gate::is_shut()) {
      without_gil([] { linger(); });
      throw_interpreter_ends();
    }
    auto name = to_text("method", method_name.ptr());
    if (PyCallable_Check(frozen_type.ptr()) == 0) {
      OptionReader::refuse("frozen_type", "a callable", frozen_type.ptr());
    }
    const auto roots = Roots::make();
    OptionReader session_reader{session.ptr(), "session"};
    RefreshObserver observer;
    if (auto* const callable = session_reader.callable("observer")) {
      observer = make_observer(PythonCallable{callable, roots});
    }
    auto session_options = read_session_options(std::move(session_reader));
    session_options.observer = std::move(observer);
    const bool fetch = !session_options.defer_refresh;
    auto method_options = read_method(name, OptionReader{options.ptr(), "options"}, roots, &provider_of);
    auto opened = open_session(name, std::move(method_options), std::move(session_options), roots);
    if (Gate::is_shut()) {
      // Meanwhile: whoever ends the sessions has missed this one.
      roots->clear();
      throw_interpreter_ends();
    }
    auto result = std::make_unique<Session>(opened, roots, frozen_type.ptr());
    if (fetch) {
      const auto ignored = wait_for_refresh(*opened, {opened->read_timeout});
    }
    return result;
  });
}

CredentialsSnapshot snapshot(const Session& self, py::handle timeout) {
  return method([&] {
    const auto limit = timeout_of(timeout);
    const auto session = self.use();
    auto current = session->provider->try_credentials();
    if (is_enough(*session, current)) {
      return current;
    }
    return wait_for_set(*session, limit.value_or(TimeLimit{session->read_timeout}));
  });
}

CredentialsSnapshot refresh_now(const Session& self, py::handle timeout) {
  return method([&] {
    const auto limit = timeout_of(timeout);
    const auto session = self.use();
    return wait_for_refresh(*session, limit.value_or(TimeLimit{session->read_timeout}));
  });
}

void invalidate(const Session& self, py::handle access_key) {
  method([&] {
    const auto key = to_text("access_key", access_key.ptr());
    const auto session = self.use();
    without_gil([&] { session->session.invalidate(key); });
  });
}

Owned make_identity(const Identity& identity) {
  Owned dict{PyDict_New()};
  if (!dict) {
    throw PythonException::fetch();
  }
  if (identity.arn.empty() && identity.account.empty()) {
    set_item(dict.get(), "method", text(identity.method));
    set_item(dict.get(), "source", text(identity.source));
  } else {
    set_item(dict.get(), "UserId", text(identity.user_id));
    set_item(dict.get(), "Account", text(identity.account));
    set_item(dict.get(), "Arn", text(identity.arn));
  }
  return dict;
}

py::object identity(const Session& self, bool from_sts) {
  return method([&] {
    const auto session = self.use();
    if (from_sts || session->identity_needs_sts) {
      // The wait that a signal can end; what follows is bounded by the client's own time limits.
      const auto ignored = wait_for_set(*session, {session->read_timeout});
    }
    return hand_over(make_identity(
        without_gil([&] { return from_sts ? session->session.whoami_from_sts() : session->session.get_identity(); })));
  });
}

py::object region(const Session& self) {
  return method([&] {
    const auto session = self.use();
    return hand_over(text_or_none(without_gil([&] { return session->session.region(); })));
  });
}

std::unique_ptr<Observation> observe(const Session& self, py::handle observer) {
  return method([&] {
    if (PyCallable_Check(observer.ptr()) == 0) {
      OptionReader::refuse("observer", "a callable", observer.ptr());
    }
    const auto session = self.use();
    auto told = make_observer(PythonCallable{observer.ptr(), self.roots()});
    return std::make_unique<Observation>(
        Observation{without_gil([&] { return session->provider->observe(std::move(told)); })});
  });
}

std::string repr(const Session& self) {
  if (!self.is_open()) {
    return "Session(closed)";
  }
  const auto session = self.use();
  return "Session(method='" + session->session.method() + "', state='" +
         std::string{to_string(session->session.state())} + "')";
}

}  // namespace

void define_session(py::module_& module) {
  py::class_<Observation>{module, "Observation", py::is_final()}.def("close", [](Observation& self) {
    method([&] { without_gil([handle = std::move(self.handle)]() mutable { handle.reset(); }); });
  });

  py::class_<Session> cls{module, "Session", py::is_final(), py::custom_type_setup(&take_part_in_gc)};
  cls.def_static("open", &open, py::arg("method"), py::arg("options"), py::arg("session"), py::arg("frozen_type"));
  cls.def("frozen", [](Session& self) { return at_boundary([&] { return hand_over(self.frozen()); }); });
  cls.def("snapshot", &snapshot, py::arg("timeout") = py::none());
  cls.def("refresh_now", &refresh_now, py::arg("timeout") = py::none());
  cls.def("invalidate", &invalidate, py::arg("access_key"));
  cls.def("state", [](const Session& self) {
    return method([&] { return hand_over(text(to_string(self.use()->session.state()))); });
  });
  cls.def("expiration", [](const Session& self) {
    return method([&] { return hand_over(datetime(self.use()->session.expiration())); });
  });
  cls.def("last_error", [](const Session& self) {
    return method([&] { return hand_over(make_exception(self.use()->session.last_error())); });
  });
  cls.def("identity", [](const Session& self) { return identity(self, false); });
  cls.def("identity_from_sts", [](const Session& self) { return identity(self, true); });
  cls.def("region", &region);
  cls.def_property_readonly("method", [](const Session& self) { return self.use()->session.method(); });
  cls.def("observe", &observe, py::arg("observer"));
  cls.def("close", [](Session& self) { method([&] { self.close(); }); });
  cls.def("__repr__", &repr);
  refuse_pickling(cls,
                  "a Session cannot be pickled or copied: it holds secrets, callables and threads. Make the session in "
                  "the process that uses it; pass the options to it, not the session");
}

}  // namespace aws_refresh_session::python
