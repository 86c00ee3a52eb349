#include "python/native/option_reader.hpp"

#include "python/native/errors.hpp"
#include "python/native/values.hpp"

#include <cmath>
#include <functional>
#include <utility>

namespace aws_refresh_session::python {
namespace {

bool is_mapping(PyObject* object) {
  if (PyDict_Check(object) != 0) {
    return true;
  }
  const auto cls = import("collections.abc", "Mapping");
  const int is_one = cls ? PyObject_IsInstance(object, cls.get()) : -1;
  if (is_one < 0) {
    throw PythonException::fetch();
  }
  return is_one > 0;
}

std::string key_text(PyObject* key) {
  const auto found = view(key);
  if (!found) {
    throw_invalid("options", "The name of an option must be a str, not " + type_name(key) + ".");
  }
  return std::string{*found};
}

bool is_number(PyObject* value) {
  return PyBool_Check(value) == 0 && (PyLong_Check(value) != 0 || PyFloat_Check(value) != 0);
}

double to_double(const std::string& key, PyObject* value) {
  if (!is_number(value)) {
    OptionReader::refuse(key, "a number", value);
  }
  const double number = PyFloat_AsDouble(value);
  if (PyErr_Occurred() != nullptr) {
    PyErr_Clear();
    throw_invalid(key, key + " is too large a number.");
  }
  if (!std::isfinite(number)) {
    throw_invalid(key, key + " must be a finite number.");
  }
  return number;
}

}  // namespace

std::chrono::milliseconds to_milliseconds(const std::string& key, PyObject* value) {
  if (!is_number(value)) {
    OptionReader::refuse(key, "seconds as a number", value);
  }
  const double number = to_double(key, value);
  constexpr double kHundredYears = 3.2e9;
  if (number < 0 || number > kHundredYears) {
    throw_invalid(key, key + " must be seconds from 0 to 3.2e9.");
  }
  return std::chrono::milliseconds{static_cast<long long>(std::ceil(number * 1'000))};
}

std::string to_text(const std::string& key, PyObject* value) {
  const auto found = view(value);
  if (!found) {
    if (PyUnicode_Check(value) != 0) {
      throw_invalid(key, key + " must be valid Unicode, without lone surrogates.");
    }
    OptionReader::refuse(key, "a str", value);
  }
  return std::string{*found};
}

OptionReader::OptionReader(PyObject* mapping, std::string name) : name_(std::move(name)) {
  if (!is_mapping(mapping)) {
    refuse(name_, "a mapping", mapping);
  }
  left_ = Owned{PyDict_New()};
  taken_ = Owned{PyList_New(0)};
  UnwindTrap trap;
  const bool failed = !left_ || !taken_ || PyDict_Update(left_.get(), mapping) != 0;
  trap.disarm();
  if (failed) {
    throw PythonException::fetch();
  }
}

void OptionReader::refuse(const std::string& key, const std::string& expected, PyObject* got) {
  throw_invalid(key, key + " must be " + expected + ", not " + type_name(got) + ".");
}

PyObject* OptionReader::take(const char* key) {
  auto* const value = PyDict_GetItemString(left_.get(), key);
  if (value == nullptr) {
    return nullptr;
  }
  if (PyList_Append(taken_.get(), value) != 0 || PyDict_DelItemString(left_.get(), key) != 0) {
    throw PythonException::fetch();
  }
  return value == Py_None ? nullptr : value;
}

std::optional<std::string> OptionReader::text(const char* key) {
  auto* const value = take(key);
  return value == nullptr ? std::nullopt : std::optional{to_text(key, value)};
}

std::optional<bool> OptionReader::boolean(const char* key) {
  auto* const value = take(key);
  if (value == nullptr) {
    return std::nullopt;
  }
  if (PyBool_Check(value) == 0) {
    refuse(key, "True or False", value);
  }
  return value == Py_True;
}

std::optional<long long> OptionReader::integer(const char* key) {
  auto* const value = take(key);
  if (value == nullptr) {
    return std::nullopt;
  }
  if (PyLong_Check(value) == 0 || PyBool_Check(value) != 0) {
    refuse(key, "an int", value);
  }
  int overflow = 0;
  const auto number = PyLong_AsLongLongAndOverflow(value, &overflow);
  constexpr long long kLimit = 2'000'000'000;
  if (overflow != 0 || number > kLimit || number < -kLimit) {
    throw_invalid(key, std::string{key} + " is too large a number.");
  }
  return number;
}

std::optional<double> OptionReader::number(const char* key) {
  auto* const value = take(key);
  return value == nullptr ? std::nullopt : std::optional{to_double(key, value)};
}

std::optional<std::chrono::milliseconds> OptionReader::seconds(const char* key) {
  auto* const value = take(key);
  return value == nullptr ? std::nullopt : std::optional{to_milliseconds(key, value)};
}

std::optional<std::vector<PyObject*>> OptionReader::items(const char* key) {
  auto* const value = take(key);
  if (value == nullptr) {
    return std::nullopt;
  }
  if (PyList_Check(value) == 0 && PyTuple_Check(value) == 0) {
    refuse(key, "a list", value);
  }
  // A copy that nobody else can change while the items are in use.
  const Owned copy{PySequence_Tuple(value)};
  if (!copy || PyList_Append(taken_.get(), copy.get()) != 0) {
    throw PythonException::fetch();
  }
  std::vector<PyObject*> result;
  for (Py_ssize_t index = 0; index < PyTuple_GET_SIZE(copy.get()); ++index) {
    result.push_back(PyTuple_GET_ITEM(copy.get(), index));
  }
  return result;
}

std::optional<std::vector<std::string>> OptionReader::texts(const char* key) {
  const auto values = items(key);
  if (!values) {
    return std::nullopt;
  }
  std::vector<std::string> result;
  for (auto* const each : *values) {
    if (PyUnicode_Check(each) == 0) {
      refuse(key, "a list of str", each);
    }
    result.push_back(to_text(key, each));
  }
  return result;
}

std::optional<std::map<std::string, std::string>> OptionReader::text_map(const char* key) {
  auto* const value = take(key);
  if (value == nullptr) {
    return std::nullopt;
  }
  if (!is_mapping(value)) {
    refuse(key, "a mapping of str", value);
  }
  const OptionReader entries{value, key};
  std::map<std::string, std::string> result;
  PyObject* name = nullptr;
  PyObject* entry = nullptr;
  for (Py_ssize_t position = 0; PyDict_Next(entries.left_.get(), &position, &name, &entry) != 0;) {
    if (PyUnicode_Check(name) == 0) {
      refuse(key, "a mapping of str", name);
    }
    result[to_text(key, name)] = to_text(key, entry);
  }
  return result;
}

std::optional<OptionReader> OptionReader::mapping(const char* key) {
  auto* const value = take(key);
  return value == nullptr ? std::nullopt : std::optional<OptionReader>{std::in_place, value, key};
}

std::optional<Credentials> OptionReader::credentials(const char* key) {
  auto given = mapping(key);
  if (!given) {
    return std::nullopt;
  }
  // Straight from the str objects: no copy of a secret that would have to be wiped.
  const auto field = [&](const char* name, bool required) -> std::string_view {
    auto* const value = given->take(name);
    const auto found = value == nullptr ? std::optional<std::string_view>{std::string_view{}} : view(value);
    if (!found) {
      refuse(name, "a str", value);
    }
    if (required && found->empty()) {
      throw_invalid(name, std::string{key} + " must have a " + name + ".");
    }
    return *found;
  };
  const Credentials result{field("access_key", true), field("secret_key", true), field("token", false), std::nullopt,
                           field("account_id", false)};
  given->finish();
  return result;
}

PyObject* OptionReader::callable(const char* key) {
  auto* const value = take(key);
  if (value != nullptr && PyCallable_Check(value) == 0) {
    refuse(key, "a callable", value);
  }
  return value;
}

std::map<std::string, std::string, std::less<>> OptionReader::all_texts() {
  std::map<std::string, std::string, std::less<>> result;
  PyObject* name = nullptr;
  PyObject* value = nullptr;
  for (Py_ssize_t position = 0; PyDict_Next(left_.get(), &position, &name, &value) != 0;) {
    const auto key = key_text(name);
    if (value != Py_None) {
      result[key] = to_text(key, value);
    }
  }
  PyDict_Clear(left_.get());
  return result;
}

void OptionReader::finish() const {
  PyObject* name = nullptr;
  PyObject* value = nullptr;
  Py_ssize_t position = 0;
  if (PyDict_Next(left_.get(), &position, &name, &value) != 0) {
    const auto key = key_text(name);
    throw_invalid(key, "There is no option " + key + " in " + name_ + ".");
  }
}

}  // namespace aws_refresh_session::python
