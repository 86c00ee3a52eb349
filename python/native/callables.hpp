#pragma once

#include "python/native/owned.hpp"
#include "python/native/reference.hpp"

#include <aws_refresh_session/custom.hpp>
#include <aws_refresh_session/refreshing_provider.hpp>
#include <aws_refresh_session/sts.hpp>

#include <memory>
#include <string>

namespace aws_refresh_session::python {

/// A Python callable that engine threads call. Made with the GIL; its copies go anywhere, and end anywhere.
class PythonCallable {
 public:
  PythonCallable(PyObject* callable, std::shared_ptr<Roots> roots);

  /// Calls it. With the GIL.
  /// \throws Error if it raised one of the package's errors or its session was closed; else PythonException
  [[nodiscard]] Owned operator()(PyObject* arguments = nullptr) const;

  [[nodiscard]] const std::shared_ptr<Roots>& roots() const noexcept { return roots_; }

 private:
  std::shared_ptr<Reference> callable_;
  std::shared_ptr<Roots> roots_;
};

/// Each enters the interpreter by itself, on whichever thread it is called.
[[nodiscard]] CustomMethod make_custom_method(PythonCallable callable);
[[nodiscard]] MfaTokenProvider::Callable make_mfa_callable(PythonCallable callable);
/// A source of keys that may have neither token nor expiration.
[[nodiscard]] std::shared_ptr<CredentialsProvider> make_base(PythonCallable callable, std::string name);
/// What the observer raises goes to sys.unraisablehook.
[[nodiscard]] RefreshObserver make_observer(PythonCallable callable);

}  // namespace aws_refresh_session::python
