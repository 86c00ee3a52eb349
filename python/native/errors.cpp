#include "python/native/errors.hpp"

#include "python/native/gate.hpp"
#include "python/native/values.hpp"

#include <pybind11/pybind11.h>

#include <array>
#include <optional>
#include <string_view>
#include <utility>

namespace aws_refresh_session::python {
namespace {

constexpr const char* kModule = "aws_refresh_session.exceptions";

const char* class_of(const Error& error) {
  if (dynamic_cast<const ValidationError*>(&error) != nullptr) {
    return "BRSValidationError";
  }
  if (dynamic_cast<const ConfigurationError*>(&error) != nullptr) {
    return "BRSConfigurationError";
  }
  if (dynamic_cast<const CredentialError*>(&error) != nullptr) {
    return "BRSCredentialError";
  }
  if (dynamic_cast<const ConnectionError*>(&error) != nullptr) {
    return "BRSConnectionError";
  }
  if (dynamic_cast<const RequestError*>(&error) != nullptr) {
    return "BRSRequestError";
  }
  return "BRSError";
}

std::optional<PythonException> python_cause(const Error& error) {
  if (!error.cause()) {
    return std::nullopt;
  }
  try {
    std::rethrow_exception(error.cause());
  } catch (const PythonException& exception) {
    return exception;
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

Owned checked(PyObject* made) {
  if (made == nullptr) {
    throw PythonException::fetch();
  }
  return Owned{made};
}

Owned integer_or_none(std::optional<long long> number) {
  return number ? checked(PyLong_FromLongLong(*number)) : none();
}

std::string text_of(PyObject* exception, const char* name) {
  const auto value = attribute(exception, name);
  if (!value) {
    PyErr_Clear();
    return {};
  }
  if (value.get() == Py_None) {
    return {};
  }
  UnwindTrap trap;
  const auto* const str = PyUnicode_Check(value.get()) != 0 ? nullptr : PyObject_Str(value.get());
  trap.disarm();
  const Owned made{const_cast<PyObject*>(str)};
  const auto found = view(made ? made.get() : value.get());
  PyErr_Clear();
  return std::string{found.value_or(std::string_view{})};
}

std::optional<double> number_of(PyObject* exception, const char* name) {
  const auto value = attribute(exception, name);
  if (!value || PyBool_Check(value.get()) != 0 || (PyLong_Check(value.get()) == 0 && PyFloat_Check(value.get()) == 0)) {
    PyErr_Clear();
    return std::nullopt;
  }
  const double number = PyFloat_AsDouble(value.get());
  constexpr double kLimit = 1e9;
  if (PyErr_Occurred() != nullptr || !(number >= -kLimit && number <= kLimit)) {
    PyErr_Clear();
    return std::nullopt;
  }
  return number;
}

ErrorKind kind_of(const std::string& text) {
  for (const auto kind : {ErrorKind::not_configured, ErrorKind::recoverable, ErrorKind::cancelled}) {
    if (text == to_string(kind)) {
      return kind;
    }
  }
  return ErrorKind::non_recoverable;
}

ErrorFields fields_of(PyObject* exception, Roots& roots) {
  ErrorFields fields;
  fields.message = text_of(exception, "message");
  fields.code = text_of(exception, "code");
  if (const auto status = number_of(exception, "status_code")) {
    fields.status_code = static_cast<int>(*status);
  }
  fields.param = text_of(exception, "param");
  fields.value = text_of(exception, "value");
  fields.details = text_of(exception, "details");
  fields.kind = kind_of(text_of(exception, "kind"));
  fields.request_id = text_of(exception, "request_id");
  if (const auto pause = number_of(exception, "retry_after"); pause && *pause >= 0) {
    fields.retry_after = std::chrono::seconds{static_cast<long long>(*pause)};
  }
  Owned cause{PyException_GetCause(exception)};
  if (cause) {
    const PythonException kept{std::move(cause)};
    roots.add(kept.reference());
    fields.cause = std::make_exception_ptr(kept);
  }
  return fields;
}

[[noreturn]] void throw_as(std::size_t index, ErrorFields fields) {
  switch (index) {
    case 0:
      throw ValidationError{std::move(fields)};
    case 1:
      throw ConfigurationError{std::move(fields)};
    case 2:
      throw CredentialError{std::move(fields)};
    case 3:
      throw ConnectionError{std::move(fields)};
    case 4:
      throw RequestError{std::move(fields)};
    default:
      throw Error{std::move(fields)};
  }
}

}  // namespace

PythonException PythonException::fetch() {
  PyObject* type = nullptr;
  PyObject* value = nullptr;
  PyObject* traceback = nullptr;
  UnwindTrap trap;
  PyErr_Fetch(&type, &value, &traceback);
  PyErr_NormalizeException(&type, &value, &traceback);
  if (traceback != nullptr && value != nullptr) {
    PyException_SetTraceback(value, traceback);
  }
  Py_XDECREF(type);
  Py_XDECREF(traceback);
  trap.disarm();
  return PythonException{Owned{value}};
}

PythonException::PythonException(Owned raised)
    : class_name_(std::make_shared<const std::string>(raised ? type_name(raised.get()) : "nothing")) {
  reference_ = std::make_shared<Reference>(std::move(raised));
}

void PythonException::restore() const {
  const auto raised = reference_->get();
  if (raised) {
    PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(raised.get())), raised.get());
  } else {
    PyErr_SetString(PyExc_RuntimeError, "an exception was lost when its session was closed");
  }
}

Owned make_exception(const Error& error) {
  const auto cls = import(kModule, class_of(error));
  if (!cls) {
    throw PythonException::fetch();
  }
  const auto cause = python_cause(error);
  const auto arguments = checked(PyTuple_New(1));
  PyTuple_SET_ITEM(arguments.get(), 0, text(error.message()).release());
  const auto keywords = checked(PyDict_New());
  set_item(keywords.get(), "code", text_or_none(error.code()));
  set_item(keywords.get(), "status_code", integer_or_none(error.status_code()));
  set_item(keywords.get(), "details", text_or_none(error.details()));
  set_item(keywords.get(), "param", text_or_none(error.param()));
  set_item(keywords.get(), "value", text_or_none(error.value()));
  set_item(keywords.get(), "kind", text(to_string(error.kind())));
  set_item(keywords.get(), "request_id", text_or_none(error.request_id()));
  set_item(keywords.get(), "retry_after", error.retry_after() ? seconds(*error.retry_after()) : none());
  auto exception = call(cls.get(), arguments.get(), keywords.get());
  if (!exception) {
    throw PythonException::fetch();
  }
  if (cause) {
    if (auto object = cause->reference()->get()) {
      PyException_SetCause(exception.get(), object.release());
    }
  }
  return exception;
}

Owned make_exception(const std::shared_ptr<const Error>& error) {
  return error ? make_exception(*error) : none();
}

void set_python_error(const Error& error) {
  try {
    const auto exception = make_exception(error);
    PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(exception.get())), exception.get());
  } catch (const PythonException& failed) {
    failed.restore();
  }
}

void throw_python_error(Roots& roots) {
  const auto exception = PythonException::fetch();
  roots.add(exception.reference());
  const auto object = exception.reference()->get();
  constexpr std::array kClasses{"BRSValidationError", "BRSConfigurationError", "BRSCredentialError",
                                "BRSConnectionError", "BRSRequestError",       "BRSError"};
  for (std::size_t index = 0; index < kClasses.size(); ++index) {
    const auto cls = import(kModule, kClasses.at(index));
    const int is_one = cls ? PyObject_IsInstance(object.get(), cls.get()) : -1;
    if (is_one < 0) {
      PyErr_Clear();
      break;
    }
    if (is_one > 0) {
      throw_as(index, fields_of(object.get(), roots));
    }
  }
  throw exception;
}

void install_exception_translator() {
  pybind11::register_local_exception_translator([](std::exception_ptr thrown) {
    at_boundary([&] {
      try {
        std::rethrow_exception(std::move(thrown));
      } catch (const PythonException& exception) {
        exception.restore();
      } catch (const Error& error) {
        set_python_error(error);
      }
    });
  });
}

void throw_invalid(const std::string& param, const std::string& message) {
  throw ValidationError{{.message = message, .code = "InvalidParameter", .param = param}};
}

void throw_closed() {
  if (Gate::is_shut()) {
    // Closed by the end of the interpreter: no news for a thread that goes on reading.
    without_gil([] { linger(); });
  }
  throw ConfigurationError{{.message = "The session is closed: open a new one to get credentials.",
                            .code = "SessionClosed",
                            .kind = ErrorKind::cancelled}};
}

}  // namespace aws_refresh_session::python
