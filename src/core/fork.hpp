#pragma once

#include <cstdint>

namespace aws_refresh_session::core {

/// Something that owns a lock, threads or sockets and must stay usable on both sides of a `fork()`. Registered while
/// it lives. The hooks run on the forking thread: `before_fork` takes the object's locks, so that what they guard is
/// whole in the child; the other two release them. In the child no other thread exists.
class ForkParticipant {
 public:
  ForkParticipant(const ForkParticipant&) = delete;
  ForkParticipant& operator=(const ForkParticipant&) = delete;

  virtual void before_fork() noexcept = 0;
  virtual void after_fork_in_parent() noexcept = 0;
  virtual void after_fork_in_child() noexcept = 0;

 protected:
  ForkParticipant() = default;
  virtual ~ForkParticipant() = default;

  /// The last act of the derived constructor: hooks may run from here on.
  void join_fork_registry();
  /// The first act of the derived destructor. Call it without holding any lock that `before_fork` takes.
  void leave_fork_registry() noexcept;

 private:
  friend class ForkRegistry;
  ForkParticipant* previous_ = nullptr;
  ForkParticipant* next_ = nullptr;
};

}  // namespace aws_refresh_session::core
