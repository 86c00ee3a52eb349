#pragma once

#include "python/native/owned.hpp"

#include <atomic>
#include <memory>
#include <vector>

namespace aws_refresh_session::python {

/// One reference to a Python object, held by C++. It may be destroyed by any thread, with the GIL or without, under
/// any lock: the object goes to a graveyard, which threads that have the GIL empty. (A destructor that waited for the
/// GIL could do so under an engine's lock, which a forking thread waits for with the GIL in its hand.)
class Reference {
 public:
  /// With the GIL.
  explicit Reference(Owned object);
  Reference(const Reference&) = delete;
  Reference& operator=(const Reference&) = delete;
  ~Reference();

  // With the GIL:
  /// A reference of the caller's own; null after `clear`.
  [[nodiscard]] Owned get() const noexcept;
  /// For tp_traverse.
  [[nodiscard]] PyObject* peek() const noexcept { return grave_->object; }
  void clear();

  struct Grave {
    PyObject* object = nullptr;
    Grave* next = nullptr;
  };

 private:
  /// Made in advance: a destructor must not need memory.
  Grave* grave_;
};

/// Drops what the graveyard holds. With the GIL.
void empty_graveyard();
/// Once, at import: what is dropped when no session enters any more goes with the module.
void empty_graveyard_with(PyObject* module);

/// What one session refers to, for the garbage collector and for `close`. All members with the GIL, but `lent`.
class Roots {
 public:
  [[nodiscard]] static std::shared_ptr<Roots> make();
  Roots(const Roots&) = delete;
  Roots& operator=(const Roots&) = delete;
  ~Roots() = default;

  /// Each reference belongs to one session's roots at most: the collector counts.
  void add(const std::shared_ptr<Reference>& reference);
  [[nodiscard]] int visit(visitproc visitor, void* argument) const;
  void clear();
  /// For the end of the interpreter: clears all there are, lent ones included.
  static void clear_all();

  /// How many other sessions use this one's provider. While they do, it is no garbage.
  std::atomic<int> lent{0};

 private:
  Roots() = default;

  std::vector<std::weak_ptr<Reference>> references_;
};

}  // namespace aws_refresh_session::python
