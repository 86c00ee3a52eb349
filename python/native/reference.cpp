#include "python/native/reference.hpp"

#include "python/native/gate.hpp"

namespace aws_refresh_session::python {
namespace {

/// A stack without a lock: whoever empties it takes all of it, and a fork() never finds it half changed.
std::atomic<Reference::Grave*> graves{nullptr};

int empty_when_called(void*) {
  at_boundary([] { empty_graveyard(); });
  return 0;
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

void Roots::add(const std::shared_ptr<Reference>& reference) {
  std::erase_if(references_, [](const auto& each) { return each.expired(); });
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
