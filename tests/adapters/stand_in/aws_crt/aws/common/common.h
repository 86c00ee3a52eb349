#pragma once

#include <aws/common/error.h>

#include <atomic>
#include <cstddef>

/// Counts what it gave.
struct aws_allocator {
  std::atomic<int> outstanding{0};
};

inline aws_allocator* aws_default_allocator() {
  static aws_allocator allocator;
  return &allocator;
}
