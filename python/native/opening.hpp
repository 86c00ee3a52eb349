#pragma once

#include "python/native/errors.hpp"
#include "python/native/reference.hpp"

#include <memory>
#include <optional>
#include <utility>

namespace aws_refresh_session::python {

/// What a call into the library that makes or registers something carries along on its thread: to whom callables
/// belong that turn up on the way, and what a warning was turned into.
class Opening {
 public:
  explicit Opening(std::shared_ptr<Roots> roots) : roots_(std::move(roots)), outer_(std::exchange(current_, this)) {}
  Opening(const Opening&) = delete;
  Opening& operator=(const Opening&) = delete;
  ~Opening() { current_ = outer_; }

  /// This thread's; null outside such a call.
  [[nodiscard]] static Opening* current() noexcept { return current_; }

  [[nodiscard]] const std::shared_ptr<Roots>& roots() const noexcept { return roots_; }
  /// Keeps the first.
  void keep(PythonException exception) {
    if (!kept_) {
      kept_.emplace(std::move(exception));
    }
  }
  void rethrow() const {
    if (kept_) {
      throw PythonException{*kept_};
    }
  }

 private:
  static inline thread_local Opening* current_ = nullptr;

  std::shared_ptr<Roots> roots_;
  std::optional<PythonException> kept_;
  Opening* outer_;
};

}  // namespace aws_refresh_session::python
