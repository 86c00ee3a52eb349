#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace aws_refresh_session::fuzz {

/// A property that must hold for every input. Ends the process if not, so that libFuzzer keeps the input.
inline void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

inline std::string_view as_text(const std::uint8_t* data, std::size_t size) noexcept {
  return {static_cast<const char*>(static_cast<const void*>(data)), size};
}

}  // namespace aws_refresh_session::fuzz

/// What libFuzzer calls. https://llvm.org/docs/LibFuzzer.html
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
