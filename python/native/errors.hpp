#pragma once

#include "python/native/owned.hpp"
#include "python/native/reference.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <exception>
#include <memory>
#include <string>

namespace aws_refresh_session::python {

/// A Python exception on its way through C++. Its text is Python's alone: it may hold a secret.
class PythonException final : public std::exception {
 public:
  /// Takes the error that is set on this thread. With the GIL.
  [[nodiscard]] static PythonException fetch();
  /// With the GIL.
  explicit PythonException(Owned raised);

  [[nodiscard]] const char* what() const noexcept override { return "a Python exception"; }
  [[nodiscard]] const std::shared_ptr<Reference>& reference() const noexcept { return reference_; }
  /// The name of its class.
  [[nodiscard]] const std::string& class_name() const noexcept { return *class_name_; }
  /// Sets it as this thread's error. With the GIL.
  void restore() const;

 private:
  std::shared_ptr<Reference> reference_;
  std::shared_ptr<const std::string> class_name_;
};

/// A new exception object of the package's class for the error. With the GIL.
/// \throws PythonException if Python cannot make it
[[nodiscard]] Owned make_exception(const Error& error);
/// None for null.
[[nodiscard]] Owned make_exception(const std::shared_ptr<const Error>& error);

/// Sets such an object, or why there is none, as this thread's error. With the GIL.
void set_python_error(const Error& error);

/// Throws the error that is set on this thread: as an Error of the same fields if it is one of the package's, else as
/// PythonException. Whatever it keeps of Python belongs to `roots`. With the GIL.
[[noreturn]] void throw_python_error(Roots& roots);

/// Once, at import: C++ exceptions become Python's where they leave the module.
void install_exception_translator();

[[noreturn]] void throw_invalid(const std::string& param, const std::string& message);
/// With the GIL.
[[noreturn]] void throw_closed();

}  // namespace aws_refresh_session::python
