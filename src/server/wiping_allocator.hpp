#pragma once

#include <cstddef>
#include <cstring>
#include <new>
#include <string>

namespace aws_refresh_session::server {

/// Zeroes memory before it gives it back. Requests and answers carry tokens and secret keys.
template <typename T>
struct WipingAllocator {
  using value_type = T;

  WipingAllocator() noexcept = default;
  template <typename U>
  explicit(false) WipingAllocator(const WipingAllocator<U>&) noexcept {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] T* allocate(std::size_t count) { return static_cast<T*>(::operator new(count * sizeof(T))); }
  void deallocate(T* memory, std::size_t count) noexcept {
    // Unlike memset it may not be left out though the memory is never read again.
    ::explicit_bzero(memory, count * sizeof(T));
    ::operator delete(memory);
  }

  friend bool operator==(WipingAllocator, WipingAllocator) noexcept { return true; }
};

/// Text that is zeroed when it ends or grows. Only longer texts: short ones live inside the object, unwiped.
using WipedText = std::basic_string<char, std::char_traits<char>, WipingAllocator<char>>;

}  // namespace aws_refresh_session::server
