#include "python/native/session.hpp"

#include "python/native/errors.hpp"
#include "python/native/gate.hpp"
#include "python/native/values.hpp"
#include "python/native/waiting.hpp"

#include <utility>
#include <vector>

namespace aws_refresh_session::python {
namespace {

/// All Session objects, for the end of the interpreter. Guarded by the GIL, which os.fork() holds.
Session* first_session = nullptr;

}  // namespace

Session::Session(std::shared_ptr<OpenSession> open, std::shared_ptr<Roots> roots, PyObject* frozen_type)
    : open_(std::move(open)),
      roots_(std::move(roots)),
      frozen_type_(Owned::borrow(frozen_type)),
      next_(std::exchange(first_session, this)) {
  if (next_ != nullptr) {
    next_->previous_ = this;
  }
}

Session::~Session() {
  end_session();
  (previous_ != nullptr ? previous_->next_ : first_session) = next_;
  if (next_ != nullptr) {
    next_->previous_ = previous_;
  }
}

std::shared_ptr<OpenSession> Session::use() const {
  if (!open_) {
    throw_closed();
  }
  return open_;
}

Owned Session::frozen() {
  const auto open = use();
  auto current = open->provider->try_credentials();
  const bool at_once = is_enough(*open, current);
  if (at_once && current.shared() == frozen_from_) {
    return Owned::borrow(frozen_.get());
  }
  if (!at_once) {
    current = wait_for_set(*open, {open->read_timeout});
  }
  return freeze(current);
}

Owned Session::freeze(const CredentialsSnapshot& current) {
  if (frozen_from_ == current.shared()) {
    return Owned::borrow(frozen_.get());
  }
  const auto before = frozen_from_;
  const Owned arguments{PyTuple_New(3)};
  if (!arguments) {
    throw PythonException::fetch();
  }
  PyTuple_SET_ITEM(arguments.get(), 0, text(current->access_key_id()).release());
  PyTuple_SET_ITEM(arguments.get(), 1, text(current->secret_access_key().reveal()).release());
  PyTuple_SET_ITEM(arguments.get(), 2, text_or_none(current->session_token().reveal()).release());
  const auto frozen_type = Owned::borrow(frozen_type_.get());
  auto made = frozen_type ? call(frozen_type.get(), arguments.get()) : Owned{};
  if (!made) {
    if (PyErr_Occurred() == nullptr) {
      throw_closed();
    }
    throw PythonException::fetch();
  }
  // Python may have run other threads: whoever was first with this set has set the object, and a newer set stays.
  if (frozen_from_ == current.shared()) {
    return Owned::borrow(frozen_.get());
  }
  if (frozen_from_ == before && open_) {
    frozen_from_ = current.shared();
    const auto old = std::exchange(frozen_, Owned::borrow(made.get()));
  }
  return made;
}

std::shared_ptr<CredentialsProvider> Session::lend() const {
  const auto open = use();
  roots_->lent.fetch_add(1);
  // The owner is the provider itself and nothing else of the session.
  auto* const provider = open->provider.get();
  return {provider, [owner = open->provider, roots = roots_](CredentialsProvider*) mutable {
            owner.reset();
            roots->lent.fetch_sub(1);
          }};
}

void Session::end_session() {
  auto open = std::move(open_);
  open_.reset();
  frozen_from_.reset();
  if (open) {
    open->closed.store(true);
    without_gil([&] { open.reset(); });
  }
}

void Session::close() {
  end_session();
  const auto frozen = std::move(frozen_);
  roots_->clear();
}

void Session::end() {
  end_session();
  if (roots_->lent.load() == 0) {
    roots_->clear();
  }
  empty_graveyard();
}

int Session::visit(visitproc visitor, void* argument) const {
  for (auto* const each : {frozen_type_.get(), frozen_.get()}) {
    if (const int result = each == nullptr ? 0 : visitor(each, argument)) {
      return result;
    }
  }
  // What another session goes on using is held from outside.
  return roots_->lent.load() == 0 ? roots_->visit(visitor, argument) : 0;
}

void Session::clear() {
  const auto frozen_type = std::move(frozen_type_);
  const auto frozen = std::move(frozen_);
  if (roots_->lent.load() == 0) {
    roots_->clear();
  }
}

void Session::end_all() {
  std::vector<std::shared_ptr<OpenSession>> open;
  for (auto* each = first_session; each != nullptr; each = each->next_) {
    if (each->open_) {
      each->open_->closed.store(true);
      open.push_back(std::move(each->open_));
      each->open_.reset();
    }
    each->frozen_from_.reset();
  }
  without_gil([&] { open.clear(); });
}

void Session::let_all_go() {
  // What is dropped may run Python, which may drop sessions: not in the middle of the list.
  std::vector<Owned> dropped;
  for (auto* each = first_session; each != nullptr; each = each->next_) {
    dropped.push_back(std::move(each->frozen_));
    dropped.push_back(std::move(each->frozen_type_));
  }
  dropped.clear();
  Roots::clear_all();
  empty_graveyard();
}

}  // namespace aws_refresh_session::python
