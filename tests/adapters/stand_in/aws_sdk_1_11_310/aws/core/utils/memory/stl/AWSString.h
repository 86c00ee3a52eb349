#pragma once

#include <memory>
#include <string>

namespace Aws {

/// As built with the SDK's own memory management: no std::string.
template <typename T>
class Allocator : public std::allocator<T> {
 public:
  Allocator() = default;
  template <typename U>
  Allocator(const Allocator<U>& other) : std::allocator<T>(other) {}
  template <typename U>
  struct rebind {
    using other = Allocator<U>;
  };
};

using String = std::basic_string<char, std::char_traits<char>, Allocator<char>>;

}  // namespace Aws
