#pragma once

#include "python/native/owned.hpp"

#include <aws_refresh_session/clock.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace aws_refresh_session::python {

// With the GIL. What returns an Owned throws PythonException when Python cannot make the object.

/// Once, at import.
void import_datetime();

[[nodiscard]] Owned text(std::string_view value);
/// None for an empty text.
[[nodiscard]] Owned text_or_none(std::string_view value);
[[nodiscard]] Owned none();
/// Aware, in UTC; None for nullopt. To the microsecond.
[[nodiscard]] Owned datetime(std::optional<WallTime> time);
[[nodiscard]] Owned seconds(std::chrono::milliseconds duration);

/// The text of a str, inside the object, or nullopt if it is none or no valid Unicode.
[[nodiscard]] std::optional<std::string_view> view(PyObject* object);

/// What an aware datetime says; nullopt for anything else, a naive one included. The years before 1970 and from 2262
/// on, which the library does not know, become the nearest second that it does.
[[nodiscard]] std::optional<WallTime> wall_time(PyObject* object);
[[nodiscard]] bool is_datetime(PyObject* object);
/// As datetime.isoformat() writes it.
[[nodiscard]] std::string iso_format(PyObject* datetime);

/// `YYYY-MM-DDTHH:MM:SSZ`; empty for nullopt.
[[nodiscard]] std::string format_time(std::optional<WallTime> time);

/// The type's name, for errors. Never the value.
[[nodiscard]] std::string type_name(PyObject* object);

void set_item(PyObject* dict, const char* key, const Owned& value);

}  // namespace aws_refresh_session::python
