#pragma once

#include <cstddef>
#include <cstdint>

struct aws_byte_cursor {
  size_t len;
  uint8_t* ptr;
};

inline aws_byte_cursor aws_byte_cursor_from_array(const void* bytes, size_t len) {
  return {len, static_cast<uint8_t*>(const_cast<void*>(bytes))};
}
