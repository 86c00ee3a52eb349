#include "python/native/values.hpp"

#include "python/native/errors.hpp"

#include <datetime.h>

#include <algorithm>
#include <array>
#include <cstdio>

namespace aws_refresh_session::python {
namespace {

using std::chrono::floor;

struct CivilTime {
  std::chrono::year_month_day date{};
  std::chrono::hh_mm_ss<std::chrono::microseconds> time{};
};

CivilTime civil(WallTime time) {
  const auto exact = floor<std::chrono::microseconds>(time);
  const auto day = floor<std::chrono::days>(exact);
  return {std::chrono::year_month_day{day}, std::chrono::hh_mm_ss{exact - day}};
}

int number(std::chrono::year year) {
  return static_cast<int>(year);
}
template <typename Field>
int number(Field field) {
  return static_cast<int>(static_cast<unsigned>(field));
}

Owned checked(PyObject* made) {
  if (made == nullptr) {
    throw PythonException::fetch();
  }
  return Owned{made};
}

}  // namespace

void import_datetime() {
  PyDateTime_IMPORT;
  if (PyDateTimeAPI == nullptr) {
    throw PythonException::fetch();
  }
}

Owned text(std::string_view value) {
  // What a service or a file said need not be UTF-8.
  return checked(PyUnicode_DecodeUTF8(value.data(), static_cast<Py_ssize_t>(value.size()), "replace"));
}

Owned text_or_none(std::string_view value) {
  return value.empty() ? none() : text(value);
}

Owned none() {
  return Owned::borrow(Py_None);
}

Owned datetime(std::optional<WallTime> time) {
  if (!time) {
    return none();
  }
  const auto [date, clock] = civil(*time);
  return checked(PyDateTimeAPI->DateTime_FromDateAndTime(
      number(date.year()), number(date.month()), number(date.day()), static_cast<int>(clock.hours().count()),
      static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()),
      static_cast<int>(clock.subseconds().count()), PyDateTimeAPI->TimeZone_UTC, PyDateTimeAPI->DateTimeType));
}

Owned seconds(std::chrono::milliseconds duration) {
  return checked(PyFloat_FromDouble(std::chrono::duration<double>(duration).count()));
}

std::optional<std::string_view> view(PyObject* object) {
  if (PyUnicode_Check(object) == 0) {
    return std::nullopt;
  }
  Py_ssize_t size = 0;
  const char* const data = PyUnicode_AsUTF8AndSize(object, &size);
  if (data == nullptr) {
    // The UnicodeEncodeError holds the text, which may be a secret.
    PyErr_Clear();
    return std::nullopt;
  }
  return std::string_view{data, static_cast<std::size_t>(size)};
}

bool is_datetime(PyObject* object) {
  return PyDateTime_Check(object) != 0;
}

std::string iso_format(PyObject* datetime) {
  // The class's own: a subclass's may say anything.
  const auto method = attribute(reinterpret_cast<PyObject*>(PyDateTimeAPI->DateTimeType), "isoformat");
  const auto arguments = checked(PyTuple_New(1));
  PyTuple_SET_ITEM(arguments.get(), 0, Owned::borrow(datetime).release());
  const auto made = method ? call(method.get(), arguments.get()) : Owned{};
  if (!made) {
    throw PythonException::fetch();
  }
  return std::string{view(made.get()).value_or(std::string_view{})};
}

// The macros of datetime.h cast as C does.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wold-style-cast"
std::optional<WallTime> wall_time(PyObject* object) {
  if (!is_datetime(object)) {
    return std::nullopt;
  }
  // utcoffset() is the zone's own code and may be anybody's.
  const auto method = attribute(object, "utcoffset");
  const auto offset = method ? call(method.get()) : Owned{};
  if (!offset) {
    throw PythonException::fetch();
  }
  if (PyDelta_Check(offset.get()) == 0) {
    return std::nullopt;
  }
  const auto date = std::chrono::year{PyDateTime_GET_YEAR(object)} /
                    std::chrono::month{static_cast<unsigned>(PyDateTime_GET_MONTH(object))} /
                    std::chrono::day{static_cast<unsigned>(PyDateTime_GET_DAY(object))};
  using Exact = std::chrono::sys_time<std::chrono::microseconds>;
  const auto time = Exact{std::chrono::sys_days{date}} + std::chrono::hours{PyDateTime_DATE_GET_HOUR(object)} +
                    std::chrono::minutes{PyDateTime_DATE_GET_MINUTE(object)} +
                    std::chrono::seconds{PyDateTime_DATE_GET_SECOND(object)} +
                    std::chrono::microseconds{PyDateTime_DATE_GET_MICROSECOND(object)} -
                    std::chrono::days{PyDateTime_DELTA_GET_DAYS(offset.get())} -
                    std::chrono::seconds{PyDateTime_DELTA_GET_SECONDS(offset.get())} -
                    std::chrono::microseconds{PyDateTime_DELTA_GET_MICROSECONDS(offset.get())};
  constexpr Exact kFirst{};
  constexpr Exact kLast = std::chrono::sys_days{std::chrono::year{2262} / 1 / 1} - std::chrono::seconds{1};
  return WallTime{std::clamp(time, kFirst, kLast)};
}
#pragma GCC diagnostic pop

std::string format_time(std::optional<WallTime> time) {
  if (!time) {
    return {};
  }
  const auto [date, clock] = civil(*time);
  std::array<char, 64> buffer{};
  const int size = std::snprintf(buffer.data(), buffer.size(), "%04d-%02d-%02dT%02d:%02d:%02dZ", number(date.year()),
                                 number(date.month()), number(date.day()), static_cast<int>(clock.hours().count()),
                                 static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()));
  return {buffer.data(), static_cast<std::size_t>(size)};
}

std::string type_name(PyObject* object) {
  return Py_TYPE(object)->tp_name;
}

void set_item(PyObject* dict, const char* key, const Owned& value) {
  if (PyDict_SetItemString(dict, key, value.get()) != 0) {
    throw PythonException::fetch();
  }
}

}  // namespace aws_refresh_session::python
