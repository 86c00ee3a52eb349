#pragma once

#include "python/native/owned.hpp"

#include <aws_refresh_session/credentials.hpp>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aws_refresh_session::python {

/// Reads a mapping of options strictly: every key is taken by somebody, or `finish` refuses it. An option of value None
/// is as if it were not there. What is refused is a ValidationError whose `param` is the key; it never shows a value.
/// All members with the GIL.
class OptionReader {
 public:
  /// \param name what the mapping is called in errors
  OptionReader(PyObject* mapping, std::string name);

  /// The value itself, borrowed from this reader; null if there is none.
  [[nodiscard]] PyObject* take(const char* key);

  [[nodiscard]] std::optional<std::string> text(const char* key);
  [[nodiscard]] std::optional<bool> boolean(const char* key);
  [[nodiscard]] std::optional<long long> integer(const char* key);
  [[nodiscard]] std::optional<double> number(const char* key);
  /// Seconds, not negative, rounded up to the millisecond.
  [[nodiscard]] std::optional<std::chrono::milliseconds> seconds(const char* key);
  [[nodiscard]] std::optional<std::vector<std::string>> texts(const char* key);
  /// The items of a list or tuple.
  [[nodiscard]] std::optional<std::vector<PyObject*>> items(const char* key);
  [[nodiscard]] std::optional<std::map<std::string, std::string>> text_map(const char* key);
  [[nodiscard]] std::optional<OptionReader> mapping(const char* key);
  /// access_key, secret_key, token, account_id.
  [[nodiscard]] std::optional<Credentials> credentials(const char* key);
  /// Null if there is none.
  [[nodiscard]] PyObject* callable(const char* key);

  /// Every text of the mapping, by its key; refuses any other value.
  [[nodiscard]] std::map<std::string, std::string, std::less<>> all_texts();

  /// Refuses keys that nobody took.
  void finish() const;

  /// `expected` as in "a str".
  [[noreturn]] static void refuse(const std::string& key, const std::string& expected, PyObject* got);

 private:
  std::string name_;
  Owned left_;
  Owned taken_;
};

/// Seconds as a Python number; see OptionReader::seconds.
[[nodiscard]] std::chrono::milliseconds to_milliseconds(const std::string& key, PyObject* value);
[[nodiscard]] std::string to_text(const std::string& key, PyObject* value);

}  // namespace aws_refresh_session::python
