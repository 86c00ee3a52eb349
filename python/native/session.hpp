#pragma once

#include "python/native/open_session.hpp"
#include "python/native/owned.hpp"
#include "python/native/reference.hpp"

#include <pybind11/pybind11.h>

#include <memory>

namespace aws_refresh_session::python {

/// Class Session. All members with the GIL.
class Session {
 public:
  Session(std::shared_ptr<OpenSession> open, std::shared_ptr<Roots> roots, PyObject* frozen_type);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session();

  /// The session for one call.
  /// \throws ConfigurationError of code SessionClosed
  [[nodiscard]] std::shared_ptr<OpenSession> use() const;
  [[nodiscard]] bool is_open() const noexcept { return open_ != nullptr; }

  [[nodiscard]] Owned frozen();
  /// For another session's base.
  [[nodiscard]] std::shared_ptr<CredentialsProvider> lend() const;
  [[nodiscard]] const std::shared_ptr<Roots>& roots() const noexcept { return roots_; }

  void close();
  /// The object is gone: lets the callables go unless another session needs them.
  void end();

  [[nodiscard]] int visit(visitproc visitor, void* argument) const;
  void clear();

  // For the end of the interpreter, one after the other:
  /// Ends all open sessions.
  static void end_all();
  /// Drops all Python objects that C++ holds. A callable that still runs lives until it returns.
  static void let_all_go();

 private:
  void end_session();
  [[nodiscard]] Owned freeze(const CredentialsSnapshot& current);

  std::shared_ptr<OpenSession> open_;
  std::shared_ptr<Roots> roots_;
  Owned frozen_type_;
  /// What `frozen` returned last, and the set it was made from.
  Owned frozen_;
  std::shared_ptr<const Credentials> frozen_from_;
  Session* previous_ = nullptr;
  Session* next_ = nullptr;
};

void define_session(pybind11::module_& module);

}  // namespace aws_refresh_session::python
