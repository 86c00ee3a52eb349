#include "bench/allocations.hpp"

#include <cstdlib>
#include <new>

namespace {

constinit thread_local std::uint64_t count = 0;

}  // namespace

// NOLINTBEGIN(cppcoreguidelines-no-malloc,cppcoreguidelines-owning-memory): this is where memory comes from
void* operator new(std::size_t size) {
  ++count;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) {
    return memory;
  }
  throw std::bad_alloc{};
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t /*size*/) noexcept {
  std::free(memory);
}

// NOLINTEND(cppcoreguidelines-no-malloc,cppcoreguidelines-owning-memory)

namespace aws_refresh_session::bench {

std::uint64_t allocations() noexcept {
  return count;
}

}  // namespace aws_refresh_session::bench
