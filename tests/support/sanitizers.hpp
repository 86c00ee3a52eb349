#pragma once

namespace aws_refresh_session::support {

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define ARS_SANITIZER_ALLOCATOR 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define ARS_SANITIZER_ALLOCATOR 1
#endif

/// glibc's allocator survives a fork() while other threads are inside it. Those of AddressSanitizer and
/// ThreadSanitizer, as of LLVM 14, do not: the child waits for the allocator's lock, whatever the code under test does.
#if defined(ARS_SANITIZER_ALLOCATOR)
inline constexpr bool kAllocatorSurvivesFork = false;
#else
inline constexpr bool kAllocatorSurvivesFork = true;
#endif
inline constexpr const char* kWhyNoForkBesideThreads =
    "a sanitizer's allocator does not survive a fork() while other threads allocate";

}  // namespace aws_refresh_session::support
