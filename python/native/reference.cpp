#include "python/native/reference.hpp"

#include "python/native/errors.hpp"
#include "python/native/gate.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace aws_refresh_session::python {
namespace {

/// A stack without a lock: whoever empties it takes all of it, and a fork() never finds it half changed.
std::atomic<Reference::Grave*> graves{nullptr};

int empty_when_called(void*) {
  at_boundary([] { empty_graveyard(); });
  return 0;
}

/// All Roots that were made, for the end of the interpreter. Guarded by the GIL, which os.fork() holds.
std::vector<std::weak_ptr<Roots>>& all_roots() {
  static auto& all =
      *new std::vector<std::weak_ptr<Roots>>;  // NOLINT(cppcoreguidelines-owning-memory): outlives the interpreter
  return all;
}

}  // namespace

Reference::Reference(Owned object) : grave_(new Grave{object.get(), nullptr}) {
  static_cast<void>(object.release());
}

Reference::~Reference() {
  if (grave_->object == nullptr) {
    delete grave_;
    return;
  }
  auto* top = graves.load(std::memory_order_relaxed);
  do {
    grave_->next = top;
  } while (!graves.compare_exchange_weak(top, grave_, std::memory_order_release, std::memory_order_relaxed));
  // Between the hooks of a fork, Python's list of pending calls may be locked by a thread that the child lacks.
  if (top == nullptr && !Gate::is_forking() && Gate::enter()) {
    Py_AddPendingCall(&empty_when_called, nullptr);
    Gate::leave();
  }
}

Owned Reference::get() const noexcept {
  return Owned::borrow(grave_->object);
}

void Reference::clear() {
  const Owned dropped{std::exchange(grave_->object, nullptr)};
}

void empty_graveyard() {
  if (graves.load(std::memory_order_relaxed) == nullptr) {
    return;
  }
  auto* grave = graves.exchange(nullptr, std::memory_order_acquire);
  while (grave != nullptr) {
    const std::unique_ptr<Reference::Grave> current{grave};
    grave = current->next;
    drop_reference(current->object);
  }
}

void empty_graveyard_with(PyObject* module) {
  constexpr const char* kName = "_graveyard";
  Owned capsule{PyCapsule_New(&graves, nullptr, [](PyObject*) { at_boundary([] { empty_graveyard(); }); })};
  if (!capsule || PyModule_AddObjectRef(module, kName, capsule.get()) != 0) {
    throw PythonException::fetch();
  }
}

std::shared_ptr<Roots> Roots::make() {
  constexpr std::size_t kFew = 64;
  static std::size_t next_look = kFew;
  auto& all = all_roots();
  if (all.size() >= next_look) {
    std::erase_if(all, [](const auto& each) { return each.expired(); });
    next_look = std::max(kFew, 2 * all.size());
  }
  // Not make_shared: the memory would stay until the next look.
  std::shared_ptr<Roots> made{new Roots};
  all.push_back(made);
  return made;
}

void Roots::clear_all() {
  for (const auto& each : std::exchange(all_roots(), {})) {
    if (const auto roots = each.lock()) {
      roots->clear();
    }
  }
}

void Roots::add(const std::shared_ptr<Reference>& reference) {
  // Once: the collector counts.
  std::erase_if(references_, [&](const auto& each) { return each.expired() || each.lock() == reference; });
  references_.push_back(reference);
}

int Roots::visit(visitproc visitor, void* argument) const {
  for (const auto& each : references_) {
    if (const auto reference = each.lock()) {
      if (const int result = reference->peek() == nullptr ? 0 : visitor(reference->peek(), argument)) {
        return result;
      }
    }
  }
  return 0;
}

void Roots::clear() {
  for (const auto& each : std::exchange(references_, {})) {
    if (const auto reference = each.lock()) {
      reference->clear();
    }
  }
}

}  // namespace aws_refresh_session::python
