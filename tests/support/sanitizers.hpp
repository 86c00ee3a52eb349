#pragma once

namespace aws_refresh_session::support {

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARS_ADDRESS_SANITIZER 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define ARS_ADDRESS_SANITIZER 1
#endif

/// glibc's allocator survives a fork() while other threads are inside it. AddressSanitizer's, as of LLVM 14, does not:
/// the child waits for the allocator's lock, whatever the code under test does.
#if defined(ARS_ADDRESS_SANITIZER)
inline constexpr bool kAllocatorSurvivesFork = false;
#else
inline constexpr bool kAllocatorSurvivesFork = true;
#endif

}  // namespace aws_refresh_session::support
