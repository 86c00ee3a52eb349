#pragma once

/// \file
/// Clang's thread-safety attributes. They have no standard spelling that GCC accepts, so these are the project's only
/// macros. https://clang.llvm.org/docs/ThreadSafetyAnalysis.html

#if defined(__clang__)
#define ARS_ATTRIBUTE(x) __attribute__((x))
#else
#define ARS_ATTRIBUTE(x)
#endif

#define ARS_CAPABILITY(x) ARS_ATTRIBUTE(capability(x))
#define ARS_SCOPED_CAPABILITY ARS_ATTRIBUTE(scoped_lockable)
#define ARS_GUARDED_BY(x) ARS_ATTRIBUTE(guarded_by(x))
#define ARS_REQUIRES(...) ARS_ATTRIBUTE(requires_capability(__VA_ARGS__))
#define ARS_ACQUIRE(...) ARS_ATTRIBUTE(acquire_capability(__VA_ARGS__))
#define ARS_RELEASE(...) ARS_ATTRIBUTE(release_capability(__VA_ARGS__))
#define ARS_EXCLUDES(...) ARS_ATTRIBUTE(locks_excluded(__VA_ARGS__))
#define ARS_NO_THREAD_SAFETY_ANALYSIS ARS_ATTRIBUTE(no_thread_safety_analysis)
